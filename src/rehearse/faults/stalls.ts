import { describeDuration } from "../../value/duration.ts";
import type { Fault, Scene } from "../fault.ts";
import type { Seen } from "../outcome.ts";
import { armStall, type Armed } from "./arm-stall.ts";
import { holdsProcessor } from "./busy-share.ts";
import type { Stall } from "./stall-programs.ts";
import { awaitHeal, expectToSee, judgeHealed, type Expected } from "./standstill.ts";

/** Its threads but one run on, and so does whatever beats from them: what SIGSTOP, which stops all of them, never shows. */
export const stallFaults: readonly Fault[] = [
  {
    id: "busy-loop",
    title: "its main thread spins for ever, all else in it runs on",
    standard: true,
    scope: "service",
    run: (scene) => rehearseStall(scene, "busy-loop"),
  },
  {
    id: "deadlock",
    title: "its main thread waits for ever, all else in it runs on",
    standard: true,
    scope: "service",
    run: (scene) => rehearseStall(scene, "deadlock"),
  },
];

async function rehearseStall(whole: Scene, stall: Stall): Promise<Seen> {
  const { subject, stage, watch } = whole;
  const expected = expectToSee(subject, stall === "busy-loop" ? "spin" : "be stuck");
  if ("verdict" in expected) return expected;
  const { promise, because } = expected;
  const armed = await armStall(whole, stall);
  if (typeof armed === "string")
    return { verdict: "not-rehearsed", promise, because, says: `cannot be rehearsed here: ${armed}` };
  const scene = { ...whole, before: armed.before };
  if (!(await armed.standStill())) {
    await stage.holdfast("restart", `${subject.app}/${subject.name}`);
    const says = `the main thread of its ${armed.runtime} is in a call that no signal interrupts`;
    return { verdict: "not-rehearsed", promise, because, says };
  }
  watch.note("fault", `process ${armed.pid}: its main thread ${stall === "busy-loop" ? "spins" : "waits"}`);
  const since = watch.now;
  const [healed, held] = await Promise.all([
    awaitHeal(scene, expected, since),
    stall === "busy-loop" ? holdsProcessor(scene, armed.pid) : null,
  ]);
  const lost = watch.now - since;
  const seen =
    healed.detect === null
      ? await unseen(scene, expected, armed, lost)
      : judgeHealed(expected, healed, healed.detect);
  if (healed.recover === null) await stage.holdfast("restart", `${subject.app}/${subject.name}`);
  if (held === null) return seen;
  if (held.ok || seen.verdict === "broken") return { ...seen, says: `${seen.says}; ${held.says}` };
  const { promise: other, because: limit, says } = held;
  return { ...seen, verdict: "broken", promise: other, because: limit, says, fix: "see: holdfast doctor" };
}

/** Nobody has noticed. Whether that matters shows when it is asked: work may be done by another thread. */
async function unseen(
  { subject, stage }: Scene,
  { promise, because, heals }: Expected,
  { runtime }: Armed,
  lasted: number,
): Promise<Seen> {
  const { name, gate } = subject;
  const asks = gate.kind === "http" || gate.kind === "tcp" || gate.kind === "command";
  const answers = asks ? await stage.isReady(subject) : null;
  const base = `${describeDuration(lasted)} later its main thread still stood still, and ${because} saw nothing`;
  if (!heals)
    return {
      verdict: "gap",
      promise,
      because,
      says: base,
      fix: `let the check heal: services.${name}.heal`,
    };
  const fix = `beat from the loop that does the work, not from a thread beside it`;
  if (answers === false)
    return { verdict: "broken", promise, because, says: `${base}: it does not answer any more`, fix };
  return {
    verdict: runtime === "Node" && answers === null ? "broken" : "gap",
    promise,
    because,
    says: `${base}${answers ? ", for another thread answers on" : ""}: what ${because} asks comes from another thread`,
    fix,
  };
}
