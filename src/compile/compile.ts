import type { Diagnostic } from "../report/diagnostic.ts";
import { keepsDefaults } from "../spec/defaults.ts";
import type { Spec } from "../spec/spec.ts";
import type { Artifact } from "./artifact.ts";
import { compileProfiles } from "./apparmor.ts";
import { compileExpected } from "./expected.ts";
import { compileDrill } from "./drill.ts";
import { compileProbation } from "./probation.ts";
import { compileJob } from "./job-unit.ts";
import { compileService } from "./service-unit.ts";
import {
  compileAccount,
  compileDirectories,
  compileGiveUp,
  compileJournal,
  compileSlice,
} from "./support-files.ts";
import type { Target } from "./target.ts";
import { compileTell } from "./tell-files.ts";
import { compileWatch } from "./watch-files.ts";

/** Files in the order they are written, and what went wrong (errors) or what the target cannot give (warnings). */
export type Compiled = { artifacts: readonly Artifact[]; diagnostics: readonly Diagnostic[] };

/** Compiles a spec for a target. Pure: the same input always gives the same text. */
export function compileSpec(spec: Spec, target: Target): Compiled {
  const services = Object.keys(spec.services).map((name) => compileService(spec, name, target));
  const jobs = Object.keys(spec.jobs).map((name) => compileJob(spec, name, target));
  const directories = compileDirectories(spec, target);
  const tell = compileTell(spec, target);
  const system = target.scope === "system";
  const units = [...services.map(({ artifact }) => artifact), ...jobs.flatMap(({ artifacts }) => artifacts)];
  const artifacts = [
    ...(system && spec.user !== undefined && spec.user !== "root" && hasOwnWorld(spec)
      ? [compileAccount(spec, target)]
      : []),
    ...(directories ? [directories] : []),
    ...(system && hasOwnWorld(spec) ? [compileJournal(spec, target)] : []),
    ...(hasOwnWorld(spec) ? [compileSlice(spec, target)] : []),
    compileGiveUp(spec, target),
    ...compileProfiles(spec, units, target),
    ...units,
    ...compileExpected(spec, target),
    ...compileProbation(spec, target),
    ...compileDrill(spec, target),
    ...compileWatch(spec, target),
    ...tell.artifacts,
  ];
  return {
    artifacts,
    diagnostics: [
      ...scopeDiagnostics(spec, target),
      ...merged([...services, ...jobs, tell].flatMap((compiled) => compiled.diagnostics)),
    ],
  };
}

/** Account, slice and journal are for what does not stay as systemd had it. */
function hasOwnWorld(spec: Spec): boolean {
  return [...Object.values(spec.services), ...Object.values(spec.jobs)].some((one) => !keepsDefaults(one));
}

function scopeDiagnostics(spec: Spec, target: Target): Diagnostic[] {
  if (target.scope === "user" || spec.user !== undefined) return [];
  return [
    {
      severity: "error",
      code: "spec/no-user",
      summary: "Cannot choose an account for the services: the spec names no user",
      at: spec.placeOf(["app"], "key"),
      detail: "system services without User= run as root",
      fix: `user: ${spec.app}`,
    },
  ];
}

/** The same loss for several services is said once, at the first place. */
function merged(list: readonly Diagnostic[]): Diagnostic[] {
  const bySummary = new Map<string, Diagnostic>();
  for (const d of list)
    if (d.severity === "error" || !bySummary.has(d.summary))
      bySummary.set(d.severity === "error" ? `${d.summary}${d.at?.line}:${d.at?.column}` : d.summary, d);
  return [...bySummary.values()];
}
