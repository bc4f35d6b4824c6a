import { operateAll } from "../apply/verbs.ts";
import { describeProbation, type Probation } from "../observe/probation/judge-probation.ts";
import { readProbation } from "../observe/probation/read-probation.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { alertKey } from "../tell/transition.ts";
import type { Style } from "../report/style.ts";
import type { UnitName } from "../value/unit-name.ts";
import { choosePrograms, type Chosen } from "./choose.ts";
import { interruptible } from "./interruptible.ts";
import type { Session } from "./session.ts";

export type AppProbation = Probation & {
  app: string;
  service: string;
  unit: UnitName;
  /** Whether starting at boot waits for it. */
  gates: boolean;
};

/** holdfast probation: the verdicts; those that are due are given, and what has passed starts at boot from now on. */
export async function runProbation(
  session: Session,
  names: readonly string[],
  options: { settle?: boolean },
): Promise<number> {
  const now = Date.now();
  const chosen = await choosePrograms(session, names);
  const found = await readProbations(session, chosen, now);
  const { mayChange } = await session.host();
  const { fresh, enabled } = mayChange
    ? await settle(session, chosen, found, now)
    : { fresh: [], enabled: [] };
  if (mayChange)
    for (const app of new Set(chosen.map((one) => one.app))) await endEarlierFailures(session, app);
  const text = (of: readonly AppProbation[]): string[] => describeAllProbations(of, session.out.style, now);
  const shown = options.settle
    ? text(fresh)
    : found.length === 0
      ? ["Nothing is on probation: no spec in force asks for it."]
      : text(found);
  const also = enabled.map((unit) => `${unit} starts at boot from now on`);
  session.out.result({ probations: found, enabled }, [...shown, ...also].join("\n"));
  return found.some(({ state }) => state === "failed") && !options.settle ? exitCode.failed : exitCode.done;
}

/** How each chosen service stands. */
export async function readProbations(
  session: Session,
  chosen: readonly Chosen[],
  now: number,
): Promise<AppProbation[]> {
  const record = session.record();
  if (record === null) return [];
  const host = await session.host();
  const parts = { ...record, ...record.teller.store };
  const found = await Promise.all(
    chosen.map(async ({ app, generation: { desired }, service }): Promise<AppProbation[]> => {
      const one = await readProbation(host, parts, desired, service, now);
      const gates = desired.probation?.enable === "after" && service.enable;
      return one === null ? [] : [{ app, service: service.name, unit: service.unit, gates, ...one }];
    }),
  );
  return found.flat();
}

/** Gives the verdicts that are due. Returns them, and the units that start at boot because of them. */
async function settle(
  session: Session,
  chosen: readonly Chosen[],
  found: readonly AppProbation[],
  now: number,
): Promise<{ fresh: AppProbation[]; enabled: UnitName[] }> {
  const fresh: AppProbation[] = [];
  const enabled: UnitName[] = [];
  for (const one of found) {
    if (one.state === "running") continue;
    const { app, service, unit, since, state, reasons } = one;
    const { probations, records } = session.writableRecord();
    // The first verdict alone enables: what a person decides afterwards is his.
    if (probations.verdict(app, service, since) !== null) continue;
    const off = records.intents(app).get(unit)?.boot === false;
    if (state === "passed" && one.gates && !off) {
      const done = await enable(
        session,
        chosen.find((other) => other.service.unit === unit)!,
      );
      if (done === "failed") continue;
      if (done === "enabled") enabled.push(unit);
    }
    probations.settle(app, service, since, { state, reasons }, now);
    records.audit({
      at: new Date(now).toISOString(),
      who: "holdfast",
      app,
      unit,
      action: "probation",
      why: reasons.length === 0 ? null : reasons.join("; "),
      result: state,
    });
    fresh.push(one);
  }
  return { fresh, enabled };
}

/** An incident of a failed probation ends with the change that begins the next one, or asks for none any more. */
export async function endEarlierFailures(session: Session, app: string): Promise<void> {
  const { incidents } = session.record()!.teller.store;
  const failed = incidents
    .openAlertsOf(app)
    .flatMap(({ key, service }) =>
      service !== null && key === alertKey(app, service, "probation", null) ? [service] : [],
    );
  if (failed.length === 0) return;
  const now = Date.now();
  const stands = await readProbations(session, await choosePrograms(session, [app]), now);
  for (const service of failed) {
    const one = stands.find((found) => found.service === service);
    if (one?.state === "failed") continue;
    const says =
      one === undefined ? "nothing is on probation any more" : "it was changed: a new probation has begun";
    session.writableRecord().probations.beginAnew(app, service, says, now);
  }
}

async function enable(
  session: Session,
  { app, generation: { desired }, service }: Chosen,
): Promise<"was" | "enabled" | "failed"> {
  const host = await session.host();
  if ((await host.systemd.unitFileState(service.unit)) === "enabled") return "was";
  const done = await session.changing(app, `probation ${app}`, ({ records }) =>
    interruptible((signal) => {
      const context = { host, desired, progress: session.out.progress(), signal, now: () => new Date() };
      const operator = { who: "holdfast", why: "it has passed its probation", records };
      return operateAll("enable", context, [service], operator);
    }),
  );
  session.out.diagnose(done.flatMap(({ diagnostics }) => diagnostics));
  return done.every(({ ok }) => ok) ? "enabled" : "failed";
}

/** One line for each service that is on probation, or was. */
export function describeAllProbations(found: readonly AppProbation[], style: Style, now: number): string[] {
  return found.map((one) => {
    const text = `${one.app}/${one.service}: ${describeProbation(one, now)}${one.gates && one.state !== "passed" ? "; it does not start at boot until it has passed" : ""}`;
    return { passed: style.good, running: style.warn, failed: style.bad }[one.state](text);
  });
}

/** What the spec wants to see proved first is not enabled by hand before that, unless somebody says why. True when he did. */
export async function assertProved(
  session: Session,
  chosen: readonly Chosen[],
  { override, why }: { override: boolean; why: string | null },
): Promise<boolean> {
  const now = Date.now();
  const found = await readProbations(session, chosen, now);
  const first = found.find(({ gates, state }) => gates && state !== "passed");
  if (first === undefined) return false;
  if (override && (why ?? "").trim() !== "") return true;
  const name = `${first.app}/${first.service}`;
  throw new HoldfastError(
    {
      severity: "error",
      code: override ? "operate/reason-needed" : "operate/on-probation",
      summary: override
        ? `Cannot enable ${name} before its verdict without a reason`
        : `Cannot enable ${name}: the spec lets it start at boot only after its probation, and it ${first.state === "running" ? "is " : ""}${describeProbation(first, now)}`,
      detail: "the reason is recorded for whoever looks at it next",
      fix: `holdfast enable ${name} --override --why "why it cannot wait"`,
    },
    exitCode.failed,
  );
}
