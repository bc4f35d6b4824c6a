import {
  closeBreaker,
  forgetBreakers,
  openBreaker,
  readHeld,
  type BreakerContext,
} from "../apply/breaker.ts";
import { notRecorded } from "../apply/try-recording.ts";
import type { Operated } from "../apply/verbs.ts";
import { rearmAt } from "../heal/breaker.ts";
import { closedBreaker, type Breaker } from "../heal/service-state.ts";
import type { Desired } from "../plan/desired.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import type { Chosen } from "./choose.ts";
import { interruptible } from "./interruptible.ts";
import { proveStart } from "./prove-heal.ts";
import type { Session } from "./session.ts";

/** A service that its circuit breaker holds, and the breaker as it was. */
export type HeldService = Chosen & { breaker: Breaker };

export async function heldAmong(session: Session, chosen: readonly Chosen[]): Promise<HeldService[]> {
  const host = await session.host();
  const found = await Promise.all(
    chosen.map(async (one): Promise<HeldService[]> => {
      const held = await readHeld(host, session.stateDirectory, one.service.unit);
      const recorded = session.record()?.watch.breakers.get(one.service.unit) ?? null;
      if (held === null && (recorded?.state ?? "closed") === "closed") return [];
      const now = Date.now();
      return [
        {
          ...one,
          breaker: recorded ?? { ...closedBreaker(now), state: "open", why: held?.why ?? null, trips: 1 },
        },
      ];
    }),
  );
  return found.flat();
}

/** Who closes a breaker says why: something is wrong, and the next one wants to know what was done about it. */
export function assertReason(held: readonly HeldService[], why: string | null): void {
  const [first] = held;
  if (first === undefined || (why ?? "").trim() !== "") return;
  const name = `${first.app}/${first.service.name}`;
  throw new HoldfastError(
    {
      severity: "error",
      code: "operate/reason-needed",
      summary: `Cannot reset ${name} without a reason: its circuit breaker is open, because ${first.breaker.why}`,
      detail: "the reason is recorded for whoever looks at it next",
      fix: `holdfast reset ${name} --reason "what was mended"`,
    },
    exitCode.usage,
  );
}

/** Closes the breakers, so that systemd starts what they held; on a full disk, too, where it cannot be recorded. */
export async function release(
  session: Session,
  held: readonly HeldService[],
  why: string | null,
): Promise<void> {
  if (held.length === 0) return;
  const context = await breakerContext(session);
  for (const { app, service } of held) {
    const guarded = { app, service: service.name, unit: service.unit };
    try {
      await closeBreaker(context, guarded, `reset by ${session.who}: ${why}`);
    } catch (error) {
      if (!isUnrecorded(error)) throw error;
      session.out.diagnose([notRecorded(error.message)]);
    }
  }
}

/** The file is gone by then, and that is what holds. */
function isUnrecorded(error: unknown): error is HoldfastError {
  return error instanceof HoldfastError && error.diagnostics[0]?.code === "store/unusable";
}

/** After a reset: a service that did not start, or does not show that it works, is held again. */
export async function holdAgain(
  session: Session,
  held: readonly HeldService[],
  results: readonly Operated[],
): Promise<Operated[]> {
  return interruptible((signal) =>
    Promise.all(
      results.map(async (result) => {
        const one = held.find(({ service }) => service.name === result.service);
        if (one === undefined) return result;
        const { service, generation } = one;
        const at = Date.now();
        const looked = { at, readyAt: at, over: () => false };
        const shown = result.ok
          ? await proveStart({ session, service, desired: generation.desired }, signal, looked)
          : { good: false, says: result.says };
        if (shown === null)
          return { ...result, says: `${result.says}; nobody waited to see whether it works` };
        if (shown.good) return { ...result, says: `${result.says}; ${shown.says}` };
        return openAgain(session, one, result, shown.says);
      }),
    ),
  );
}

async function openAgain(
  session: Session,
  { app, service, generation, breaker }: HeldService,
  result: Operated,
  says: string,
): Promise<Operated> {
  const context = await breakerContext(session);
  const now = Date.now();
  const { heal } = generation.desired.watch.services.find((rule) => rule.service === service.name)!;
  const why = `it was reset and did not work: ${says}`;
  const next: Breaker = {
    state: "open",
    since: now,
    why,
    rearmAt: rearmAt(heal, breaker, now),
    trips: breaker.trips + 1,
  };
  await openBreaker(context, { app, service: service.name, unit: service.unit }, next);
  await context.host.systemd.stop(service.unit);
  const summary = `${service.unit} is held again by its circuit breaker: ${says}`;
  session.out.diagnose([
    {
      severity: "error",
      code: "operate/held-again",
      summary,
      fix: `holdfast diagnose ${app}/${service.name}`,
    },
  ]);
  return { ...result, ok: false, says: summary };
}

/** After a change of an application: what it no longer guards is not held any more. */
export async function forgetHeld(session: Session, app: string, desired: Desired | null): Promise<void> {
  const guarded = desired === null || desired.watch.supervision === "systemd" ? [] : desired.services;
  await forgetBreakers(await breakerContext(session), app, new Set(guarded.map(({ unit }) => unit)));
}

async function breakerContext(session: Session): Promise<BreakerContext> {
  const { watch } = session.writableRecord();
  const { stateDirectory } = session;
  return { host: await session.host(), stateDirectory, record: watch, now: () => new Date() };
}
