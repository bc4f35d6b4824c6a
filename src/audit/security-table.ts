export type SecurityRow = { directive: string; on: boolean; says: string; exposure: number };
export type Assessment = { score: number; rows: readonly SecurityRow[] };

/**
 * What systemd-analyze security (systemd-analyze(1)) prints of one or more units: a table each, and below it a line with
 * the unit and its score. By unit.
 */
export function parseSecurity(text: string): Map<string, Assessment> {
  const found = new Map<string, Assessment>();
  let rows: SecurityRow[] = [];
  for (const line of text.split("\n")) {
    const [, unit, score] = /Overall exposure level for (\S+): (\d+(?:\.\d+)?)/.exec(line) ?? [];
    if (unit !== undefined && score !== undefined) {
      found.set(unit, { score: Number(score), rows });
      rows = [];
      continue;
    }
    const [, mark, directive, rest = ""] = /^\s*([✓✗+-])\s+(\S+)\s+(.*)$/u.exec(line) ?? [];
    if (mark === undefined || directive === undefined) continue;
    const [, says = "", exposure] = /^(.*?)(?:\s{2,}(\d+(?:\.\d+)?))?\s*$/.exec(rest) ?? [];
    const on = mark === "✓" || mark === "+";
    rows.push({
      directive,
      on,
      says: says.trim(),
      exposure: on || exposure === undefined ? 0 : Number(exposure),
    });
  }
  return found;
}
