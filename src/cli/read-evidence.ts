import { describeDrillDue, judgeDrillDue, type DrillDue } from "../rehearse/evidence/drill-due.ts";
import {
  describeEvidence,
  inForceOf,
  judgeEvidence,
  type Evidence,
} from "../rehearse/evidence/judge-evidence.ts";
import type { Style } from "../report/style.ts";
import { readGeneration, type Generation } from "../store/generations.ts";
import type { Chosen } from "./choose.ts";
import type { Session } from "./session.ts";

export type AppEvidence = Evidence & {
  app: string;
  /** When the next drill is due; null when the spec asks for none. */
  drill: DrillDue | null;
};

/** What rehearsals and drills have shown of each application, held against what is in force. */
export async function readEvidence(
  session: Session,
  chosen: readonly Chosen[],
  now: number,
): Promise<AppEvidence[]> {
  const record = session.record();
  if (record === null || chosen.length === 0) return [];
  const systemd = await (await session.host()).systemd.version();
  const apps = new Map(chosen.map(({ app, generation }) => [app, generation]));
  return Promise.all(
    [...apps].map(async ([app, generation]) => ({
      app,
      ...judgeEvidence(record.rehearsals.list(app), inForceOf(generation, systemd), now),
      drill: await readDrillDue(session, app, generation, now),
    })),
  );
}

/** When the next drill of an application is due. */
export async function readDrillDue(
  session: Session,
  app: string,
  { desired }: Pick<Generation, "desired">,
  now: number,
): Promise<DrillDue | null> {
  const rule = desired.drill ?? null;
  if (rule === null || rule.every === null) return null;
  const list = session.record()!.rehearsals.list(app);
  return judgeDrillDue(rule, list, await askedSince(session, app, now), now);
}

/** Since when the specs that were in force have asked for drills, without a break. */
async function askedSince(session: Session, app: string, now: number): Promise<number> {
  const { files } = await session.host();
  let since = now;
  for (const { generation, at } of session.record()!.changes.generations(app)) {
    if (generation === null) break;
    const found = await readGeneration(files, session.stateDirectory, app, generation).catch(() => null);
    if (found === null || (found.desired.drill?.every ?? null) === null) break;
    since = Date.parse(at);
  }
  return since;
}

/** A line or two for each application. */
export function describeAllEvidence(found: readonly AppEvidence[], style: Style, now: number): string[] {
  return found.flatMap((one) => {
    const text = `${one.app}: ${describeEvidence(one, now)}`;
    return [colourOf(one, style)(text), ...describeDue(one, style)];
  });
}

function colourOf({ state, broken }: AppEvidence, style: Style): (text: string) => string {
  if (state === "fresh") return broken.length === 0 ? style.good : style.bad;
  return state === "missing" ? (text) => style.dim(`${text}; see: holdfast rehearse`) : style.dim;
}

function describeDue({ app, drill }: AppEvidence, style: Style): string[] {
  if (drill === null) return [];
  return [(drill.overdue ? style.warn : style.dim)(`${app}: ${describeDrillDue(drill)}`)];
}
