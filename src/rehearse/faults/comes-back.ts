import { describeDuration } from "../../value/duration.ts";
import type { Scene } from "../fault.ts";
import type { Seen } from "../outcome.ts";
import type { Stage } from "../stage.ts";
import type { Subject } from "../subject.ts";
import type { UnitLook, UnitWatch } from "../watch-unit.ts";

/** How long a service may take until it is ready again after a crash, in milliseconds: its pause, its start, and some for us. */
export function patienceFor({ restart, gate }: Subject): number {
  const settle = gate.kind === "stays-up" ? 0 : gate.within;
  return Math.min(restart.delay + settle, 60_000) + 10_000;
}

/** systemd has given it up: waiting on is useless. */
function isGivenUp({ active, sub }: UnitLook): boolean {
  return active === "failed" && sub === "failed";
}

/** Waits until another process than `before` runs and the service is ready by its own gate. */
export async function backAgain(
  { subject, stage, watch, before }: Scene,
  patience = patienceFor(subject),
  isOver: (seen: UnitLook) => boolean = isGivenUp,
): Promise<UnitLook | null> {
  const end = await watch.until(patience, async (seen) => {
    if (isOver(seen)) return true;
    return (
      seen.active === "active" && seen.pid !== 0 && seen.pid !== before.pid && (await stage.isReady(subject))
    );
  });
  const back = end?.active === "active" ? end : null;
  if (back) watch.note("check", "ready again");
  return back;
}

/** The verdict on a crash: it is to come back, as its restart policy says. */
export async function judgeCrash(scene: Scene, what: string): Promise<Seen> {
  const { subject, watch, before } = scene;
  const { restart, name } = subject;
  if (restart.on === "never") {
    const down = await watch.until(5000, ({ active }) => active === "failed" || active === "inactive");
    return {
      verdict: "gap",
      promise: `${name} is left alone when it crashes`,
      because: `services.${name}.restart.on: never`,
      says: down ? "it stayed down" : "it did not end",
      fix: `services.${name}.restart: { on: failure } brings it back`,
    };
  }
  const gone = await watch.until(5000, ({ pid }) => pid !== before.pid);
  const detect = gone ? watch.now : null;
  const back = await backAgain(scene);
  const promise = `${name} is back and ready after ${what}`;
  const because =
    subject.service.restart === undefined ? "restart on failure is the default" : `services.${name}.restart`;
  if (!back)
    return {
      verdict: "broken",
      promise,
      because,
      detect,
      says: `it was not ready ${describeDuration(patienceFor(subject))} later: ${await whyNot(scene)}`,
      fix: `see: holdfast diagnose ${name}`,
    };
  return {
    verdict: "kept",
    promise,
    because,
    detect,
    recover: watch.now,
    says: `ready again after ${describeDuration(watch.now)}`,
  };
}

/** Why a service is not there, in the words of diagnose. */
export async function whyNot({ subject: { app, name }, stage, watch }: Scene): Promise<string> {
  const seen = await watch.look();
  const { stdout } = await stage.holdfast("--json", "diagnose", `${app}/${name}`);
  try {
    const { services } = JSON.parse(stdout) as { services?: { causes?: { what: string }[] }[] };
    const cause = services?.[0]?.causes?.[0]?.what;
    if (cause !== undefined) return cause;
  } catch {
    // Then systemd's own words have to do.
  }
  return `${seen.active}/${seen.sub}, ${seen.result}`;
}

/** Brings a service to where every fault begins: started by hand, its counters clear, ready. */
export async function settle(subject: Subject, stage: Stage, watch: UnitWatch): Promise<boolean> {
  const { app, name } = subject;
  const seen = await watch.look();
  if (seen.active !== "active" || seen.sub === "auto-restart")
    await stage.holdfast("reset", `${app}/${name}`, "--why", "the rehearsal goes on");
  const end = await watch.until(
    patienceFor(subject),
    async ({ active, sub, pid }) =>
      (active === "failed" && sub === "failed") ||
      (active === "active" && pid !== 0 && (await stage.isReady(subject))),
  );
  if (end?.active !== "active") return false;
  // What counts starts towards the limit begins anew with each fault.
  await stage.outside.systemd.resetFailed(subject.unit);
  return true;
}
