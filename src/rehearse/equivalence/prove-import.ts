import { compileSpec } from "../../compile/compile.ts";
import type { Target } from "../../compile/target.ts";
import type { ForeignFile } from "../../import/imported.ts";
import { groupUnits, type FoundUnit } from "../../import/units/unit-files.ts";
import type { WrittenSpec } from "../../import/write-spec.ts";
import { parseSpec } from "../../spec/parse-spec.ts";
import { unitName } from "../../value/unit-name.ts";
import type { Equivalence } from "./equivalence.ts";
import type { UnitLoader } from "./load-units.ts";
import { proveEquivalence, type OriginalUnit, type Proof } from "./prove-equivalence.ts";

export type ImportProof = {
  /** Units and what became of them, in the order of the files. */
  units: readonly Equivalence[];
  /** Units that are in none of the specs. */
  left: readonly string[];
};

/**
 * Proves an import of units: compiles the specs for the host whose systemd loads them, and holds each unit that is in one
 * against its original. `names` tells instances of templates, by path.
 */
export async function proveImport(
  files: readonly ForeignFile[],
  specs: readonly Pick<WrittenSpec, "text">[],
  options: { target: Target; zone: string; names?: ReadonlyMap<string, string> },
  loader: UnitLoader,
): Promise<ImportProof> {
  const { units } = groupUnits(files, options.names);
  const compiled = specs.map(({ text }) => compile(text, options.target));
  const owners = new Map(
    compiled.flatMap(({ app, artifacts }) =>
      artifacts.flatMap(({ unit }) => (unit ? [[unit, app] as const] : [])),
    ),
  );
  const originals: OriginalUnit[] = [];
  const left: string[] = [];
  for (const found of units) {
    const app = owners.get(unitName(found.name));
    if (app === undefined) left.push(found.name);
    else originals.push({ unit: unitName(found.name), files: filesOf(found), app });
  }
  const proof: Proof = {
    originals,
    compiled: compiled.flatMap(({ artifacts }) => artifacts),
    zone: options.zone,
  };
  return { units: originals.length === 0 ? [] : await proveEquivalence(proof, loader), left };
}

function compile(text: string, target: Target): { app: string; artifacts: Proof["compiled"] } {
  const { spec } = parseSpec(text, "holdfast.yaml");
  // The writer has parsed what it has written.
  if (!spec) throw new Error("an imported spec does not parse");
  return { app: spec.app, artifacts: compileSpec(spec, target).artifacts };
}

/** The parsed files hold the texts; a drop-in that other units share is loaded, too, and stays. */
function filesOf({ fragment, own, shared }: FoundUnit): OriginalUnit["files"] {
  return [fragment, ...own, ...shared].map(({ path, text }) => ({ path, text }));
}
