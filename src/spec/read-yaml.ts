import {
  constructFromEvents,
  CORE_SCHEMA,
  defineMappingTag,
  EVENT_ID,
  parseEvents,
  YAMLException,
} from "js-yaml";
import type { Event } from "js-yaml";
import type { Diagnostic } from "../report/diagnostic.ts";
import { placeFinder, type PlaceFinder } from "./place-finder.ts";
import { emptyFile, refuseText } from "./refuse-text.ts";
import type { SpecNode } from "./tree.ts";
import { YamlTree } from "./yaml-tree.ts";

const maxDepth = 32;
const maxNodes = 100_000;

// Pairs instead of an object: the tree looks for duplicates itself, and then it can show both places.
const pairs = defineMappingTag("tag:yaml.org,2002:map", {
  create: (): [unknown, unknown][] => [],
  addPair: (all, key, value) => {
    all.push([key, value]);
    return "";
  },
  has: () => false,
  keys: (all) => all.map(([key]) => key),
  get: (all, key) => all.find((pair) => pair[0] === key)?.[1],
  identify: () => false,
});
const schema = CORE_SCHEMA.withTags(pairs);

/** The nodes of a text, with `at` to turn their spans into places; or why there are none. */
export type YamlResult =
  | { root: SpecNode; at: PlaceFinder }
  | { root: null; diagnostics: readonly Diagnostic[] };

/** Reads YAML 1.2 text into nodes that know their place. Refuses, with a reason, what no honest spec contains. */
export function readYaml(text: string, file: string): YamlResult {
  const refusal = refuseText(text, file);
  if (refusal) return { root: null, diagnostics: [refusal] };
  const at = placeFinder(text, file);
  const refuse = (code: string, summary: string, start: number, fix: string): YamlResult => ({
    root: null,
    diagnostics: [{ severity: "error", code, summary, at: at({ start, end: start + 1 }), fix }],
  });
  try {
    const events = parseEvents(text, { maxDepth });
    const starts = documentStarts(events);
    if (starts.length === 0) return { root: null, diagnostics: [emptyFile(text, file, "has only comments")] };
    if (starts.length > 1) {
      return refuse(
        "spec/two-documents",
        `Cannot read ${file}: a second document begins here, and a spec is one`,
        starts[1]! < 0 ? text.lastIndexOf("---") : starts[1]!,
        "remove the line --- between them, or make two files",
      );
    }
    const tree = new YamlTree(text, events, at);
    const root = tree.build(constructFromEvents(events, { source: text, schema })[0]);
    if (tree.diagnostics.length > 0) return { root: null, diagnostics: tree.diagnostics };
    if (root.size > maxNodes) {
      return refuse(
        "spec/too-many-values",
        `Cannot read ${file}: its anchors expand to more than ${maxNodes} values`,
        0,
        "write the repeated part once, or less often",
      );
    }
    return { root, at };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return refuse(...yamlTrouble(error.reason, file), error.mark?.position ?? 0, yamlFix(error.reason));
  }
}

/** Offset of the first value of each document; below 0 when nothing is written in it. */
function documentStarts(events: readonly Event[]): number[] {
  return events.flatMap((event, index) => {
    if (event.type !== EVENT_ID.DOCUMENT) return [];
    const first = events[index + 1];
    return [first && "start" in first ? first.start : first && "valueStart" in first ? first.valueStart : 0];
  });
}

function yamlTrouble(reason: string, file: string): [code: string, summary: string] {
  return reason.includes("maxDepth")
    ? ["spec/too-deep", `Cannot read ${file}: it nests deeper than ${maxDepth} levels`]
    : ["spec/bad-yaml", `Cannot read ${file} as YAML: ${reason}`];
}

function yamlFix(reason: string): string {
  if (reason.includes("maxDepth"))
    return "nothing in a spec nests this deeply: look for a stray bracket or indentation";
  if (reason.includes("indentation"))
    return 'check the indentation, and put quotes around a value that contains ": "';
  if (reason.startsWith("unknown") && reason.includes("tag")) return "remove the tag, which begins with !";
  if (reason.startsWith("unidentified alias"))
    return "put quotes around a value that begins with *, or define the anchor before it";
  return "check quotes, brackets and indentation here";
}
