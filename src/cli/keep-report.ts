import { hashOfArtifacts } from "../rehearse/evidence/judge-evidence.ts";
import type { Report } from "../rehearse/rehearse.ts";
import type { Diagnostic } from "../report/diagnostic.ts";
import type { Spec } from "../spec/spec.ts";
import type { RehearsalKind } from "../store/rehearsals.ts";
import { compileFor } from "./load-spec.ts";
import type { Session } from "./session.ts";

/** Keeps a report as evidence. What it has shown does not depend on that: where it cannot be kept, a warning says why. */
export async function keepReport(
  session: Session,
  kind: RehearsalKind,
  report: Report,
  /** The spec, or the hash of what it has become. */
  of: Spec | string,
): Promise<boolean> {
  try {
    session
      .writableRecord()
      .rehearsals.add(kind, report, typeof of === "string" ? of : await artifactsOf(session, of));
    return true;
  } catch (error) {
    const warning: Diagnostic = {
      severity: "warning",
      code: "rehearse/not-kept",
      summary: `This report is not kept as evidence: ${(error as Error).message}`,
      fix: "write it to a file: --html FILE, --junit FILE",
    };
    session.out.diagnose([warning]);
    return false;
  }
}

/** null where the spec cannot be compiled for this host; then the evidence is of the spec alone. */
async function artifactsOf(session: Session, spec: Spec): Promise<string | null> {
  try {
    return hashOfArtifacts(compileFor(await session.target(), spec).desired.artifacts);
  } catch {
    return null;
  }
}
