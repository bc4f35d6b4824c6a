import type { Diagnostic } from "../../report/diagnostic.ts";
import type { PlaceFinder } from "../../spec/place-finder.ts";
import { readYaml } from "../../spec/read-yaml.ts";
import type { SpecNode } from "../../spec/tree.ts";
import type { DataNode } from "./node.ts";

/** Reads YAML, and with it JSON, of another program: as strictly as a spec, but with merge keys. */
export function readYamlData(
  text: string,
  file: string,
): { node: DataNode } | { node: null; diagnostics: Diagnostic[] } {
  const read = readYaml(text.replace(/^\uFEFF/, ""), file);
  if (read.root === null)
    return {
      node: null,
      diagnostics: read.diagnostics.map((one) => ({ ...one, code: one.code.replace(/^spec\//, "import/") })),
    };
  return { node: toData(read.root, read.at) };
}

function toData(node: SpecNode, at: PlaceFinder): DataNode {
  const place = at(node.at);
  if (node.kind === "scalar") return { kind: "scalar", value: node.value, at: place };
  if (node.kind === "list")
    return { kind: "list", items: node.items.map((item) => toData(item, at)), at: place };
  const entries = new Map<string, DataNode>();
  const merged = node.entries.get("<<")?.node;
  // What is merged in comes first, so that the map's own keys win.
  if (merged)
    for (const one of merged.kind === "list" ? merged.items.toReversed() : [merged])
      if (one.kind === "map")
        for (const [key, inner] of one.entries) entries.set(key, toData(inner.node, at));
  for (const [key, inner] of node.entries) if (key !== "<<") entries.set(key, toData(inner.node, at));
  return { kind: "map", entries, at: place };
}
