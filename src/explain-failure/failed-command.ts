import type { Properties, PropertyValue } from "../host/host.ts";
import { endingOf } from "../host/properties.ts";
import type { Ending } from "../value/exit-status.ts";

/** A command of a unit that ended badly, and where the unit names it. */
export type FailedCommand = { directive: string; argv: readonly string[]; ending: Ending };

/** D-Bus type a(sasbttttuii) of org.freedesktop.systemd1.Service(5): path, argv, ignore, four times, pid, code, status. */
type Command = readonly [path: string, argv: readonly string[], ignore: boolean, ...rest: PropertyValue[]];

const before = ["ExecCondition", "ExecStartPre"] as const;
const after = ["ExecStartPost", "ExecStop", "ExecStopPost"] as const;

/** What failedCommand and mainCommand need to be asked for. */
export const commandProperties = [...before, "ExecStart", ...after] as const;

const codes: Readonly<Record<number, Ending["code"]>> = { 1: "exited", 2: "killed", 3: "dumped" };

/** The command of ExecCondition= or ExecStartPre= that failed in the latest start: then the main process was not even tried. */
export function failedPrecondition(properties: Properties): FailedCommand | null {
  return failedIn(properties, before);
}

/** The command that the unit ended badly for: one before the start, the main process, or one after it. */
export function failedCommand(properties: Properties): FailedCommand {
  const early = failedPrecondition(properties);
  if (early) return early;
  const main = endingOf(properties);
  // systemd ends the main process with SIGTERM when a command after its start has failed.
  const mainIsWell = main.code === "" || (main.code === "exited" ? main.status === 0 : main.status === 15);
  const late =
    main.result !== "success" && main.result !== "timeout" && mainIsWell ? failedIn(properties, after) : null;
  return late ?? { directive: "ExecStart", argv: mainCommand(properties), ending: main };
}

/** The command line of ExecStart=; the last one of a oneshot service that has several. */
function mainCommand(properties: Properties): readonly string[] {
  const [path = "", argv = []] = commandsOf(properties, "ExecStart").at(-1) ?? [];
  return argv.length === 0 ? [path] : [path, ...argv.slice(1)];
}

/** What ExecCondition= asks; empty when it asks nothing, or systemd was not asked for it. */
export function conditionCommand(properties: Properties): readonly string[] {
  const [path, argv = []] = commandsOf(properties, "ExecCondition")[0] ?? [];
  return path === undefined ? [] : [path, ...argv.slice(1)];
}

function failedIn(properties: Properties, directives: readonly string[]): FailedCommand | null {
  for (const directive of directives)
    for (const [path, argv, ignore, ...rest] of commandsOf(properties, directive)) {
      const [pid, code, status] = rest.slice(-3).map(Number);
      if (ignore || pid === 0 || status === 0) continue;
      const ending = { result: "exit-code", code: codes[code ?? 0] ?? "", status: status ?? 0 };
      return { directive, argv: [path, ...argv.slice(1)], ending };
    }
  return null;
}

function commandsOf(properties: Properties, directive: string): readonly Command[] {
  return (properties[directive] ?? []) as readonly Command[];
}
