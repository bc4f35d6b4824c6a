import { notRecorded } from "../apply/try-recording.ts";
import { operateAll, type Operated, type Verb } from "../apply/verbs.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import type { Records } from "../store/records.ts";
import { printable } from "../value/printable.ts";
import { chooseServices, type Chosen } from "./choose.ts";
import { assertProved } from "./probation.ts";
import { interruptible } from "./interruptible.ts";
import { assertReason, heldAmong, holdAgain, release } from "./reset-held.ts";
import type { Session } from "./session.ts";

export type VerbOptions = { why?: string; reason?: string; now?: boolean; override?: boolean };

/** holdfast start, stop, restart, reload, reset, enable and disable: what people ask of services by name. */
export async function runVerb(
  session: Session,
  verb: Verb,
  names: readonly string[],
  options: VerbOptions,
): Promise<number> {
  const chosen = [...new Set(await chooseServices(session, names))];
  const verbs: Verb[] = options.now ? [verb, verb === "enable" ? "start" : "stop"] : [verb];
  const done: Operated[] = [];
  for (const app of new Set(chosen.map((one) => one.app))) {
    const own = chosen.filter((one) => one.app === app);
    const told = options.why ?? options.reason;
    const why = told === undefined ? null : printable(told);
    const held = verb === "reset" ? await heldAmong(session, own) : [];
    assertReason(held, why);
    const override = options.override ?? false;
    const early = verb === "enable" && (await assertProved(session, own, { override, why }));
    const results: Operated[] = [];
    await recordingIfPossible(session, app, [verb, ...names].join(" "), async (records) => {
      await release(session, held, why);
      for (const each of verbs)
        results.push(
          ...(await operateOn(session, each, own, {
            records,
            who: session.who,
            why: early ? `before it has passed its probation: ${why}` : why,
          })),
        );
    });
    done.push(...(held.length === 0 ? results : await holdAgain(session, held, results)));
  }
  session.out.result(
    { results: done },
    done
      .filter(({ ok }) => ok)
      .map(({ unit, says }) => `${unit} ${says}`)
      .join("\n"),
  );
  return done.every(({ ok }) => ok) ? exitCode.done : exitCode.failed;
}

/** Under the application's lock and with its record, as every change. Without them only where neither can be written. */
async function recordingIfPossible(
  session: Session,
  app: string,
  command: string,
  work: (records: Records | null) => Promise<void>,
): Promise<void> {
  let begun = false;
  try {
    await session.changing(app, command, ({ records }) => {
      begun = true;
      return work(records);
    });
  } catch (error) {
    const unusable = error instanceof HoldfastError && error.diagnostics[0]?.code === "store/unusable";
    if (begun || !unusable) throw error;
    session.out.diagnose([notRecorded(error.message)]);
    await work(null);
  }
}

async function operateOn(
  session: Session,
  verb: Verb,
  chosen: readonly Chosen[],
  operator: Parameters<typeof operateAll>[3],
): Promise<Operated[]> {
  const { desired } = chosen[0]!.generation;
  const host = await session.host();
  // In start order, whatever the order of the names.
  const services = desired.services.filter((service) => chosen.some((one) => one.service === service));
  const done = await interruptible((signal) => {
    const context = { host, desired, progress: session.out.progress(), signal, now: () => new Date() };
    return operateAll(verb, context, services, operator);
  });
  session.out.diagnose(done.flatMap(({ diagnostics }) => diagnostics));
  return done;
}
