import { endSilence } from "./people.ts";
import { anna, clearAlert, deliver, happen, pass, type Act } from "./test-life-acts.ts";
import { checkEnd, checkNow, newWatch, type LifeWatch } from "./test-life-rules.ts";
import { channel, step, tellFileWith, testTelling, type TestTelling } from "./test-telling.ts";

const minute = 60_000;
const hour = 60 * minute;

/** Lets all of it happen, and then everything end; returns what was wrong by the rules of test-life-rules.ts. */
export async function runLife(acts: readonly Act[], ladder: number): Promise<string[]> {
  const telling = testTelling(lifeFile(ladder));
  const watch = newWatch();
  const wrong: string[] = [];
  const look = (after: string): void => {
    for (const said of checkNow(telling, watch)) wrong.push(`${after}: ${said}`);
  };
  for (const [index, act] of acts.entries()) {
    await happen(telling, act, () => look(`${index} ${JSON.stringify(act)}`));
    look(`${index} ${JSON.stringify(act)}`);
    if (wrong.length > 0) break;
  }
  if (wrong.length === 0) wrong.push(...(await end(telling, watch, look)));
  telling.database.close();
  return wrong;
}

/** Everything gets through and nothing is muted: what is still wrong must have been told. Then it is over. */
async function end(telling: TestTelling, watch: LifeWatch, look: (after: string) => void): Promise<string[]> {
  for (const kind of ["mute", "maintenance"] as const)
    for (const service of [null, "bot", "api", "db", "feed"]) endSilence(telling, anna, { kind, service });
  pass(telling, 31 * minute, () => look("silences end"));
  const lost = checkEnd(telling, "unsilenced");
  for (let round = 0; round < 4; round++) {
    pass(telling, 11 * minute, () => look("delivered"));
    await deliver(telling, []);
  }
  for (const alert of telling.store.incidents.openAlertsOf("polybot")) clearAlert(telling, alert.key);
  pass(telling, 31 * minute, () => look("cleared"));
  await deliver(telling, []);
  pass(telling, 31 * minute, () => look("cleared"));
  for (let round = 0; round < 4; round++) {
    pass(telling, hour, () => look("the end"));
    await deliver(telling, []);
  }
  return [...watch.wrong, ...lost, ...checkEnd(telling, "over")];
}

/** Two channels, of which each may stand in for the other; four ladders. */
function lifeFile(ladder: number) {
  const steps = [
    [step("team")],
    [step("team"), step("boss")],
    [step("boss", 0), step("team", 5 * minute)],
    [step("team"), step("boss"), step("team")],
  ][ladder]!;
  const file = tellFileWith(steps, ladder === 3 ? { resolve: 20 * minute } : {});
  const noon = {
    name: "noon",
    calendar: null,
    days: [1, 2, 3, 4, 5, 6, 7],
    hours: { from: 600, to: 840 },
    zone: "UTC",
  };
  return {
    ...file,
    channels: [
      {
        ...channel("team"),
        fallback: "boss",
        quiet: ladder === 1 ? noon : null,
        most: { count: ladder === 2 ? 3 : 20, window: 10 * minute },
      },
      { ...channel("boss"), fallback: ladder % 2 === 0 ? null : "team" },
    ],
  };
}
