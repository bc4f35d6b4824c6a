import { readHeld } from "../apply/breaker.ts";
import { beginHeal, endHeal } from "../apply/heal-record.ts";
import { readUnit } from "../apply/unit-look.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import type { HealRow } from "../heal/heal-row.ts";
import { printable } from "../value/printable.ts";
import { carryOn, lockForHeal } from "./carry-heal.ts";
import { chooseServices, type Chosen } from "./choose.ts";
import { interruptible } from "./interruptible.ts";
import { proveHeal } from "./prove-heal.ts";
import type { Session } from "./session.ts";

export type HealOptions = { why?: string; reason?: string };

/** holdfast heal: restarts services by the ordered restart of a heal, with evidence, on somebody's word. */
export async function runHeal(
  session: Session,
  names: readonly string[],
  options: HealOptions,
): Promise<number> {
  await session.assertMayChange("heal", ["heal", ...names].join(" "));
  const chosen = [...new Set(await chooseServices(session, names))];
  const done: HealRow[] = [];
  await interruptible(async (signal) => {
    for (const one of chosen) {
      if (signal.aborted) break;
      done.push(await healOne(session, one, printable(options.why ?? options.reason ?? ""), signal));
    }
  });
  session.out.result({ heals: done }, done.map(describeHeal).join("\n"));
  return done.every(({ outcome }) => outcome === "helped") ? exitCode.done : exitCode.failed;
}

async function healOne(
  session: Session,
  { app, generation, service }: Chosen,
  why: string,
  signal: AbortSignal,
): Promise<HealRow> {
  const { name, unit } = service;
  const { watch, records } = session.writableRecord();
  const host = await session.host();
  const held = await readHeld(host, session.stateDirectory, unit);
  if (held !== null)
    throw refused(
      app,
      name,
      `its circuit breaker holds it: ${held.why}`,
      `holdfast reset ${app}/${name} --reason TEXT`,
    );
  const intent = records.intents(app).get(unit);
  if (intent?.stopped)
    throw refused(app, name, `${intent.who} stopped it at ${intent.at}`, `holdfast start ${app}/${name}`);
  const { who } = session;
  const lock = lockForHeal(session, { app, service: name, who }, `heal ${name}`);
  let row: HealRow;
  let proving = false;
  try {
    const alongside = supersedeEarlier(session, app, name);
    const { pid } = await readUnit(host, unit);
    const asked = why === "" ? "it was asked for" : why;
    const id = beginHeal(watch, {
      app,
      service: name,
      unit,
      at: Date.now(),
      who,
      act: "restart",
      cause: "by hand",
      check: null,
      why: asked,
      counts: false,
      pidBefore: pid === 0 ? null : pid,
    });
    if (alongside.length > 0) watch.heals.note(id, { alongside });
    const carried = await carryOn(session, watch.heals.get(id)!, signal);
    proving = carried.state === "proving";
    row = watch.heals.get(id)!;
  } finally {
    lock.release();
  }
  // Without the lock: whoever wants to stop or change it meanwhile may.
  if (proving) await proveHeal({ session, service, desired: generation.desired }, row.id, signal);
  return watch.heals.get(row.id)!;
}

/** Ends heals of it that nobody has brought to an end. Returns what they have stopped and still owe a start. */
function supersedeEarlier(session: Session, app: string, service: string): string[] {
  const { watch } = session.writableRecord();
  const earlier = watch.heals.open().filter((open) => open.app === app && open.service === service);
  for (const { id } of earlier)
    endHeal(watch, id, Date.now(), "superseded", `${session.who} has it healed by hand`);
  return [...new Set(earlier.flatMap(({ alongside }) => alongside))];
}

function describeHeal({ unit, outcome, detail, pidAfter, pidBefore, evidence }: HealRow): string {
  const pids = pidAfter === null ? "" : ` (pid ${pidAfter}${pidBefore === null ? "" : `, was ${pidBefore}`})`;
  const said = outcome === "helped" ? `runs and is ready${pids}: ${detail}` : `${detail}`;
  return [`${unit} ${said}`, ...(evidence === null ? [] : [`  evidence: ${evidence}`])].join("\n");
}

function refused(app: string, service: string, why: string, fix: string): HoldfastError {
  return new HoldfastError({
    severity: "error",
    code: "heal/refused",
    summary: `Cannot heal ${app}/${service}: ${why}`,
    fix,
  });
}
