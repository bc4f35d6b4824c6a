import type { SpecData } from "../../init/write-keys.ts";
import type { Place } from "../../report/diagnostic.ts";

/** A value of a foreign file that knows its place. `dynamic` is what only running the file would tell. */
export type DataNode =
  | { kind: "scalar"; value: string | number | boolean | null; at: Place }
  | { kind: "list"; items: readonly DataNode[]; at: Place }
  | { kind: "map"; entries: ReadonlyMap<string, DataNode>; at: Place }
  | { kind: "dynamic"; text: string; at: Place };

/** The value of a key, if the node is a map that has it. */
export function entry(node: DataNode | undefined, key: string): DataNode | undefined {
  return node?.kind === "map" ? node.entries.get(key) : undefined;
}

/** A scalar as text; undefined for everything else. */
export function textOf(node: DataNode | undefined): string | undefined {
  return node?.kind === "scalar" && node.value !== null ? String(node.value) : undefined;
}

/** A list, or one value as a list of one. */
export function itemsOf(node: DataNode | undefined): readonly DataNode[] {
  if (node === undefined || (node.kind === "scalar" && node.value === null)) return [];
  return node.kind === "list" ? node.items : [node];
}

/** As plain data; null where a part is not known. */
export function plainOf(node: DataNode): SpecData | null {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "dynamic") return null;
  if (node.kind === "list") {
    const items = node.items.map(plainOf);
    return items.includes(null) ? null : (items as SpecData[]);
  }
  const pairs = [...node.entries].map(([key, inner]) => [key, plainOf(inner)] as const);
  return pairs.some(([, value]) => value === null) ? null : (Object.fromEntries(pairs) as SpecData);
}
