import { dirname } from "node:path";
import { HoldfastError, type Diagnostic } from "../report/diagnostic.ts";
import type { JobResult } from "../host/host.ts";
import { unitName, type UnitName } from "../value/unit-name.ts";
import type { DesiredService } from "../plan/desired.ts";
import type { Step } from "../plan/plan.ts";
import { keepAside } from "./aside.ts";
import type { ApplyContext } from "./context.ts";
import { describeTrouble } from "./describe-trouble.ts";
import { readBack } from "./read-back.ts";
import { tryProgram } from "./try-program.ts";
import { waitReady } from "./wait-ready.ts";

/** Does one step, or throws a HoldfastError that says what stands in the way. */
export async function doStep(step: Step, context: ApplyContext): Promise<void> {
  const { host } = context;
  switch (step.kind) {
    case "write-file":
      await assertUnchanged(context, step.path, step.before);
      await host.files.makeDirectory(dirname(step.path), 0o755);
      await keepAside(host.files, step.path);
      return host.files.write(step.path, step.after, { mode: step.mode });
    case "remove-file":
      await assertUnchanged(context, step.path, step.before);
      await keepAside(host.files, step.path);
      return host.files.remove(step.path);
    case "make-account":
      return runOrThrow(
        context,
        ["/usr/bin/systemd-sysusers", step.file],
        `Cannot make the account ${step.user}`,
      );
    case "make-directories": {
      const scope = host.scope === "user" ? ["--user"] : [];
      await runOrThrow(
        context,
        ["/usr/bin/systemd-tmpfiles", ...scope, "--create", step.file],
        "Cannot make the directories that the services write to",
      );
      return assertDirectories(context, step.paths);
    }
    case "encrypt-credential":
      await keepAside(host.files, step.path);
      await host.files.makeDirectory(dirname(step.path), 0o700);
      return runOrThrow(
        context,
        ["/usr/bin/systemd-creds", `--name=${step.id}`, "encrypt", step.source, step.path],
        `Cannot encrypt the secret ${step.id}`,
      );
    case "remove-credential":
      await keepAside(host.files, step.path);
      return host.files.remove(step.path);
    case "try-program":
      return tryProgram(context, serviceOf(context, step.service));
    case "reload-manager":
      return host.systemd.reload();
    case "restart-journal":
      return restartJournal(context, step.namespace);
    case "read-back":
      return readBack(context, step.units);
    case "enable":
      await host.systemd.enable(step.unit);
      return assertEnabled(context, step.unit, "enabled");
    case "disable":
      await host.systemd.disable(step.unit);
      return assertEnabled(context, step.unit, "disabled");
    case "stop":
      return assertJob(context, step.unit, "stop", await host.systemd.stop(step.unit));
    case "start":
      // What systemd counts towards its start limit are crashes, not what people do on purpose.
      await host.systemd.resetFailed(step.unit);
      return assertJob(context, step.unit, "start", await host.systemd.start(step.unit));
    case "restart":
      await host.systemd.resetFailed(step.unit);
      return assertJob(context, step.unit, "restart", await host.systemd.restart(step.unit));
    case "wait-ready":
      return waitReady(context, serviceOf(context, step.service));
  }
}

export function serviceOf(context: ApplyContext, name: string): DesiredService {
  const service = context.desired?.services.find((candidate) => candidate.name === name);
  if (!service) throw new Error(`The plan names a service that is not in it: ${name}`);
  return service;
}

async function assertUnchanged({ host }: ApplyContext, path: string, before: string | null): Promise<void> {
  if ((await host.files.read(path)) === before) return;
  throw new HoldfastError({
    severity: "error",
    code: "apply/stale",
    summary: `Cannot change ${path}: somebody changed it since the plan was made`,
    fix: "run the command again: it makes a new plan",
  });
}

async function assertDirectories({ host }: ApplyContext, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if ((await host.files.stat(path))?.kind === "directory") continue;
    throw new HoldfastError({
      severity: "error",
      code: "apply/no-directory",
      summary: `Cannot make ${path}: systemd-tmpfiles left it out`,
      detail: "it refuses paths below directories that belong to somebody else",
      fix: `make it by hand: mkdir -p ${path}`,
    });
  }
}

async function runOrThrow({ host }: ApplyContext, argv: readonly string[], summary: string): Promise<void> {
  const result = await host.run(argv);
  if (result.status === 0) return;
  throw new HoldfastError({
    severity: "error",
    code: "apply/tool-failed",
    summary: `${summary}: ${lastLine(result.stderr) || `${argv[0]} ended with ${result.status ?? result.signal}`}`,
  });
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

/** Only when it runs: otherwise it reads its settings when the first service of the application starts. */
async function restartJournal({ host }: ApplyContext, namespace: string): Promise<void> {
  const unit = unitName(`systemd-journald@${namespace}.service`);
  const { ActiveState } = await host.systemd.properties(unit, ["ActiveState"]);
  if (ActiveState !== "active") return;
  await host.systemd.resetFailed(unit);
  await host.systemd.restart(unit);
}

async function assertEnabled(
  { host }: ApplyContext,
  unit: UnitName,
  wanted: "enabled" | "disabled",
): Promise<void> {
  const state = await host.systemd.unitFileState(unit);
  if (state === wanted || (wanted === "disabled" && state === "")) return;
  throw new HoldfastError({
    severity: "error",
    code: "apply/not-enabled",
    summary: `Cannot make ${unit} ${wanted} at boot: systemd says it is ${state || "unknown"}`,
  });
}

async function assertJob(
  context: ApplyContext,
  unit: UnitName,
  verb: string,
  result: JobResult,
): Promise<void> {
  if (result === "done") return;
  const trouble: Diagnostic = await describeTrouble(context, unit, `Cannot ${verb} ${unit}`);
  throw new HoldfastError(trouble);
}
