import { comment, commented, yamlText } from "./yaml-lines.ts";

/** What a value of a spec can be. */
export type SpecData = string | number | boolean | readonly SpecData[] | { readonly [key: string]: SpecData };

/** One value of a spec by its path, such as ["restart", "delay"], with the reason for it. */
export type Key = {
  key: readonly string[];
  value: SpecData;
  why?: string | undefined;
  /** What else there is to say of it: comments above its line. */
  above?: readonly string[] | undefined;
  /** Where it stood in what the spec is made from. */
  at?: { file: string; line: number; column: number; length: number } | undefined;
};

/** A line of a spec, and the key it was written for. */
export type KeyLine = { line: string; key?: Key | undefined };

type Node = {
  why: string;
  /** The key that it stems from, and whether it is the key itself or a part of its value. */
  from?: Key;
  isIts?: boolean;
  value?: SpecData;
  children?: Map<string, Node>;
};

const widest = 118;

/** Services or jobs, each with a name and lines of its own. */
export function writePrograms(
  kind: "services" | "jobs",
  programs: readonly { name: string; lines: readonly KeyLine[] }[],
): KeyLine[] {
  if (programs.length === 0) return [];
  return [
    { line: "" },
    { line: `${kind}:` },
    ...programs.flatMap(({ name, lines: own }, index) => [
      ...(index === 0 ? [] : [{ line: "" }]),
      { line: `  ${yamlText(name, "flow")}:` },
      ...own,
    ]),
  ];
}

/** Writes keys as YAML, in order; keys with a common beginning stand together. A map without reasons is written in one line. */
export function writeKeys(indent: string, keys: readonly Key[]): KeyLine[] {
  const root: Node = { why: "", children: new Map() };
  for (const key of keys) insert(root, key);
  return children(indent, root);
}

function insert(root: Node, from: Key): void {
  let node = root;
  for (const step of from.key) {
    node.children ??= new Map();
    delete node.value;
    const next: Node = node.children.get(step) ?? { why: "" };
    node.children.set(step, next);
    node = next;
  }
  node.from = from;
  node.isIts = true;
  if (from.why !== undefined) node.why = from.why;
  fill(node, from.value, from);
}

function fill(node: Node, value: SpecData, from: Key): void {
  if (!isMap(value) || Object.keys(value).length === 0) {
    node.value = value;
    return;
  }
  node.children ??= new Map();
  for (const [name, inner] of Object.entries(value)) {
    const child: Node = node.children.get(name) ?? { why: "", from };
    node.children.set(name, child);
    fill(child, inner, from);
  }
}

function children(indent: string, node: Node): KeyLine[] {
  return [...(node.children ?? [])].flatMap(([name, child]) => lines(indent, name, child));
}

function lines(indent: string, name: string, node: Node): KeyLine[] {
  const above = aboveOf(node).flatMap((text) => comment(indent, text));
  return [...above.map((line) => ({ line, key: node.from })), ...linesOf(indent, name, node)];
}

function linesOf(indent: string, name: string, node: Node): KeyLine[] {
  const head = `${indent}${yamlText(name, "flow")}:`;
  const flow = oneLine(node);
  if (flow !== null && head.length + 1 + flow.length <= widest) return said(`${head} ${flow}`, node);
  if (node.children) return [...said(head, node), ...children(`${indent}  `, node)];
  if (Array.isArray(node.value)) {
    const items = (node.value as readonly SpecData[]).map(
      (item) => `${indent}  - ${flowText(item, "block")}`,
    );
    return [...said(head, node), ...items.map((line) => ({ line, key: node.from }))];
  }
  return said(`${head} ${flow ?? ""}`, node);
}

function said(line: string, { why, from }: Node): KeyLine[] {
  const text = why === "" ? [line] : beside(line, why);
  return text.map((part) => ({ line: part, key: from }));
}

function beside(line: string, why: string): string[] {
  const indent = /^ */.exec(line)![0];
  // A line that fills the page has its reason above it.
  return line.length > widest ? [...comment(indent, why), line] : commented(line, why);
}

/** null where something inside has a reason of its own, which needs a line of its own. */
function oneLine(node: Node): string | null {
  if (!node.children) return flowText(node.value ?? {}, "block");
  const parts: string[] = [];
  for (const [name, child] of node.children) {
    const inner = child.why === "" && aboveOf(child).length === 0 ? inFlow(child) : null;
    if (inner === null) return null;
    parts.push(`${yamlText(name, "flow")}: ${inner}`);
  }
  return `{ ${parts.join(", ")} }`;
}

function inFlow(node: Node): string | null {
  return node.children ? oneLine(node) : flowText(node.value ?? {}, "flow");
}

function flowText(value: SpecData, inside: "block" | "flow"): string {
  if (typeof value === "string") return yamlText(value, inside);
  if (typeof value !== "object") return String(value);
  if (isMap(value)) {
    const pairs = Object.entries(value).map(([k, v]) => `${yamlText(k, "flow")}: ${flowText(v, "flow")}`);
    return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
  }
  return `[${value.map((item) => flowText(item, "flow")).join(", ")}]`;
}

/** Of the key that the node was made for, and not again for what is in its value. */
function aboveOf({ from, isIts }: Node): readonly string[] {
  return (isIts && from?.above) || [];
}

function isMap(value: SpecData): value is { readonly [key: string]: SpecData } {
  return typeof value === "object" && !Array.isArray(value);
}
