import type { Diagnostic } from "../report/diagnostic.ts";
import type { Spec } from "../spec/spec.ts";
import type { Session } from "./session.ts";

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
