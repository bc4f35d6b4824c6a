/**
 * Looks once at a service by its rules, and prints what was found, by check. Runs inside a throwaway host.
 * Arguments: a file with a WatchFile; a file for what the checks keep between looks; names of checks, all when none.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { WatchFile } from "../../src/compile/watch-rule.ts";
import type { Kept } from "../../src/heal/reading.ts";
import { openLocalHost } from "../../src/host/local.ts";
import { readUnitFacts } from "../../src/observe/probes/read-unit-facts.ts";
import { runChecks } from "../../src/observe/probes/run-checks.ts";

const [rules = "", memory = "", ...names] = process.argv.slice(2);
const watch = JSON.parse(readFileSync(rules, "utf8")) as WatchFile;
const kept = new Map<string, Kept>(Object.entries(readMemory()));
const host = await openLocalHost(watch.scope);
const [service] = watch.services;
const found = await runChecks({
  host,
  watch,
  service: service!,
  unit: await readUnitFacts(host, service!.unit),
  checks: service!.checks.filter(({ id }) => names.length === 0 || names.includes(id)),
  kept: (check) => kept.get(check) ?? null,
});
await host.close();
for (const [check, reading] of found) if (reading.kept) kept.set(check, reading.kept);
writeFileSync(memory, JSON.stringify(Object.fromEntries(kept)));
console.log(JSON.stringify(Object.fromEntries(found)));

function readMemory(): Record<string, Kept> {
  try {
    return JSON.parse(readFileSync(memory, "utf8")) as Record<string, Kept>;
  } catch {
    return {};
  }
}
