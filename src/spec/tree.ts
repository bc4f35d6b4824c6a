/** Where something stands, in offsets of the text: lines are counted only for the few places that are shown. */
export type Span = { readonly start: number; readonly end: number };

/** A YAML value that knows where it stands. `size` counts the nodes below it with aliases expanded. */
export type SpecNode =
  | { kind: "scalar"; value: string | number | boolean | null; at: Span; size: number }
  | { kind: "list"; items: readonly SpecNode[]; at: Span; size: number }
  | { kind: "map"; entries: ReadonlyMap<string, MapEntry>; at: Span; size: number };

export type MapEntry = { keyAt: Span; node: SpecNode };

export type Path = readonly (string | number)[];

export function toPlain(node: SpecNode): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(toPlain);
  // Without a prototype, so that a key named __proto__ or constructor is data like any other.
  const plain: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [key, entry] of node.entries) plain[key] = toPlain(entry.node);
  return plain;
}

/** The node at a path, if there is one. */
export function nodeAt(root: SpecNode, path: Path): SpecNode | undefined {
  let node: SpecNode | undefined = root;
  for (const step of path) {
    if (node?.kind === "map") node = node.entries.get(String(step))?.node;
    else node = node?.kind === "list" && typeof step === "number" ? node.items[step] : undefined;
  }
  return node;
}

/** Span of the value at a path; of its nearest ancestor when the path leads nowhere. */
export function spanOf(root: SpecNode, path: Path, what: "value" | "key" = "value"): Span {
  let node = root;
  let span = root.at;
  for (const [index, step] of path.entries()) {
    if (node.kind === "map" && typeof step === "string") {
      const entry = node.entries.get(step);
      if (!entry) return span;
      const last = index === path.length - 1;
      span = last && what === "key" ? entry.keyAt : entry.node.at;
      node = entry.node;
    } else if (node.kind === "list" && typeof step === "number" && node.items[step]) {
      node = node.items[step];
      span = node.at;
    } else return span;
  }
  return span;
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

/** The same map with no other key. */
export function only(node: SpecNode, key: string): SpecNode {
  if (node.kind !== "map") return node;
  return { ...node, entries: new Map([...node.entries].filter(([name]) => name === key)) };
}

/** The same map without one key. */
export function without(node: SpecNode, key: string): SpecNode {
  if (node.kind !== "map") return node;
  const entries = new Map(node.entries);
  entries.delete(key);
  return { ...node, entries };
}
