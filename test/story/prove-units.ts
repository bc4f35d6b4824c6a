import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { debian12, type Target } from "../../src/compile/target.ts";
import { describeProof } from "../../src/cli/describe-proof.ts";
import type { ForeignFile } from "../../src/import/imported.ts";
import { importUnits } from "../../src/import/units/import-units.ts";
import { writeSpec } from "../../src/import/write-spec.ts";
import { isEquivalent, type Equivalence } from "../../src/rehearse/equivalence/equivalence.ts";
import type { UnitLoader } from "../../src/rehearse/equivalence/load-units.ts";
import { proveImport } from "../../src/rehearse/equivalence/prove-import.ts";
import { findDropIns } from "../../src/unit/find-drop-ins.ts";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const list = (directory: string): string[] => {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
};

/** Services and timers of a directory; links to other units are only names. */
function unitsOf(directory: string): string[] {
  return list(directory).filter(
    (name) => /\.(service|timer)$/.test(name) && lstatSync(join(directory, name)).isFile(),
  );
}

function filesOf(directory: string, unit: string, places: readonly string[]): ForeignFile[] {
  const paths = [join(directory, unit), ...findDropIns(unit, places, list)];
  return paths.map((path) => ({ path, text: readFileSync(path, "utf8") }));
}

export type ImportedUnits = {
  files: ForeignFile[];
  specs: { text: string }[];
  names: Map<string, string>;
  refused: Map<string, string>;
  installed: number;
};

/** Imports all units of a directory: each service with its timer becomes an application of its own, as when a person brings over one after the other. */
export function importAll(directory: string, places: readonly string[], systemd: number): ImportedUnits {
  const names = new Map<string, string>();
  const refused = new Map<string, string>();
  const all = unitsOf(directory);
  const specs = all.flatMap((service) => {
    if (!service.endsWith(".service")) return [];
    const timer = service.replace(/\.service$/, ".timer");
    const files = [service, ...(all.includes(timer) ? [timer] : [])].flatMap((unit) =>
      filesOf(directory, unit, places),
    );
    for (const { path } of files)
      if (path.includes("@.")) names.set(path, basename(path).replace("@.", "@proof."));
    const result = importUnits(files, { userScope: false, zone, systemd, names });
    for (const { summary } of result?.diagnostics ?? []) refused.set(service, summary);
    const dropped = result?.apps.flatMap((app) => app.dropped) ?? [];
    for (const { what, why } of dropped) if (what.endsWith(".timer")) refused.set(what, why);
    return (result?.apps ?? []).map((app) => writeSpec(app));
  });
  const files = all.flatMap((unit) => filesOf(directory, unit, places));
  return { files, specs, names, refused, installed: all.length };
}

/** Has systemd load the units before and after, and compares them. */
export async function proveAll(
  { files, specs, names }: ImportedUnits,
  systemd: number,
  loader: UnitLoader,
): Promise<readonly Equivalence[]> {
  const target: Target = { ...debian12, systemd };
  return (await proveImport(files, specs, { target, zone, names }, loader)).units;
}

/** Prints the rate, and the reason for each unit that is not the same or is not brought over. Returns how many are. */
export function report(title: string, imported: ImportedUnits, proof: readonly Equivalence[]): number {
  const same = proof.filter(isEquivalent);
  const lines = [
    `${title}: ${same.length} of ${imported.installed} units are shown to be the same after an import (${Math.round((100 * same.length) / imported.installed)} %)`,
    ...[...imported.refused].map(([unit, why]) => `  ${unit} is not brought over: ${why}`),
    describeProof({ units: proof.filter((one) => !isEquivalent(one)), left: [] }),
  ];
  console.log(lines.filter((line) => line !== "").join("\n"));
  return same.length;
}
