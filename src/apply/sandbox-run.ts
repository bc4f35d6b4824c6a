import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Directive } from "../compile/artifact.ts";
import { formatIni } from "../compile/artifact.ts";
import { quoteExecArgument, quoteExecCommand } from "../compile/quote.ts";
import type { DesiredService } from "../plan/desired.ts";
import { endingOf, endingProperties } from "../host/properties.ts";
import type { Ending } from "../value/exit-status.ts";
import { formatDuration, durationOf } from "../value/duration.ts";
import { unitName } from "../value/unit-name.ts";
import type { ApplyContext } from "./context.ts";

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
  const artifact = context.desired!.artifacts.find((candidate) => candidate.service === service.name)!;
  const runtime = host.scope === "system" ? "/run" : (process.env["XDG_RUNTIME_DIR"] ?? tmpdir());
  const unit = unitName(`holdfast-try-${randomBytes(6).toString("hex")}.service`);
  const file = join(runtime, "systemd", host.scope, unit);
  const output = join(runtime, `${unit}.out`);
  await host.files.makeDirectory(join(runtime, "systemd", host.scope), 0o755);
  await host.files.write(output, "", { mode: 0o600 });
  await host.files.write(file, sandboxUnit(artifact.directives, argv, output, timeout), { mode: 0o644 });
  try {
    await host.systemd.start(unit);
    const ending = endingOf(await host.systemd.properties(unit, endingProperties));
    return { ...ending, output: (await host.files.read(output)) ?? "" };
  } finally {
    await host.systemd.resetFailed(unit).catch(() => {});
    await host.files.remove(file);
    await host.files.remove(output);
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
