import { readFileSync } from "node:fs";
import { applyPlan } from "../apply/apply.ts";
import { preflight } from "../apply/preflight.ts";
import { learnHere } from "../harden/learn-here.ts";
import { narrowSpec } from "../harden/narrow-spec.ts";
import type { Told } from "../harden/result.ts";
import type { Desired } from "../plan/desired.ts";
import { exitCode, hasErrors, HoldfastError } from "../report/diagnostic.ts";
import type { Progress } from "../report/progress.ts";
import type { Spec } from "../spec/spec.ts";
import { interruptible } from "./interruptible.ts";
import { planChange } from "./plan-change.ts";
import { compileFor, loadSpec } from "./load-spec.ts";
import type { Session } from "./session.ts";

/** holdfast harden-inside: what holdfast harden runs on its throwaway host. It starts and stops services at will. */
export async function runHardenInside(
  session: Session,
  name: string,
  options: { given: string },
): Promise<number> {
  assertThrowaway();
  const { exercise, standIns } = JSON.parse(options.given) as {
    exercise: readonly (readonly string[])[];
    standIns: readonly string[];
  };
  const { spec, text } = loadSpec(session);
  // The stand-ins of secrets are no secrets.
  const target = { ...(await session.target()), encryptsCredentials: false };
  const { desired } = compileFor(target, narrowSpec(spec, name));
  const progress: Progress = {
    begin: (said) => tell({ kind: "begin", text: said }),
    end: (said) => tell({ kind: "end", text: said }),
  };
  const result = await interruptible(async (signal) => {
    progress.begin("Install it there");
    await install(session, spec, desired, text, signal);
    progress.end("done");
    const host = await session.host();
    return learnHere({ host, spec, desired, name, target, exercise, standIns, progress, signal });
  });
  tell({ kind: "result", result });
  return exitCode.done;
}

/** The same way as any change goes, and none of its words. */
async function install(
  session: Session,
  spec: Spec,
  desired: Desired,
  specText: string,
  signal: AbortSignal,
): Promise<void> {
  const host = await session.host();
  await session.changing(spec.app, "harden", async ({ changes }) => {
    const { plan, state } = await planChange(session, spec.app, desired, { purpose: "apply", specText });
    const version = Number.parseInt(await host.systemd.version(), 10);
    const found = [
      ...plan.diagnostics,
      ...(await preflight(host, desired, state, version, session.stateDirectory)),
    ].filter(({ severity }) => severity === "error");
    if (hasErrors(found)) throw new HoldfastError(found);
    const quiet = { begin: () => {}, end: () => {} };
    const outcome = await applyPlan(
      plan,
      { host, desired, progress: quiet, signal, now: () => new Date() },
      changes,
      session.who,
    );
    if (outcome.result !== "applied") throw new HoldfastError(outcome.failure);
  });
}

function tell(told: Told): void {
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

/** Init of a throwaway host says so of itself; anywhere else this command would start services that nobody asked for. */
function assertThrowaway(): void {
  const environment = readFileSync("/proc/1/environ", "utf8").split("\0");
  if (environment.includes("container=holdfast")) return;
  throw new HoldfastError(
    {
      severity: "error",
      code: "harden/not-throwaway",
      summary: "Cannot learn on this host: this command is for a throwaway host",
      fix: "holdfast harden SERVICE",
    },
    exitCode.usage,
  );
}
