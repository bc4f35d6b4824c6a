import type { Diagnostic } from "../report/diagnostic.ts";
import type { Spec } from "../spec/spec.ts";
import type { Session } from "./session.ts";

/** A look at another environment than is installed is allowed, and easily taken for one at what is installed. */
export async function warnOfOther(session: Session, { app, environment }: Spec): Promise<Diagnostic[]> {
  const installed = await session.currentGeneration(app);
  const now = installed?.desired.environment ?? null;
  if (installed === null || now === environment) return [];
  const named = (name: string | null): string => (name === null ? "no environment" : `environment "${name}"`);
  return [
    {
      severity: "warning",
      code: "rehearse/other-environment",
      summary: `This is "${app}" with ${named(environment)}: what is installed here has ${named(now)}`,
      detail: "what is seen on the copy is no evidence for what runs",
      fix: now === null ? "leave --env out" : `--env ${now}`,
    },
  ];
}

/** Without --env, where only environments of the spec are installed, which are applications of their own: one of them may be meant. */
export async function checkChoice(session: Session, spec: Spec): Promise<Diagnostic[]> {
  if (spec.environment !== null || (await session.currentGeneration(spec.app)) !== null) return [];
  const installed: string[] = [];
  for (const [name, app] of Object.entries(spec.appOf ?? {})) {
    if (app === spec.app) continue;
    if ((await session.currentGeneration(app))?.desired.environment === name) installed.push(name);
  }
  if (installed.length === 0) return [];
  return [
    {
      severity: "error",
      code: "plan/which-environment",
      summary: `Cannot tell which environment is meant: ${installed.map((name) => `${name} ("${spec.appOf![name]}")`).join(" and ")} ${installed.length === 1 ? "is" : "are"} installed here, and "${spec.app}" is not`,
      fix: installed.map((name) => `--env ${name}`).join(", or "),
    },
  ];
}
