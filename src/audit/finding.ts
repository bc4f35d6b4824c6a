import { isWorse, type Severity } from "../value/severity.ts";
import type { FindingId } from "./catalog.ts";

/** One thing that is not as it should be. No secret is ever in it: only places, names and kinds. */
export type Finding = {
  id: FindingId;
  severity: Severity;
  /** null: of the host. */
  app: string | null;
  service: string | null;
  /** A path, a unit, an address: with the id and the application it tells one finding from another, run after run. */
  where: string;
  /** What is so. */
  says: string;
  /** Why it matters, in one line. */
  why: string;
  /** The next thing to type, or to write into the spec. */
  fix: string;
};

/** Something that could not be looked at. It is never taken for well. */
export type Unknown = { app: string | null; what: string; why: string; fix: string | null };

export type Found = { findings: readonly Finding[]; unknown: readonly Unknown[] };

/** The same finding has the same key for as long as it is there: never with a severity, a number or a time in it. */
export function keyOf({ id, where }: { id: string; where: string }): string {
  return `${id} ${where}`;
}

/** All of several. What two subjects found alike is said once, by the worse of them. */
export function together(list: readonly Found[]): Found {
  const findings = new Map<string, Finding>();
  for (const finding of list.flatMap((found) => found.findings)) {
    const key = `${finding.app ?? ""} ${keyOf(finding)}`;
    const known = findings.get(key);
    if (known === undefined || isWorse(finding.severity, known.severity)) findings.set(key, finding);
  }
  const unknown = new Map(
    list.flatMap((found) => found.unknown).map((one) => [`${one.app} ${one.what} ${one.why}`, one]),
  );
  return {
    findings: [...findings.values()].toSorted(worstFirst),
    unknown: [...unknown.values()],
  };
}

function worstFirst(a: Finding, b: Finding): number {
  if (isWorse(a.severity, b.severity)) return -1;
  if (isWorse(b.severity, a.severity)) return 1;
  const [left, right] = [keyOf(a), keyOf(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
