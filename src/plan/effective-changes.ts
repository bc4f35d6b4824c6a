import type { Directive } from "../compile/artifact.ts";
import { findMismatches, propertiesFor } from "../compile/effective.ts";
import type { Properties, PropertyValue } from "../host/host.ts";
import { directiveIn } from "../unit/directives.ts";
import { execKeys, literalArguments, parseExecLine } from "../unit/exec-line.ts";
import type { Settings } from "../unit/settings.ts";
import { splitWords } from "../unit/words.ts";
import type { DirectiveChange } from "./plan.ts";

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
      before: was.length === 0 ? null : was.join("\n"),
      after: is.length === 0 ? null : is.map(({ value }) => value).join("\n"),
    };
    const because = is.at(-1)?.because;
    return [because ? { ...change, because } : change];
  });
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

function sameText(section: string, key: string, was: readonly string[], is: readonly string[]): boolean {
  return meaning(section, key, was) === meaning(section, key, is);
}

/** Equal for texts that systemd reads as the same: quotes, several lines instead of one, the order of relations. */
function meaning(section: string, key: string, values: readonly string[]): string {
  if ((execKeys as readonly string[]).includes(key))
    return JSON.stringify(
      values.flatMap((value) =>
        parseExecLine(value).commands.map((command) => [command.prefix, literalArguments(command)]),
      ),
    );
  const kind = directiveIn(section, key)?.kind ?? "";
  if (kind === "BOOLEAN")
    return values.length === 0 ? "" : String(/^(yes|y|true|t|on|1)$/i.test(values.at(-1)!));
  if (key === "Environment")
    return JSON.stringify(values.flatMap((value) => splitWords(value).words.map((word) => word.text)));
  if (kind.startsWith("UNIT"))
    return JSON.stringify(
      values.flatMap((value) => splitWords(value, false).words.map((w) => w.text)).toSorted(),
    );
  return JSON.stringify(values);
}
