import { dirname } from "node:path";
import { HoldfastError } from "../report/diagnostic.ts";
import type { UnitFileChange } from "../host/host.ts";
import { unitName, type UnitName } from "../value/unit-name.ts";
import type { DesiredService } from "../plan/desired.ts";
import type { Step } from "../plan/plan.ts";
import { keepAside } from "./aside.ts";
import type { ApplyContext } from "./context.ts";
import { describeTrouble } from "./describe-trouble.ts";
import { jobTimeout } from "./job-timeout.ts";
import { unlessInterrupted } from "./pause.ts";
import { appArmorParser } from "../plan/read-target.ts";
import { unloadProfile } from "./app-armor.ts";
import { readBack } from "./read-back.ts";
import { runServiceJob } from "./run-job.ts";
import { giveBack, takeOver } from "./take-over.ts";
import { checkTimer, touchStamp } from "./timers.ts";
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
    case "take-over":
      return takeOver(host.files, step);
    case "give-back":
      await assertUnchanged(context, step.path, step.before);
      return giveBack(host.files, step);
    case "make-account":
      await runOrThrow(
        context,
        ["/usr/bin/systemd-sysusers", step.file],
        `Cannot make the account ${step.user}`,
      );
      return;
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
      return encryptCredential(context, step);
    case "remove-credential":
      await keepAside(host.files, step.path);
      return host.files.remove(step.path);
    case "load-profile":
      await runOrThrow(
        context,
        [appArmorParser, "--replace", step.path],
        `Cannot load the AppArmor profile ${step.path}`,
      );
      return;
    case "unload-profile":
      await unloadProfile(host, step.path);
      return;
    case "try-program":
      return tryProgram(context, serviceOf(context, step.service));
    case "touch-stamp":
      return touchStamp(host, step.path);
    case "check-timer":
      return checkTimer(context, step.timer);
    case "reload-manager":
      return host.systemd.reload();
    case "restart-journal":
      return restartJournal(context, step.namespace);
    case "read-back":
      return readBack(context, step.units);
    case "enable":
      await settleLinks(context, await host.systemd.enable(step.unit));
      return assertEnabled(context, step.unit, "enabled");
    case "disable":
      await settleLinks(context, await host.systemd.disable(step.unit));
      return assertEnabled(context, step.unit, "disabled");
    case "stop":
      await runJob(context, step.unit, "stop");
      return host.systemd.resetFailed(step.unit);
    case "start":
    case "restart":
      // What systemd counts towards its start limit are crashes, not what people do on purpose.
      await host.systemd.resetFailed(step.unit);
      return runJob(context, step.unit, step.kind);
    case "wait-ready":
      return waitReady(context, serviceOf(context, step.service));
  }
}

function serviceOf(context: ApplyContext, name: string): DesiredService {
  const service = context.desired?.services.find((candidate) => candidate.name === name);
  if (!service) throw new Error(`The plan names a service that is not in it: ${name}`);
  return service;
}

async function assertUnchanged({ host }: ApplyContext, path: string, before: string | null): Promise<void> {
  const kind = (await host.files.stat(path))?.kind ?? null;
  if (kind === (before === null ? null : "file") && (await host.files.read(path)) === before) return;
  throw new HoldfastError({
    severity: "error",
    code: "apply/stale",
    summary: `Cannot change ${path}: somebody changed it since the plan was made`,
    fix: "run the command again: it makes a new plan",
  });
}

/** By way of our own memory, so that the file appears complete or not at all; what is encrypted is no secret. */
async function encryptCredential(
  context: ApplyContext,
  { id, source, path }: Extract<Step, { kind: "encrypt-credential" }>,
): Promise<void> {
  const { files } = context.host;
  const encrypted = await runOrThrow(
    context,
    ["/usr/bin/systemd-creds", `--name=${id}`, "encrypt", source, "-"],
    `Cannot encrypt the secret ${id}`,
  );
  await files.makeDirectory(dirname(path), 0o700);
  await keepAside(files, path);
  await files.write(path, encrypted, { mode: 0o600 });
}

/** systemd makes its links without fsync(2): a power cut after the change was called done could lose them. */
async function settleLinks({ host }: ApplyContext, changes: readonly UnitFileChange[]): Promise<void> {
  const directories = new Set(changes.flatMap(({ path }) => [dirname(path), dirname(dirname(path))]));
  // One that is gone with its last link makes sync(1) fail; there is nothing to lose in it.
  if (directories.size > 0) await host.run(["/usr/bin/sync", ...directories]);
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

async function runOrThrow({ host }: ApplyContext, argv: readonly string[], summary: string): Promise<string> {
  const result = await host.run(argv);
  if (result.status === 0) return result.stdout;
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

async function runJob(
  context: ApplyContext,
  unit: UnitName,
  verb: "start" | "stop" | "restart",
): Promise<void> {
  const service = context.desired?.services.find((candidate) => candidate.unit === unit);
  const options = service ? jobTimeout(service) : {};
  const result =
    verb === "stop"
      ? await unlessInterrupted(context.host.systemd.stop(unit, options), context.signal)
      : await runServiceJob(context, unit, verb, options);
  if (result === "done") return;
  throw new HoldfastError(await describeTrouble(context, unit, `Cannot ${verb} ${unit}`));
}
