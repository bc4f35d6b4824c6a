import type { Directive } from "../compile/artifact.ts";
import { findMismatches, propertiesFor } from "../compile/effective.ts";
import type { Properties, PropertyValue } from "../host/host.ts";
import { canonical } from "../import/units/canonical.ts";
import { directiveIn } from "../unit/directives.ts";
import { readBoolean } from "../unit/read-value.ts";
import type { Settings } from "../unit/settings.ts";
import { hideShapes } from "../value/secret-shapes.ts";
import type { DirectiveChange } from "./directive-change.ts";

/** What systemd has of a unit, and of one that says nothing. */
export type InForce = { inForce: Properties; defaults: Properties };

/**
 * What would be in force otherwise if these directives took the place of a unit's own files. A value that is written in
 * another way, or that only says what systemd has anyhow, is no change. Pure; without properties, texts alone are compared.
 */
export function effectiveChanges(
  original: Settings,
  directives: readonly Directive[],
  systemd: InForce | null,
): DirectiveChange[] {
  const fresh = new Map<string, Directive[]>();
  for (const directive of directives) {
    const id = `${directive.section}.${directive.key}`;
    fresh.set(id, [...(fresh.get(id) ?? []), directive]);
  }
  const ids = new Set([
    ...original.sections.flatMap((section) => original.keys(section).map((key) => `${section}.${key}`)),
    ...fresh.keys(),
  ]);
  return [...ids].flatMap((id): DirectiveChange[] => {
    const [section, key] = id.split(/\.(.*)/s) as [string, string];
    // Links say when it starts; they stay as they are. systemd reads nothing in "X-" sections.
    if (section === "Install" || section.startsWith("X-")) return [];
    const was = original.all(section, key).map(({ value }) => value);
    const is = fresh.get(id) ?? [];
    if (
      sameText(
        section,
        key,
        was,
        is.map(({ value }) => value),
      )
    )
      return [];
    if (systemd !== null && sameInForce(is, key, systemd)) return [];
    const change: DirectiveChange = {
      section,
      key,
      before: was.length === 0 ? null : was.map((value) => shown(key, value)).join("\n"),
      after: is.length === 0 ? null : is.map(({ value }) => value).join("\n"),
    };
    const because = is.at(-1)?.because;
    return [because ? { ...change, because } : change];
  });
}

/** Plans are shown and kept, and other people's units may hold secrets. Only ours are known to hold none. */
function shown(key: string, value: string): string {
  if (key.startsWith("SetCredential")) return value.replace(/:.*$/s, ":[hidden]");
  // With a NUL between them, the word after --password is seen as one, too.
  return hideShapes(value.replaceAll(" ", "\0")).text.replaceAll("\0", " ");
}

/** The property already has the value that is written, or, of a directive that goes, the value that nobody has to write. */
function sameInForce(is: readonly Directive[], key: string, { inForce, defaults }: InForce): boolean {
  const last = is.at(-1);
  const probe: Directive = last ?? { section: "", key, value: "", because: { rule: "" } };
  const names = propertiesFor([probe]);
  const same = (name: string): boolean => text(inForce[name]) === text(defaults[name]);
  if (names.length === 0) {
    // Most properties have the name of their directive.
    return last === undefined && inForce[key] !== undefined && same(key);
  }
  if (names.some((name) => inForce[name] === undefined)) return false;
  if (last === undefined) return names.every(same);
  // What only a running service tells is compared as of one.
  return findMismatches([last], inForce).length === 0;
}

function text(value: PropertyValue | undefined): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? String(one) : one)) ?? "";
}

/** Equal for texts that systemd reads as the same: quotes, several lines instead of one, the order of relations, "true" for "yes". */
function sameText(section: string, key: string, was: readonly string[], is: readonly string[]): boolean {
  if ((was.length === 0) !== (is.length === 0)) return false;
  if (canonical(section, key, was) === canonical(section, key, is)) return true;
  const [old, fresh] = [was, is].map((values) => readBoolean(values.at(-1) ?? ""));
  return old !== null && old === fresh && directiveIn(section, key)?.kind !== "STRING";
}
