import type { Place } from "../report/diagnostic.ts";

/** A YAML value that knows where it stands. `size` counts the nodes below it with aliases expanded. */
export type SpecNode =
  | { kind: "scalar"; value: string | number | boolean | null; at: Place; size: number }
  | { kind: "list"; items: readonly SpecNode[]; at: Place; size: number }
  | { kind: "map"; entries: ReadonlyMap<string, MapEntry>; at: Place; size: number };

export type MapEntry = { keyAt: Place; node: SpecNode };

export type Path = readonly (string | number)[];

export function toPlain(node: SpecNode): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(toPlain);
  // Without a prototype, so that a key named __proto__ or constructor is data like any other.
  const plain: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [key, entry] of node.entries) plain[key] = toPlain(entry.node);
  return plain;
}

/** Place of the value at a path; of its nearest ancestor when the path leads nowhere. */
export function placeOf(root: SpecNode, path: Path, what: "value" | "key" = "value"): Place {
  let node = root;
  let place = root.at;
  for (const [index, step] of path.entries()) {
    if (node.kind === "map" && typeof step === "string") {
      const entry = node.entries.get(step);
      if (!entry) return place;
      const last = index === path.length - 1;
      place = last && what === "key" ? entry.keyAt : entry.node.at;
      node = entry.node;
    } else if (node.kind === "list" && typeof step === "number" && node.items[step]) {
      node = node.items[step];
      place = node.at;
    } else return place;
  }
  return place;
}

/** Lays an environment over the base: maps merge key by key, everything else is replaced. Places stay those of whoever wrote the value. */
export function overlay(base: SpecNode, above: SpecNode): SpecNode {
  if (base.kind !== "map" || above.kind !== "map") return above;
  const entries = new Map(base.entries);
  for (const [key, entry] of above.entries) {
    const below = entries.get(key);
    entries.set(key, below ? { keyAt: entry.keyAt, node: overlay(below.node, entry.node) } : entry);
  }
  return { kind: "map", entries, at: base.at, size: base.size + above.size };
}

/** The same map without one key. */
export function without(node: SpecNode, key: string): SpecNode {
  if (node.kind !== "map") return node;
  const entries = new Map(node.entries);
  entries.delete(key);
  return { ...node, entries };
}
