import type { Fault, Scene } from "../fault.ts";
import type { Seen } from "../outcome.ts";
import type { Subject } from "../subject.ts";
import type { UnitLook } from "../watch-unit.ts";
import { describeDuration } from "../../value/duration.ts";
import { backAgain, patienceFor } from "./comes-back.ts";
import { waitTold } from "./wait-told.ts";

const kill = 9;
const longest = 60_000;
/** systemd says "failed" for a moment before it starts something again. */
const lasting = 400;

/** How often it is restarted before it is left alone, and the key of the spec that says so. */
export function stormBudget({ name, restart, rule, watched }: Subject): { restarts: number; by: string } {
  const bySystemd = { restarts: restart.limit.count, by: `services.${name}.restart.limit` };
  const { crashes, act, atLimit } = rule.heal;
  const breaks = watched && act !== "alert-only" && atLimit === "break";
  return breaks && crashes.count < restart.limit.count
    ? { restarts: crashes.count, by: `services.${name}.heal.crashes` }
    : bySystemd;
}

/** All of it at the most, in milliseconds. */
export function stormTime(subject: Subject): number {
  const { restart, gate } = subject;
  const start = gate.kind === "stays-up" ? gate.settle : 1000;
  return (stormBudget(subject).restarts + 1) * (restart.delay + start);
}

/** A service that dies again and again is left alone at some time, and people hear of it. */
export const stormFault: Fault = {
  id: "storm",
  title: "it is killed as often as it comes back, until it is left alone",
  standard: false,
  drill: true,
  scope: "service",
  cannot: (subject) => {
    if (subject.restart.on === "never") return `services.${subject.name}.restart.on is never`;
    const time = stormTime(subject);
    return time > longest
      ? `its ${stormBudget(subject).restarts} restarts would take ${describeDuration(time)}`
      : null;
  },
  run: async (scene) => {
    const { subject, stage, watch } = scene;
    const { app, name, unit } = subject;
    const { restarts, by } = stormBudget(subject);
    await stage.outside.systemd.resetFailed(unit);
    const since = Date.now();
    const storm = await killUntilLeftAlone(scene, restarts);
    const detect = watch.now;
    const told = storm.leftAlone ? await waitTold(stage, app, since) : [];
    await stage.holdfast("reset", `${app}/${name}`, "--why", "it was killed on purpose");
    const back = await backAgain({ ...scene, before: storm.last });
    const promise = `${name} is restarted ${restarts} times, left alone after that, which is told, and reset brings it back`;
    const common = { promise, because: by, detect };
    const done = `restarted ${storm.restarts} times`;
    if (!storm.leftAlone)
      return broken(common, `${done}, and ${storm.says}`, `see: holdfast status ${app}/${name}`);
    if (told.length === 0)
      return broken(
        common,
        `${done}, then left alone, and nobody would have been told`,
        "see: holdfast notify preview",
      );
    if (!back)
      return broken(common, `${done}, then left alone, and it did not come back after a reset`, null);
    const says = `${done}, the next start was refused after ${describeDuration(detect)}, told as ${told[0]!.severity}, back after a reset`;
    return { verdict: "kept", ...common, recover: watch.now, says };
  },
};

function broken(
  common: Pick<Seen, "promise" | "because" | "detect">,
  says: string,
  fix: string | null,
): Seen {
  return { verdict: "broken", ...common, says, fix };
}

type Storm = { restarts: number; leftAlone: boolean; last: UnitLook; says: string };

/** One kill more than there may be restarts. */
async function killUntilLeftAlone({ subject, stage, watch, before }: Scene, most: number): Promise<Storm> {
  const isLeftAlone = leftAlone(subject);
  let last = before;
  for (let kills = 1; kills <= most + 1; kills++) {
    const { pid } = last;
    await stage.outside.systemd.kill(subject.unit, kill, "main");
    watch.note("fault", `killed, number ${kills}`);
    const seen = await watch.until(patienceFor(subject), async (now) => {
      if (isLeftAlone(now)) return true;
      return now.active === "active" && now.pid !== 0 && now.pid !== pid && (await stage.isReady(subject));
    });
    if (seen === null)
      return {
        restarts: kills - 1,
        leftAlone: false,
        last,
        says: "was neither ready nor left alone after that",
      };
    if (seen.active !== "active") return { restarts: kills - 1, leftAlone: true, last, says: "" };
    last = seen;
  }
  // Who counts beside systemd does so a little later; a timer within a minute.
  const patience = stage.spec.supervision === "probes" ? 75_000 : 15_000;
  const end = await watch.until(patience, isLeftAlone);
  return {
    restarts: most + 1,
    leftAlone: end !== null,
    last,
    says: "it ran on: no limit is reached in practice",
  };
}

/** Given up by systemd, or stopped by its breaker; seen to be so for a while. */
function leftAlone({ watched }: Subject): (seen: UnitLook) => boolean {
  let since: number | null = null;
  return ({ active, sub }) => {
    const down = (active === "failed" && sub === "failed") || (watched && active === "inactive");
    since = down ? (since ?? performance.now()) : null;
    return since !== null && performance.now() - since >= lasting;
  };
}
