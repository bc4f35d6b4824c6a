import { spawnSync } from "node:child_process";

/** Runs each program in turn, round after round, so that a busy moment of the machine hits all of them alike. Medians in milliseconds. */
export async function sideBySide<Name extends string>(
  rounds: number,
  programs: Readonly<Record<Name, () => Promise<void> | void>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(programs) as Name[];
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const began = performance.now();
      await programs[name]();
      // The first round only warms caches.
      if (round > 0) times.get(name)!.push(performance.now() - began);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times.get(name)!)])) as Record<Name, number>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Runs a program to its end; throws when it fails, so that no failure is ever measured. */
export function mustRun(argv: readonly string[], env: Readonly<Record<string, string>> = {}): void {
  const result = spawnSync(argv[0]!, argv.slice(1), {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...env },
  });
  if (result.status !== 0)
    throw new Error(`${argv.join(" ")} ended with ${result.status}: ${result.stderr.toString()}`);
}

export type Row = { what: string; measured: string; target: string; met: boolean | null };

export function printRows(title: string, rows: readonly Row[]): void {
  const width = (pick: (row: Row) => string) => Math.max(...rows.map((row) => pick(row).length));
  const [what, measured] = [width((row) => row.what), width((row) => row.measured)];
  console.log(`\n${title}`);
  for (const row of rows) {
    const verdict = row.met === null ? "" : row.met ? "  met" : "  NOT MET";
    console.log(`  ${row.what.padEnd(what)}  ${row.measured.padStart(measured)}  ${row.target}${verdict}`);
  }
}
