import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Directive } from "../compile/artifact.ts";
import { quoteExecArgument, quoteExecCommand, type Quoted } from "../compile/quote.ts";
import type { Host } from "../host/host.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import type { UnitName } from "../value/unit-name.ts";
import { dropTemporaries } from "./aside.ts";

/** Where files live that shall not survive a reboot. */
export function runtimeDirectory(host: Host): string {
  return host.scope === "system" ? "/run" : (process.env["XDG_RUNTIME_DIR"] ?? tmpdir());
}

/** A name that was never used before: systemd reads its file at the first question, without a reload. */
export function neverUsedName(purpose: string): string {
  return `holdfast-${purpose}-${randomBytes(6).toString("hex")}`;
}

export function runtimeUnitFile(host: Host, unit: UnitName): string {
  return join(runtimeDirectory(host), "systemd", host.scope, unit);
}

/** Writes a unit for one run of something. systemd reads the very same text as from a unit that stays. */
export async function writeRuntimeUnit(host: Host, unit: UnitName, text: string): Promise<void> {
  const file = runtimeUnitFile(host, unit);
  await host.files.makeDirectory(dirname(file), 0o755);
  await host.files.write(file, text, { mode: 0o644 });
}

/** Ends and forgets such a unit. Stopped first: RemainAfterExit= keeps it active, and systemd keeps an active unit without its file. */
export async function removeRuntimeUnit(host: Host, unit: UnitName): Promise<void> {
  const file = runtimeUnitFile(host, unit);
  await host.systemd.stop(unit).catch(() => {});
  await host.systemd.resetFailed(unit).catch(() => {});
  await dropTemporaries(host.files, file);
  await host.files.remove(file);
}

/** Makes directives of one section that share a reason. */
export function directivesFor(section: string, rule: string): (key: string, value: string) => Directive {
  return (key, value) => ({ section, key, value, because: { rule } });
}

/** A program and its arguments as ExecStart= takes them; a bare program name is looked up by systemd. */
export function quoteCommandLine(argv: readonly string[]): string {
  const [program, ...rest] = argv as readonly [string, ...string[]];
  return program.startsWith("/")
    ? carried(quoteExecCommand(argv))
    : [program, ...quoteArguments(rest)].join(" ");
}

export function quoteArguments(words: readonly string[]): string[] {
  return words.map((word) => carried(quoteExecArgument(word)));
}

function carried(quoted: Quoted): string {
  if (quoted.ok) return quoted.text;
  throw new HoldfastError({
    severity: "error",
    code: "apply/cannot-carry",
    summary: `Cannot write a command line: the text ${quoted.reason}`,
    detail: "no unit file can carry it unchanged",
  });
}
