import { CORE_SCHEMA, EVENT_ID, YAMLException, getScalarValue, load, parseEvents, type Event } from "js-yaml";
import type { Diagnostic, Place } from "../report/diagnostic.ts";
import type { MapEntry, SpecNode } from "./tree.ts";

const maxBytes = 1024 * 1024;
const maxDepth = 32;
const maxNodes = 100_000;

export type YamlResult = { root: SpecNode | null; diagnostics: readonly Diagnostic[] };

/** Reads YAML 1.2 text into nodes that know their place. Refuses, with a reason, what no honest spec contains. */
export function readYaml(text: string, file: string): YamlResult {
  const at = placeFinder(text, file);
  const refuse = (code: string, summary: string, start: number, fix: string): YamlResult => ({
    root: null,
    diagnostics: [{ severity: "error", code, summary, at: at(start, start + 1), fix }],
  });

  if (Buffer.byteLength(text) > maxBytes) {
    return refuse(
      "spec/too-big",
      `Cannot read ${file}: it is larger than 1 MiB`,
      0,
      "give holdfast the application's own spec, not data",
    );
  }
  // Control characters cannot stand in YAML (1.2, section 5.1); a file with them is not text. U+FFFD is what invalid UTF-8 was read as.
  // oxlint-disable-next-line no-control-regex
  const binary = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]/.exec(text);
  if (binary)
    return refuse(
      "spec/not-text",
      `Cannot read ${file}: it is not a text file in UTF-8`,
      binary.index,
      "save it as UTF-8 text",
    );
  if (text.trim() === "") {
    return refuse("spec/empty", `Cannot read ${file}: it is empty`, 0, "run: holdfast init");
  }
  const tab = /^ *\t/m.exec(text);
  if (tab) {
    const start = tab.index + tab[0].length - 1;
    return refuse(
      "spec/tab",
      "Cannot use a tab for indentation: YAML allows only spaces",
      start,
      "replace the tab by spaces",
    );
  }
  try {
    const plain = load(text, { schema: CORE_SCHEMA, maxDepth });
    const events = parseEvents(text, { maxDepth });
    const root = new TreeBuilder(text, events, at).build(plain);
    if (root.size > maxNodes) {
      return refuse(
        "spec/too-many-values",
        `Cannot read ${file}: its anchors expand to more than ${maxNodes} values`,
        0,
        "write the repeated part once, or less often",
      );
    }
    return { root, diagnostics: [] };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const start = error.mark?.position ?? 0;
    return refuse(
      "spec/bad-yaml",
      `Cannot read ${file} as YAML: ${error.reason}`,
      start,
      yamlFix(error.reason),
    );
  }
}

function yamlFix(reason: string): string {
  if (reason.startsWith("duplicated mapping key")) return "keep one of the two keys";
  if (reason.includes("depth"))
    return "nothing in a spec nests this deeply: look for a stray bracket or indentation";
  if (reason.includes("indentation"))
    return 'check the indentation, and put quotes around a value that contains ": "';
  return "check quotes, brackets and indentation here";
}

type PlaceFinder = (start: number, end: number) => Place;

function placeFinder(text: string, file: string): PlaceFinder {
  const lineStarts = [0];
  for (let i = text.indexOf("\n"); i !== -1; i = text.indexOf("\n", i + 1)) lineStarts.push(i + 1);
  return (start, end) => {
    let low = 0;
    for (let high = lineStarts.length; high - low > 1;) {
      const middle = (low + high) >> 1;
      if (lineStarts[middle]! <= start) low = middle;
      else high = middle;
    }
    return { file, line: low + 1, column: start - lineStarts[low]! + 1, length: Math.max(1, end - start) };
  };
}

/** Walks the parser's events beside the loaded value: events know places, the value knows types. */
class TreeBuilder {
  private next = 0;
  private readonly anchors = new Map<string, SpecNode>();

  private readonly text: string;
  private readonly events: readonly Event[];
  private readonly at: PlaceFinder;

  constructor(text: string, events: readonly Event[], at: PlaceFinder) {
    this.text = text;
    this.events = events;
    this.at = at;
  }

  build(plain: unknown): SpecNode {
    this.next = 1; // the first event opens the document
    return this.node(plain);
  }

  private node(plain: unknown): SpecNode {
    const event = this.events[this.next++]!;
    if (event.type === EVENT_ID.ALIAS) {
      return this.anchors.get(this.text.slice(event.anchorStart, event.anchorEnd))!;
    }
    const node =
      event.type === EVENT_ID.SCALAR
        ? this.scalar(event, plain)
        : event.type === EVENT_ID.SEQUENCE
          ? this.list(event.start, plain as unknown[])
          : this.map((event as { start: number }).start, plain as Record<string, unknown>);
    if ("anchorStart" in event && event.anchorStart >= 0) {
      this.anchors.set(this.text.slice(event.anchorStart, event.anchorEnd), node);
    }
    return node;
  }

  private scalar(event: Extract<Event, { type: typeof EVENT_ID.SCALAR }>, plain: unknown): SpecNode {
    const written = getScalarValue(this.text, event);
    const value = plain as string | number | boolean | null;
    // 1.10, 0x1F and True stay the text that was written: only values that print as they were written change type.
    const kept = value !== null && typeof value !== "string" && String(value) !== written ? written : value;
    return { kind: "scalar", value: kept, at: this.at(event.valueStart, event.valueEnd), size: 1 };
  }

  private list(start: number, plain: readonly unknown[]): SpecNode {
    const items: SpecNode[] = [];
    let size = 1;
    while (this.events[this.next]!.type !== EVENT_ID.POP) {
      const item = this.node(plain[items.length]);
      size += item.size;
      items.push(item);
    }
    this.next++;
    return { kind: "list", items, at: this.at(start, start + 1), size };
  }

  private map(start: number, plain: Record<string, unknown>): SpecNode {
    const entries = new Map<string, MapEntry>();
    let size = 1;
    while (this.events[this.next]!.type !== EVENT_ID.POP) {
      const key = this.events[this.next]!;
      if (key.type !== EVENT_ID.SCALAR) throw new YAMLException("a key must be plain text", undefined);
      this.next++;
      const name = getScalarValue(this.text, key);
      const node = this.node(plain[name]);
      size += node.size;
      entries.set(name, { keyAt: this.at(key.valueStart, key.valueEnd), node });
    }
    this.next++;
    return { kind: "map", entries, at: this.at(start, start + 1), size };
  }
}
