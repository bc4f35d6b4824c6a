import { debian12 } from "../compile/target.ts";
import type { ForeignFile } from "../import/imported.ts";
import type { WrittenSpec } from "../import/write-spec.ts";
import { isEquivalent } from "../rehearse/equivalence/equivalence.ts";
import { bootUnitLoader } from "../rehearse/equivalence/load-units.ts";
import { proveImport, type ImportProof } from "../rehearse/equivalence/prove-import.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { describeProof } from "./describe-proof.ts";
import type { Session } from "./session.ts";

/** Before anything is read: a proof needs root, and units of the system. */
export async function assertProvable(session: Session): Promise<void> {
  if (session.scope === "user")
    throw new HoldfastError(
      {
        severity: "error",
        code: "usage/no-proof",
        summary:
          "Cannot prove an import of user units: a throwaway host has no systemd of yours to load them",
        fix: "leave --prove out",
      },
      exitCode.usage,
    );
  await session.assertMayChange("boot a throwaway host", "import FILE --prove");
}

/** holdfast import --prove: has a throwaway copy of this machine load both, and says what differs. Nothing is started there. */
export async function proveSpecs(
  session: Session,
  files: readonly ForeignFile[],
  specs: readonly WrittenSpec[],
  options: { zone: string; names?: ReadonlyMap<string, string> | undefined },
): Promise<ImportProof> {
  const loader = await bootUnitLoader();
  try {
    const target = { ...debian12, systemd: await loader.version() };
    const { zone, names } = options;
    const proof = await proveImport(files, specs, { target, zone, ...(names ? { names } : {}) }, loader);
    if (!session.out.json) session.out.note(sayProof(proof));
    return proof;
  } finally {
    await loader.close();
  }
}

/** Did every unit turn out to be the same? Nothing to compare is no proof either. */
export function isProven({ units }: ImportProof): boolean {
  return units.length > 0 && units.every(isEquivalent);
}

function sayProof(proof: ImportProof): string {
  if (proof.units.length === 0) return "Nothing is proven: none of the specs has a unit of these files.";
  return describeProof(proof);
}
