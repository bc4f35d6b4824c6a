import type { CheckKindName, CheckSpec } from "./health-schema.ts";
import type { ServiceSpec } from "./service-schema.ts";
import type { Path } from "./tree.ts";

/** What every check has besides what it looks at. */
type Common = Pick<
  NonNullable<CheckSpec["http"]>,
  | "name"
  | "every"
  | "timeout"
  | "fails"
  | "recovers"
  | "severity"
  | "heals"
  | "dependency"
  | "during"
  | "quick"
>;

/** One check of a service as it stands in the spec. */
export type DeclaredCheck = {
  id: string;
  kind: CheckKindName;
  check: CheckSpec;
  common: Common;
  /** From the service on, such as health, 0, http. */
  path: Path;
};

/** The checks of a service in their order; one without a name is called after its kind, the second of a kind "http-2". */
export function declaredChecks(service: Pick<ServiceSpec, "health">): DeclaredCheck[] {
  const seen = new Map<string, number>();
  return (service.health ?? []).map((check, index): DeclaredCheck => {
    // The schema has made sure that there is one.
    const [kind, common] = Object.entries(check).find(([, one]) => one !== undefined)! as [
      CheckKindName,
      Common,
    ];
    const nth = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, nth);
    const id = common.name ?? (nth === 1 ? kind : `${kind}-${nth}`);
    return { id, kind, check, common, path: ["health", index, kind] };
  });
}

const warnings: readonly CheckKindName[] = ["tls", "sockets", "memory", "cpu", "disk", "clock"];
/** A restart mends none of these. */
const neverHealed: readonly CheckKindName[] = ["tls", "dns", "disk", "sqlite", "clock"];

/** Is its failure the service's, or only worth knowing? */
export function severityOf({ kind, common }: DeclaredCheck): "error" | "warning" {
  return common.severity ?? (warnings.includes(kind) ? "warning" : "error");
}

/** May its failure lead to what heal says? */
export function mayHeal(check: DeclaredCheck): boolean {
  const { kind, common } = check;
  const byItself = severityOf(check) === "error" && common.dependency === undefined;
  return common.heals ?? (byItself && !neverHealed.includes(kind));
}
