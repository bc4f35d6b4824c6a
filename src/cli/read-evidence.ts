import {
  describeEvidence,
  inForceOf,
  judgeEvidence,
  type Evidence,
} from "../rehearse/evidence/judge-evidence.ts";
import type { Style } from "../report/style.ts";
import type { Chosen } from "./choose.ts";
import type { Session } from "./session.ts";

export type AppEvidence = Evidence & { app: string };

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
  return [...apps].map(([app, generation]) => ({
    app,
    ...judgeEvidence(record.rehearsals.list(app), inForceOf(generation, systemd), now),
  }));
}

/** One line for each application. */
export function describeAllEvidence(found: readonly AppEvidence[], style: Style, now: number): string[] {
  return found.map((one) => {
    const text = `${one.app}: ${describeEvidence(one, now)}`;
    if (one.state === "fresh") return one.broken.length === 0 ? style.good(text) : style.bad(text);
    return style.dim(one.state === "missing" ? `${text}; see: holdfast rehearse` : text);
  });
}
