import { expect, test } from "vitest";
import { closeUndeclared } from "./close-undeclared.ts";
import { takeTransition } from "./raise.ts";
import { testDelivery } from "./test-deliver.ts";
import { channel, start, step, tellFileWith, testTelling, type TestTelling } from "./test-telling.ts";

function fail(telling: TestTelling, service: string, mayHeal = false): void {
  const about = { at: telling.now, service, source: "check", subject: "beat", severity: "error" } as const;
  takeTransition(telling, { ...about, change: "raise", says: `beat of ${service} has failed`, mayHeal });
}

const declared = (service: string) => ({ names: [service], checks: [`${service}/beat`], agent: true });

const incidents = ({ store }: TestTelling) =>
  store.incidents
    .list("polybot")
    .toReversed()
    .map(({ title, outcome, resolved }) => `${title}: ${resolved === null ? "open" : outcome}`);

test("what is not declared any more ends without anybody's having looked", () => {
  const telling = testTelling();
  fail(telling, "bot");
  telling.now += 60_000;
  fail(telling, "api");
  closeUndeclared(telling, declared("api"));
  expect(incidents(telling)).toEqual(["beat of bot has failed: no-data", "beat of api has failed: open"]);
});

test("a check that is not declared any more ends alone", () => {
  const telling = testTelling();
  fail(telling, "bot");
  closeUndeclared(telling, declared("bot"));
  expect(incidents(telling)).toEqual(["beat of bot has failed: open"]);
  closeUndeclared(telling, { ...declared("bot"), checks: ["bot/http"] });
  expect(incidents(telling)).toEqual(["beat of bot has failed: no-data"]);
});

test("an agent that was away is missed by nobody once it is not to watch any more", () => {
  const telling = testTelling();
  const away = { service: null, source: "away", subject: "agent", severity: "warning" } as const;
  takeTransition(telling, {
    ...away,
    change: "raise",
    at: telling.now,
    says: "nobody watches",
    mayHeal: false,
  });
  closeUndeclared(telling, declared("bot"));
  expect(incidents(telling)).toEqual(["nobody watches: open"]);
  closeUndeclared(telling, { ...declared("bot"), agent: false });
  expect(incidents(telling)).toEqual(["nobody watches: no-data"]);
});

test("a check that looks at something else ends, and its next failure is told as a new one", () => {
  const telling = testTelling();
  fail(telling, "bot");
  const about = { at: telling.now, service: "bot", source: "check", subject: "beat" } as const;
  const says = "beat of bot looks at something else now; what it found before does not count";
  takeTransition(telling, { ...about, change: "clear", unseen: true, says });
  telling.now += 2 * 3_600_000;
  fail(telling, "bot");
  expect(incidents(telling)).toEqual(["beat of bot has failed: no-data", "beat of bot has failed: open"]);
});

test("a broken channel that is not declared any more is no incident: nobody would ever get through to end it", async () => {
  const telling = testTelling(tellFileWith([{ ...step("team"), contacts: ["team", "boss"] }]));
  fail(telling, "bot");
  await testDelivery(telling, () => "refused").to("team");
  closeUndeclared(telling, declared("bot"));
  expect(incidents(telling)[1]).toMatch(/^notification-channel-broken: team: .*: open$/);
  telling.file = { ...telling.file, channels: [channel("boss")] };
  closeUndeclared(telling, declared("bot"));
  expect(incidents(telling)).toEqual([
    "beat of bot has failed: open",
    "notification-channel-broken: team: no such chat: no-data",
  ]);
});

test("a heal that did not help is told at once, also when several services fail together", () => {
  const telling = testTelling();
  for (const service of ["bot", "api", "db"]) fail(telling, service, true);
  const wide = telling.store.incidents.unresolved("polybot").find(({ service }) => service === null);
  const [first] = telling.store.incidents.alertsOf(wide!.id);
  const about = { at: start, service: first!.service, says: "restart did not help" };
  takeTransition(telling, { ...about, change: "note", hurry: true });
  expect(telling.store.incidents.get(wide!.id)!.toldAt).toBe(start);
  expect(telling.store.incidents.timeline(wide!.id).map(({ says }) => says)).toContain(
    "restart did not help",
  );
});
