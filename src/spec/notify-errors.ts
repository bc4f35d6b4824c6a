import type { Diagnostic } from "../report/diagnostic.ts";
import type { ChannelSpec } from "./channel-schema.ts";
import { nearest } from "./nearest.ts";
import type { Spec } from "./spec.ts";
import type { Path } from "./tree.ts";

/** A mistake at a place of the spec. */
export function notifyError(
  spec: Spec,
  path: Path,
  code: string,
  summary: string,
  fix: string,
  detail?: string,
  what: "value" | "key" = "value",
): Diagnostic {
  const at = spec.placeOf(path, what);
  return { severity: "error", code, summary, at, fix, ...(detail ? { detail } : {}) };
}

/** Names must be of something that is declared. */
export function unknownTarget(
  spec: Spec,
  at: Path,
  name: string,
  known: readonly string[],
  what: string,
  written: "value" | "key" = "value",
): Diagnostic[] {
  if (known.includes(name)) return [];
  const near = nearest(name, known);
  return [
    notifyError(
      spec,
      at,
      "spec/unknown-target",
      `Cannot find the ${what} "${name}" in notify`,
      near ?? (known.length === 0 ? "declare it" : "declare it, or name one of those"),
      known.length === 0 ? "there are none" : `there are ${known.join(", ")}`,
      written,
    ),
  ];
}

/** Hours must be declared. */
export function unknownWindow(spec: Spec, at: Path, window: string, whose: string): Diagnostic[] {
  const known = Object.keys(spec.windows ?? {});
  if (known.includes(window)) return [];
  const near = nearest(window, known);
  return [
    notifyError(
      spec,
      at,
      "spec/unknown-window",
      `Cannot find the window "${window}" that ${whose} goes by`,
      near ?? `declare it at the top: windows: { ${window}: { days: Mon..Fri, hours: 09:00..17:00 } }`,
      known.length === 0 ? "the file declares no windows" : `there are ${known.join(", ")}`,
    ),
  ];
}

/** Can only be used with an address of a contact. */
export function lacksAddress({ email, telegram }: ChannelSpec): boolean {
  return (
    (email !== undefined && (email.to ?? []).length === 0) ||
    (telegram !== undefined && telegram.chat === undefined)
  );
}
