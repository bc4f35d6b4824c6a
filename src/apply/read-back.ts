import { HoldfastError, type Diagnostic } from "../report/diagnostic.ts";
import type { PropertyValue } from "../host/host.ts";
import { listOf, textOf } from "../host/properties.ts";
import type { UnitName } from "../value/unit-name.ts";
import type { ApplyContext } from "./context.ts";
import { findMismatches, propertiesFor } from "../compile/effective.ts";

/** Asks systemd what is really in force; the text of a file, and exit codes of tools, prove nothing. */
export async function readBack(context: ApplyContext, units: readonly UnitName[]): Promise<void> {
  const found: Diagnostic[] = [];
  for (const unit of units) found.push(...(await readBackUnit(context, unit)));
  if (found.length > 0) throw new HoldfastError(found);
}

async function readBackUnit(context: ApplyContext, unit: UnitName): Promise<Diagnostic[]> {
  const { directives, path } = context.desired!.artifacts.find((artifact) => artifact.unit === unit)!;
  const service = context.desired!.services.find((candidate) => candidate.unit === unit)!;
  const properties = await context.host.systemd.properties(unit, [
    ...propertiesFor(directives),
    "LoadState",
    "LoadError",
    "FragmentPath",
    "DropInPaths",
    "NeedDaemonReload",
    "ExecStart",
  ]);
  if (textOf(properties, "LoadState") !== "loaded") {
    const reason = listOf(properties, "LoadError")[1] ?? "";
    return [
      {
        severity: "error",
        code: "apply/not-loaded",
        summary: `systemd cannot load ${unit} (${textOf(properties, "LoadState")}): ${reason}`,
        at: { file: path, line: 1, column: 1, length: 1 },
      },
    ];
  }
  const dropIns = listOf(properties, "DropInPaths");
  const cause =
    dropIns.length > 0
      ? `changed from outside by ${dropIns.join(", ")}`
      : "systemd did not take it as it was written";
  const mismatches = findMismatches(directives, properties).map(
    ({ key, meant, found, directive }): Diagnostic => ({
      severity: "error",
      code: "apply/not-in-force",
      summary: `${key}= of ${unit} is ${found}, not ${meant}: ${cause}`,
      ...("at" in directive.because ? { at: directive.because.at } : {}),
      ...(dropIns.length > 0
        ? { fix: `remove it (${dropIns[0]}), or write the value into holdfast.yaml` }
        : {}),
    }),
  );
  const argv = commandOf(properties["ExecStart"]);
  // systemd keeps the dollar signs of arguments doubled until it runs them (systemd.service(5), "Command lines").
  const meant = [service.program, ...service.arguments.map((word) => word.replaceAll("$", "$$$$"))];
  // A bare program name is looked up by systemd, so only its last part can be compared.
  const sameProgram =
    argv[0] === meant[0] || (!meant[0]!.startsWith("/") && argv[0]?.endsWith(`/${meant[0]}`));
  const differs = !sameProgram || argv.slice(1).join("\0") !== meant.slice(1).join("\0");
  if (differs && !service.commandAsWritten) {
    mismatches.push({
      severity: "error",
      code: "apply/not-in-force",
      summary: `ExecStart= of ${unit} is ${JSON.stringify(argv)}, not ${JSON.stringify(meant)}: ${cause}`,
    });
  }
  return mismatches;
}

/** ExecStart is an array of (path, argv, ...): the last entry wins when a drop-in adds one. The path is where the first word was found. */
function commandOf(value: PropertyValue | undefined): string[] {
  const command = (value as readonly (readonly [string, readonly string[], ...unknown[]])[] | undefined)?.at(
    -1,
  );
  return command ? [command[0], ...command[1].slice(1)] : [];
}
