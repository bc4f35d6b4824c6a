import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import type { Directive } from "../compile/artifact.ts";
import type { Files } from "../host/host.ts";
import type { UnitName } from "../value/unit-name.ts";
import type { DirectiveChange } from "./directive-change.ts";

/** A file that somebody else wrote and that may be taken over. Its content is not kept in a plan: it may hold secrets. */
export type ForeignFile = { path: string; hash: string };

/** What other hands have written of a unit that the spec declares, and what was taken over of it before. */
export type ForeignUnit = {
  unit: UnitName;
  /** Where the application's own file of this unit stands, or would. */
  path: string;
  /** Its file and its drop-ins in the administrator's directory, where that file is not the application's. */
  files: readonly ForeignFile[];
  /** The file of a package that the application's would hide; null when there is none. */
  hides: string | null;
  /** The same file of a package, while ours hides it; null when there was none, or the package is gone. */
  behind: string | null;
  /** Drop-ins that stand in the administrator's directory now. */
  dropIns: readonly string[];
  /** Paths that have an original kept beside them. */
  kept: readonly string[];
  /** What of the unit would be in force otherwise than it is; null when that cannot be told. */
  changes: readonly DirectiveChange[] | null;
};

/** What has to be known of a unit that was taken over in order to give it back as it was. Stored with the generation. */
export type Adopted = {
  unit: UnitName;
  /** Paths of what was taken over; without the unit's own when a package's file was hidden. */
  files: readonly string[];
  /** The file of a package that ours hides. */
  hides: string | null;
  /** Whether it started at boot, in systemd's words. */
  enabled: string;
  /** What the take-over put in force otherwise than it was; null when that could not be told. */
  changes: readonly DirectiveChange[] | null;
  /** Of the file that took its place. */
  directives: readonly Directive[];
};

const suffix = ".before-holdfast";

/** The name under which an original stays beside its place until it is given back. systemd reads no file with such a name. */
export function keptPath(path: string): string {
  return join(dirname(path), `.${basename(path)}${suffix}`);
}

/** The path that an original in a directory was taken from; null for any other name. */
export function originalPath(directory: string, name: string): string | null {
  return name.startsWith(".") && name.endsWith(suffix)
    ? join(directory, name.slice(1, -suffix.length))
    : null;
}

/** Names what stands at a path without saying what is in it; null for what is neither a file nor a link. */
export async function hashAt(files: Files, path: string): Promise<string | null> {
  const kind = (await files.stat(path))?.kind;
  if (kind !== "file" && kind !== "link") return null;
  const content = kind === "link" ? await files.readLink(path) : await files.read(path);
  return createHash("sha256").update(`${kind}\0${content}`).digest("hex");
}
