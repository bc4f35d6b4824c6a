import type { Place } from "../report/diagnostic.ts";
import type { UnitName } from "../value/unit-name.ts";

/** Where a directive comes from: a line of the spec, or a rule of Holdfast in words. */
export type Because = { at: Place } | { rule: string };

export type Directive = {
  section: string;
  key: string;
  value: string;
  because: Because;
  /** It stands in the spec just so, in whatever spelling of systemd's. */
  asWritten?: true;
};

export type ArtifactKind = "unit" | "apparmor" | "sysusers" | "tmpfiles" | "journald" | "watch" | "tell";

/** One file that Holdfast writes to a host, with its exact text. */
export type Artifact = {
  kind: ArtifactKind;
  path: string;
  mode: number;
  text: string;
  /** Set for units. */
  unit?: UnitName;
  /** The service of the spec that the unit runs. */
  service?: string;
  /** Every application that needs it writes the same text; it goes with the last of them. */
  shared?: boolean;
  directives: readonly Directive[];
};

/** First line of every file that Holdfast writes; a file without it is never overwritten or removed. */
export function ownershipMarker(app: string): string {
  return `# Written by Holdfast for the application "${app}". Change holdfast.yaml and run "holdfast apply" instead of editing this file.`;
}

/** First line of a file that several applications of a host share. */
export const hostMarker =
  '# Written by Holdfast for this host. "holdfast apply" writes it again; it goes with the last application that needs it.';

export function isOwnedBy(app: string, text: string): boolean {
  return text.startsWith(ownershipMarker(app)) || text.startsWith(hostMarker);
}

/** The text of an ini-style file: directives keep their order within a section, sections come in the order given. */
export function formatIni(
  header: readonly string[],
  sections: readonly string[],
  directives: readonly Directive[],
): string {
  const blocks = sections.flatMap((section) => {
    const lines = directives.filter((d) => d.section === section).map((d) => `${d.key}=${d.value}`);
    return lines.length === 0 ? [] : [`[${section}]\n${lines.join("\n")}\n`];
  });
  return `${header.join("\n")}\n\n${blocks.join("\n")}`;
}
