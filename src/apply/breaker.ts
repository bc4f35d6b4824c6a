import { dirname } from "node:path";
import { heldFile } from "../compile/names.ts";
import type { Breaker } from "../heal/service-state.ts";
import type { Host } from "../host/host.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import type { WatchRecord } from "../store/watch.ts";
import { printable } from "../value/printable.ts";

/** A service as its breaker knows it. */
export type Guarded = { app: string; service: string; unit: string };

export type BreakerContext = { host: Host; stateDirectory: string; record: WatchRecord; now: () => Date };

/** Why a unit is held, since when, and when one start is tried (milliseconds since the epoch; null when nobody can tell). */
export type Held = { why: string; since: number | null; rearmAt: number | null };

/**
 * Opens the breaker: from now on systemd refuses every start of the unit, after a reboot, too (AssertPathExists= in
 * systemd.unit(5)). The file comes first: it is what holds, and whoever is cut short here is made good by reconcile.
 */
export async function openBreaker(
  context: BreakerContext,
  guarded: Guarded,
  breaker: Breaker,
): Promise<void> {
  const { host, stateDirectory, record } = context;
  const path = heldFile(stateDirectory, guarded.unit);
  await host.files.makeDirectory(dirname(path), 0o755);
  await host.files.write(path, describeHeld(guarded, breaker), { mode: 0o644 });
  const { why, rearmAt, since, trips } = breaker;
  save(record, guarded, { ...breaker, state: "open" }, "breaker-opened", {
    at: since,
    says: `held: ${why ?? "no reason is known"}`,
    data: { rearmAt, trips },
  });
}

/** Lets one start through; should it fail, the breaker opens again. */
export async function halfOpenBreaker(
  context: BreakerContext,
  guarded: Guarded,
  breaker: Breaker,
): Promise<void> {
  await context.host.files.remove(heldFile(context.stateDirectory, guarded.unit));
  save(context.record, guarded, { ...breaker, state: "half-open" }, "breaker-half-open", {
    at: breaker.since,
    says: "its time has come: one try",
    data: { trips: breaker.trips },
  });
}

/** Starts are possible again. `says` is who closed it and why, or what has shown that it may close. */
export async function closeBreaker(context: BreakerContext, guarded: Guarded, says: string): Promise<void> {
  await context.host.files.remove(heldFile(context.stateDirectory, guarded.unit));
  const at = context.now().getTime();
  const closed: Breaker = { state: "closed", since: at, why: null, rearmAt: null, trips: 0 };
  save(context.record, guarded, closed, "breaker-closed", { at, says, data: null });
}

/**
 * Has the record say what the host does: the file is what systemd obeys. Called before anything goes by the record,
 * because a power cut between the two leaves one without the other. Returns what was put right, or null.
 */
export async function reconcileBreaker(context: BreakerContext, guarded: Guarded): Promise<string | null> {
  const { host, stateDirectory, record, now } = context;
  const breaker = record.breakers.get(guarded.unit);
  const held = await readHeld(host, stateDirectory, guarded.unit);
  const recorded = breaker?.state === "open";
  if ((held !== null) === recorded) return null;
  if (held === null) {
    const says = "the file that held it was removed outside Holdfast";
    await closeBreaker(context, guarded, says);
    return says;
  }
  const since = held.since ?? now().getTime();
  const trips = (breaker?.trips ?? 0) + 1;
  const { why, rearmAt } = held;
  const opened: Breaker = { state: "open", since, why, rearmAt, trips };
  save(record, guarded, opened, "breaker-opened", {
    at: since,
    says: `held: ${why}`,
    data: { rearmAt, trips },
  });
  return `it is held: ${why}`;
}

/** What holds a unit, read from the file itself; null when nothing does. */
export async function readHeld(host: Host, stateDirectory: string, unit: string): Promise<Held | null> {
  const text = await host.files.read(heldFile(stateDirectory, unit));
  if (text === null) return null;
  const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1];
  const time = (name: string): number | null => {
    const millis = Date.parse(field(name) ?? "");
    return Number.isNaN(millis) ? null : millis;
  };
  return {
    why: printable(field("Why") ?? "the file that holds it does not say why"),
    since: time("Since"),
    rearmAt: time("Next try"),
  };
}

/** Refuses in words what systemd would refuse with "Assertion failed". */
export async function assertNotHeld(
  host: Host,
  stateDirectory: string,
  unit: string,
  name: string,
): Promise<void> {
  const held = await readHeld(host, stateDirectory, unit);
  if (held === null) return;
  const since = held.since === null ? "" : ` since ${new Date(held.since).toISOString()}`;
  throw new HoldfastError({
    severity: "error",
    code: "operate/held",
    summary: `Cannot start ${unit}: its circuit breaker holds it${since}, because ${held.why}`,
    detail: "systemd refuses every start of it, after a reboot, too, until the breaker is closed",
    fix: `mend the cause, then: holdfast reset ${name} --reason TEXT`,
  });
}

/** After a change: of units that are gone, or that have no breaker any more, nobody is held. */
export async function forgetBreakers(
  context: BreakerContext,
  app: string,
  guarded: ReadonlySet<string>,
): Promise<void> {
  for (const one of context.record.breakers.units(app)) {
    if (guarded.has(one.unit)) continue;
    const open = context.record.breakers.get(one.unit)?.state !== "closed";
    if (open) await closeBreaker(context, one, "it is no longer guarded by a breaker");
  }
}

function save(
  record: WatchRecord,
  { app, service, unit }: Guarded,
  breaker: Breaker,
  kind: "breaker-opened" | "breaker-half-open" | "breaker-closed",
  event: { at: number; says: string; data: Record<string, unknown> | null },
): void {
  record.together(() => {
    record.breakers.save(app, service, unit, breaker);
    record.addEvent({ ...event, app, service, kind, check: null });
  });
}

/** Read by people who wonder why systemd refuses, and by readHeld. */
function describeHeld({ app, service, unit }: Guarded, { why, since, rearmAt }: Breaker): string {
  return [
    `Holdfast holds ${unit}: its circuit breaker is open, and systemd refuses to start it.`,
    `Since: ${new Date(since).toISOString()}`,
    `Why: ${printable(why ?? "no reason is known").replaceAll("\n", " ")}`,
    `Next try: ${rearmAt === null ? "when somebody closes the breaker" : new Date(rearmAt).toISOString()}`,
    `To close it, when the cause is mended: holdfast reset ${app}/${service} --reason TEXT`,
    "",
  ].join("\n");
}
