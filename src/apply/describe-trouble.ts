import { readJournal } from "../host/journal.ts";
import { explainUnitFailure } from "../explain-failure/read-failure.ts";
import { logNamespace } from "../compile/names.ts";
import type { Diagnostic } from "../report/diagnostic.ts";
import { printable } from "../value/printable.ts";
import type { UnitName } from "../value/unit-name.ts";
import type { ApplyContext } from "./context.ts";

/** Says in words why a unit is not where it should be, with the last lines it wrote. */
export async function describeTrouble(
  context: ApplyContext,
  unit: UnitName,
  summary: string,
): Promise<Diagnostic> {
  const { sentence, fix } = await explainUnitFailure(context.host, unit);
  const lines = await lastLines(context, unit, 8);
  const detail =
    lines.length === 0
      ? "it wrote nothing"
      : `its last lines:\n${lines.map((line) => `  ${line}`).join("\n")}`;
  return {
    severity: "error",
    code: "apply/service-failed",
    summary: `${summary}: ${sentence}`,
    detail,
    ...(fix === null ? {} : { fix }),
  };
}

/** What the unit itself wrote since the change began, oldest first, made safe to print. */
export async function lastLines(
  context: Pick<ApplyContext, "host" | "desired" | "began">,
  unit: UnitName,
  count: number,
): Promise<string[]> {
  const namespace =
    context.desired && context.host.scope === "system" ? logNamespace(context.desired.app) : null;
  const lines: string[] = [];
  const since = (context.began?.getTime() ?? Date.now() - 10 * 60_000) * 1000;
  for await (const entry of readJournal({
    scope: context.host.scope,
    units: [unit],
    namespace,
    since,
    lines: count * 4,
  })) {
    if (entry.from === "unit") lines.push(printable(entry.message));
  }
  return lines.slice(-count);
}
