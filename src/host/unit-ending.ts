import { explainEnding, signalName, type Explanation } from "../value/exit-status.ts";
import type { Properties, PropertyValue } from "./host.ts";
import { endingOf, endingProperties } from "./properties.ts";

/** What explainUnit needs to be asked for. */
export const explainedProperties = [...endingProperties, "ExecStartPre"] as const;

/** Says how a unit ended, or which precondition kept it from starting, and what to do. */
export function explainUnit(properties: Properties): Explanation {
  const refused = failedPrecondition(properties);
  return refused ? explainPrecondition(refused) : explainEnding(endingOf(properties));
}

export type FailedPrecondition = { argv: readonly string[]; killed: boolean; status: number };

/** D-Bus type a(sasbttttuii) of org.freedesktop.systemd1.Service(5): path, argv, ignore, four times, pid, code, status. */
type Command = readonly [path: string, argv: readonly string[], ignore: boolean, ...rest: PropertyValue[]];
const exited = 1;

/** The command of ExecStartPre= that failed in the latest start: then the main process was not even tried. */
export function failedPrecondition(properties: Properties): FailedPrecondition | null {
  const commands = (properties["ExecStartPre"] ?? []) as readonly Command[];
  for (const [, argv, ignore, ...rest] of commands) {
    const [pid, code, status] = rest.slice(-3).map(Number);
    if (!ignore && pid !== 0 && status !== 0) return { argv, killed: code !== exited, status: status ?? 0 };
  }
  return null;
}

function explainPrecondition({ argv, killed, status }: FailedPrecondition): Explanation {
  // The form in which needs-files is compiled.
  const file = argv[0] === "/usr/bin/test" && argv[1] === "-r" ? argv[2] : undefined;
  if (file !== undefined)
    return {
      sentence: `it needs ${file}, which is missing, or which its account may not read`,
      fix: `ls -l ${file}`,
    };
  const how = killed ? `was killed with ${signalName(status)}` : `ended with exit code ${status}`;
  return {
    sentence: `the check before its start refused: ${argv.join(" ")} ${how}`,
    fix: "mend what it says",
  };
}
