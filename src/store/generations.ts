import { join } from "node:path";
import type { Files } from "../host/host.ts";
import type { Desired } from "../plan/desired.ts";
import type { JobRule } from "../plan/job-rule.ts";
import type { Plan } from "../plan/plan.ts";
import { HoldfastError } from "../report/diagnostic.ts";

/** What was applied as one numbered generation. */
export type Generation = { number: number; desired: Desired; specText: string; plan: Plan };

function directoryOf(stateDirectory: string, app: string, number: number): string {
  return join(stateDirectory, "apps", app, "generations", String(number));
}

/** Writes all of a generation before the first step of its change; without a change that names it, it means nothing. */
export async function writeGeneration(
  files: Files,
  stateDirectory: string,
  generation: Generation,
): Promise<string> {
  const directory = directoryOf(stateDirectory, generation.desired.app, generation.number);
  // What an earlier change with this number left behind was never in force.
  await files.removeTree(directory);
  await files.makeDirectory(join(directory, "files"), 0o700);
  for (const artifact of generation.desired.artifacts) {
    await files.write(join(directory, "files", artifact.path.split("/").at(-1)!), artifact.text, {
      mode: 0o600,
    });
  }
  await files.write(join(directory, "holdfast.yaml"), generation.specText, { mode: 0o600 });
  await files.write(join(directory, "plan.json"), `${JSON.stringify(generation.plan, null, 1)}\n`, {
    mode: 0o600,
  });
  const rules = generation.desired.services.flatMap((service) => service.job ?? []);
  // What a gate reads at every start of a job: small on purpose.
  if (rules.length > 0)
    await files.write(join(directory, "jobs.json"), `${JSON.stringify(rules)}\n`, { mode: 0o600 });
  await files.write(join(directory, "desired.json"), `${JSON.stringify(generation.desired, null, 1)}\n`, {
    mode: 0o600,
  });
  return directory;
}

/** Only the rules of a generation's jobs; none when it is gone or had no jobs. */
export async function readJobRules(
  files: Files,
  stateDirectory: string,
  app: string,
  number: number,
): Promise<JobRule[]> {
  const text = await files.read(join(directoryOf(stateDirectory, app, number), "jobs.json"));
  return text === null ? [] : (JSON.parse(text) as JobRule[]);
}

/** The end of a change, for people who look into the directory; the database is what counts. */
export async function writeOutcome(
  files: Files,
  stateDirectory: string,
  app: string,
  number: number,
  outcome: object,
): Promise<void> {
  await files.write(
    join(directoryOf(stateDirectory, app, number), "outcome.json"),
    `${JSON.stringify(outcome, null, 1)}\n`,
    { mode: 0o600 },
  );
}

export async function readGeneration(
  files: Files,
  stateDirectory: string,
  app: string,
  number: number,
): Promise<Generation> {
  const directory = directoryOf(stateDirectory, app, number);
  const [desired, specText, plan] = await Promise.all(
    ["desired.json", "holdfast.yaml", "plan.json"].map((name) => files.read(join(directory, name))),
  );
  if (desired == null || specText == null || plan == null) {
    throw new HoldfastError({
      severity: "error",
      code: "store/generation-missing",
      summary: `Cannot read generation ${number} of "${app}": ${directory} is incomplete`,
      fix: "apply the spec again; that makes a new generation",
    });
  }
  return { number, desired: JSON.parse(desired) as Desired, specText, plan: JSON.parse(plan) as Plan };
}
