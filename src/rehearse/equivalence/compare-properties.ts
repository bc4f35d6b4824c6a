import type { Properties, PropertyValue } from "../../host/host.ts";
import { isOfOneMoment } from "./moment-properties.ts";

/** One property with another value than before. Elements are told apart for lists, whose members each may have another reason. */
export type PropertyChange = {
  property: string;
  before: PropertyValue;
  after: PropertyValue;
  /** Members of a list that came and went; null for what is no list, and for a list that only has another order. */
  added: readonly string[] | null;
  removed: readonly string[] | null;
};

export type Comparison = { compared: number; changes: readonly PropertyChange[] };

/**
 * Compares every property of a unit as systemd answers it with those of another load. Pure. What tells of a moment is left
 * out, in whole or, as the time of the last run behind each command, in part.
 */
export function compareProperties(before: Properties, after: Properties): Comparison {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => !isOfOneMoment(name),
  );
  return {
    compared: names.length,
    changes: names.flatMap((property) => {
      const change = changeOf(
        property,
        lasting(property, before[property]),
        lasting(property, after[property]),
      );
      return change === null ? [] : [change];
    }),
  };
}

function changeOf(property: string, before: PropertyValue, after: PropertyValue): PropertyChange | null {
  if (!Array.isArray(before) || !Array.isArray(after) || !isListOfLikes(before, after))
    return valueText(before) === valueText(after)
      ? null
      : { property, before, after, added: null, removed: null };
  const [old, fresh] = [before.map(memberText), after.map(memberText)];
  const [had, has] = [new Set(old), new Set(fresh)];
  const added = fresh.filter((text) => !had.has(text));
  const removed = old.filter((text) => !has.has(text));
  const inOrder =
    isSet(property) ||
    same(
      old.filter((text) => has.has(text)),
      fresh.filter((text) => had.has(text)),
    );
  if (!inOrder) return { property, before, after, added: null, removed: null };
  return added.length + removed.length === 0 ? null : { property, before, after, added, removed };
}

/** Many structures are arrays, too: a list has members of one kind. */
function isListOfLikes(before: readonly PropertyValue[], after: readonly PropertyValue[]): boolean {
  const all = [...before, ...after];
  return all.every((one) => typeof one === "string") || all.every((one) => Array.isArray(one));
}

function memberText(value: PropertyValue): string {
  return typeof value === "string" ? value : valueText([value]);
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}

/** Lists without an order of their own, whose members may be said twice: relations to other units, names, paths, credentials. */
function isSet(property: string): boolean {
  return (
    unitSets.has(property) ||
    /(?:Of|By|From)$/.test(property) ||
    /^(ReadWrite|ReadOnly|Inaccessible|Exec|NoExec)Paths$/.test(property) ||
    /^(Load|Set|Import)Credential/.test(property) ||
    /^(Requires|Wants|Upholds|BindsTo|PartOf|Conflicts|Triggers|Propagates\w+To)$/.test(property)
  );
}

const unitSets: ReadonlySet<string> = new Set([
  "Names",
  "Before",
  "After",
  "Requisite",
  "OnSuccess",
  "OnFailure",
  "RequiresMountsFor",
  "WantsMountsFor",
  "CanClean",
  "DropInPaths",
  "SupplementaryGroups",
  "Conditions",
  "Asserts",
]);

/** A value without its parts that tell of a moment: when a command last ran and how, when a time comes next, what a condition found. */
function lasting(property: string, value: PropertyValue | undefined): PropertyValue {
  if (value === undefined) return "";
  if (!Array.isArray(value)) return value;
  const first = (count: number) =>
    (value as readonly (readonly PropertyValue[])[]).map((entry) => entry.slice(0, count));
  if (/^Exec[A-Z]\w*$/.test(property) && value.every((entry) => Array.isArray(entry) && entry.length === 10))
    return first(3);
  if (property === "TimersCalendar" || property === "TimersMonotonic") return first(2);
  if (property === "Conditions" || property === "Asserts") return first(4);
  return value;
}

/** A property's value as a line of text, for comparing and for people. */
export function valueText(value: PropertyValue): string {
  if (typeof value === "bigint" || typeof value === "number")
    return BigInt(value) === infinity ? "infinity" : String(value);
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (!Array.isArray(value))
    return JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? String(one) : one));
  return value
    .map((one) => (Array.isArray(one) ? `{ ${one.map(wordText).join(" ; ")} }` : wordText(one)))
    .join(" ");
}

const infinity = 2n ** 64n - 1n;

function wordText(value: PropertyValue): string {
  const text = valueText(value);
  return text === "" || /[\s;{}"]/.test(text) ? JSON.stringify(text) : text;
}
