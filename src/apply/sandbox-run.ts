import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Directive } from "../compile/artifact.ts";
import { formatIni } from "../compile/artifact.ts";
import { quoteExecArgument, quoteExecCommand } from "../compile/quote.ts";
import type { Host } from "../host/host.ts";
import type { DesiredService } from "../plan/desired.ts";
import { endingOf, endingProperties } from "../host/properties.ts";
import type { Ending } from "../value/exit-status.ts";
import { formatDuration, durationOf } from "../value/duration.ts";
import { unitName, type UnitName } from "../value/unit-name.ts";
import { dropTemporaries } from "./aside.ts";
import type { ApplyContext } from "./context.ts";
import { unlessInterrupted } from "./pause.ts";

export type SandboxEnd = Ending & { output: string };

/** Directives that say how the service runs rather than what surrounds it. */
const notSurroundings =
  /^(Type|Exec|Restart|Timeout|Watchdog|NotifyAccess|SuccessExitStatus|Kill|Standard|SyslogIdentifier|LogNamespace|RuntimeDirectory)/;

/**
 * Runs a program once with the account, environment, credentials, limits and sandbox of a service. The unit is a real
 * file under a name never used before, so systemd reads the very same text as the service's own, and needs no reload.
 */
export async function runInSandbox(
  context: ApplyContext,
  service: DesiredService,
  argv: readonly string[],
  timeout: number,
): Promise<SandboxEnd> {
  const { host } = context;
  const { app, artifacts } = context.desired!;
  const artifact = artifacts.find((candidate) => candidate.service === service.name)!;
  const unit = unitName(`holdfast-try-${app}-${randomBytes(6).toString("hex")}.service`);
  const { directory, file, output } = filesOf(unit, host.scope);
  try {
    await host.files.makeDirectory(directory, 0o755);
    await host.files.write(output, "", { mode: 0o600 });
    await host.files.write(file, sandboxUnit(artifact.directives, argv, output, timeout), { mode: 0o644 });
    await unlessInterrupted(host.systemd.start(unit), context.signal);
    const ending = endingOf(await host.systemd.properties(unit, endingProperties));
    return { ...ending, output: (await host.files.read(output)) ?? "" };
  } finally {
    await removeTry(host, unit);
  }
}

/** Removes what a command that was killed in the middle of a run left behind. Names of other applications do not match. */
export async function removeTries(host: Host, app: string): Promise<boolean> {
  const isOurs = new RegExp(`^holdfast-try-${app}-[0-9a-f]{12}\\.service$`);
  const { directory, output } = filesOf("", host.scope);
  const units = (await host.systemd.listUnits([`holdfast-try-${app}-*.service`])).map(({ name }) => name);
  const files = [...(await host.files.list(directory)), ...(await host.files.list(dirname(output)))].map(
    (name) => name.replace(/^\.(.*\.service)(\.out)?\.holdfast-\w+$/, "$1").replace(/\.out$/, ""),
  );
  const names = new Set([...units, ...files].filter((name) => isOurs.test(name)));
  for (const name of names) await removeTry(host, unitName(name));
  return names.size > 0;
}

function filesOf(unit: string, scope: Host["scope"]): { directory: string; file: string; output: string } {
  const runtime = scope === "system" ? "/run" : (process.env["XDG_RUNTIME_DIR"] ?? tmpdir());
  const directory = join(runtime, "systemd", scope);
  return { directory, file: join(directory, unit), output: join(runtime, `${unit}.out`) };
}

/** Stopped first: RemainAfterExit= keeps it active, and systemd keeps an active unit without its file. */
async function removeTry(host: Host, unit: UnitName): Promise<void> {
  const { file, output } = filesOf(unit, host.scope);
  await host.systemd.stop(unit).catch(() => {});
  await host.systemd.resetFailed(unit).catch(() => {});
  for (const path of [file, output]) {
    await dropTemporaries(host.files, path);
    await host.files.remove(path);
  }
}

function sandboxUnit(
  directives: readonly Directive[],
  argv: readonly string[],
  output: string,
  timeout: number,
): string {
  const rule = { rule: "run once in the sandbox of a service" };
  const line = (key: string, value: string): Directive => ({ section: "Service", key, value, because: rule });
  const surroundings = directives.filter((d) => d.section === "Service" && !notSurroundings.test(d.key));
  return formatIni(
    ["# Written by Holdfast for one run; removed after it."],
    ["Unit", "Service"],
    [
      { section: "Unit", key: "StartLimitIntervalSec", value: "0", because: rule },
      line("Type", "oneshot"),
      // Kept until it is read back: a oneshot that has ended is forgotten otherwise.
      line("RemainAfterExit", "yes"),
      line("ExecStart", quoteCommand(argv)),
      line("TimeoutStartSec", formatDuration(durationOf(timeout))),
      line("StandardOutput", `append:${output}`),
      line("StandardError", `append:${output}`),
      ...surroundings,
    ],
  );
}

function quoteCommand(argv: readonly string[]): string {
  const quoted = argv[0]!.startsWith("/") ? quoteExecCommand(argv) : null;
  if (quoted) {
    if (!quoted.ok) throw new Error(`Cannot quote ${JSON.stringify(argv)}: ${quoted.reason}`);
    return quoted.text;
  }
  const words = argv.slice(1).map((word) => quoteExecArgument(word));
  return [argv[0]!, ...words.map((word) => (word.ok ? word.text : ""))].join(" ");
}
