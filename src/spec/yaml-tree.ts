import { EVENT_ID, getScalarValue, type Event } from "js-yaml";
import type { Diagnostic } from "../report/diagnostic.ts";
import type { PlaceFinder } from "./place-finder.ts";
import type { MapEntry, Span, SpecNode } from "./tree.ts";

type ScalarEvent = Extract<Event, { type: typeof EVENT_ID.SCALAR }>;

// The schema library passes over these names, so a service of such a name would vanish without a word.
const reservedNames = new Set(["__proto__", "constructor", "prototype"]);

/** Walks the parser's events beside the loaded value: events know places, the value knows types. Maps come as lists of pairs. */
export class YamlTree {
  readonly diagnostics: Diagnostic[] = [];
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
    return this.node(plain, { start: 0, end: 1 });
  }

  /** `above` is the place for a value of which nothing is written. */
  private node(plain: unknown, above: Span): SpecNode {
    const event = this.events[this.next++]!;
    if (event.type === EVENT_ID.ALIAS) return this.alias(event.anchorStart, event.anchorEnd);
    const node =
      event.type === EVENT_ID.SCALAR
        ? this.scalar(event, plain, above)
        : event.type === EVENT_ID.SEQUENCE
          ? this.list(event.start, plain as unknown[])
          : this.map((event as { start: number }).start, plain as [unknown, unknown][]);
    this.remember(event, node);
    return node;
  }

  private alias(start: number, end: number): SpecNode {
    const node = this.anchors.get(this.text.slice(start, end));
    if (node) return node;
    this.refuse(
      "spec/alias-in-itself",
      `Cannot use "*${this.text.slice(start, end)}" inside the value that it names`,
      { start, end },
      "remove it, or move the anchor",
    );
    return { kind: "scalar", value: null, at: { start, end }, size: 1 };
  }

  private remember(event: Event, node: SpecNode): void {
    if ("anchorStart" in event && event.anchorStart >= 0)
      this.anchors.set(this.text.slice(event.anchorStart, event.anchorEnd), node);
  }

  private scalar(event: ScalarEvent, plain: unknown, above: Span): SpecNode {
    const written = getScalarValue(this.text, event);
    const value = plain as string | number | boolean | null;
    // 1.10, 0x1F and True stay the text that was written: only values that print as they were written change type.
    const kept = value !== null && typeof value !== "string" && String(value) !== written ? written : value;
    const at = event.valueStart < 0 ? above : { start: event.valueStart, end: event.valueEnd };
    return { kind: "scalar", value: kept, at, size: 1 };
  }

  private list(start: number, plain: readonly unknown[]): SpecNode {
    const items: SpecNode[] = [];
    const at = { start, end: start + 1 };
    let size = 1;
    while (this.events[this.next]!.type !== EVENT_ID.POP) {
      const item = this.node(plain[items.length], at);
      size += item.size;
      items.push(item);
    }
    this.next++;
    return { kind: "list", items, at, size };
  }

  private map(start: number, plain: readonly [unknown, unknown][]): SpecNode {
    const entries = new Map<string, MapEntry>();
    const at = { start, end: start + 1 };
    let size = 1;
    for (const [plainKey, value] of plain) {
      const { name, keyAt } = this.key(plainKey, at);
      const node = this.node(value, keyAt);
      size += node.size;
      const earlier = entries.get(name);
      if (earlier) this.refuseDuplicate(name, earlier.keyAt, keyAt);
      else if (reservedNames.has(name)) {
        this.refuse(
          "spec/reserved-name",
          `Cannot use the name "${name}": it is reserved`,
          keyAt,
          "rename it",
        );
      }
      entries.set(name, { keyAt, node });
    }
    this.next++;
    return { kind: "map", entries, at, size };
  }

  private key(plain: unknown, above: Span): { name: string; keyAt: Span } {
    const event = this.events[this.next]!;
    if (event.type !== EVENT_ID.SCALAR) {
      const start = "start" in event ? event.start : "anchorStart" in event ? event.anchorStart : 0;
      const keyAt = { start, end: start + 1 };
      this.refuse(
        "spec/bad-key",
        "Cannot use a list, a map or an alias as a key",
        keyAt,
        "write a plain name",
      );
      this.node(plain, keyAt);
      return { name: `\0${start}`, keyAt };
    }
    this.next++;
    const keyAt = event.valueStart < 0 ? above : { start: event.valueStart, end: event.valueEnd };
    const name = getScalarValue(this.text, event);
    this.remember(event, { kind: "scalar", value: name, at: keyAt, size: 1 });
    return { name, keyAt };
  }

  private refuseDuplicate(name: string, first: Span, second: Span): void {
    this.diagnostics.push({
      severity: "error",
      code: "spec/duplicate-key",
      summary: `Cannot use the key "${name}" twice`,
      at: this.at(second),
      related: [{ at: this.at(first), note: "it stands here already" }],
      fix: "keep one of the two",
    });
  }

  private refuse(code: string, summary: string, at: Span, fix: string): void {
    this.diagnostics.push({ severity: "error", code, summary, at: this.at(at), fix });
  }
}
