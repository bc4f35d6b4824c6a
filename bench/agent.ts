import { parseArgs } from "node:util";
import { growthRows, usualRows } from "./agent/footprint.ts";
import { journalRows } from "./agent/journal.ts";
import { killedRows } from "./agent/killed.ts";
import { probesRows } from "./agent/probes.ts";
import { soakRows } from "./agent/soak.ts";
import { printRows, type Row } from "./measure.ts";

const parts: Readonly<Record<string, (windowMillis: number) => Promise<Row[]>>> = {
  usual: usualRows,
  growth: growthRows,
  soak: soakRows,
  journal: journalRows,
  killed: killedRows,
  probes: probesRows,
};

/** What it costs to have the agent, and what it takes. About eleven minutes: CPU is counted over a minute for each number of units. */
export async function agentRows(
  windowMillis = 60_000,
  only: readonly string[] = Object.keys(parts),
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const name of only) rows.push(...(await parts[name]!(windowMillis)));
  return rows;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      window: { type: "string", default: "60" },
      only: { type: "string", default: Object.keys(parts).join(",") },
    },
  });
  printRows("The agent", await agentRows(Number(values.window) * 1000, values.only.split(",")));
}
