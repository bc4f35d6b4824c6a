import { basename, dirname, join, resolve } from "node:path";
import type { UnitSource } from "../host/unit-source.ts";
import type { Diagnostic } from "../report/diagnostic.ts";
import { findDropIns } from "../unit/find-drop-ins.ts";
import { parseUnit } from "../unit/parse-unit.ts";
import type { UnitFile } from "../unit/unit-file.ts";
import { decodeUnit } from "../unit/unit-text.ts";
import { lintUnit, type LintUnit, type UnitScope } from "./lint-unit.ts";

const unitName =
  /^[A-Za-z0-9:_.\\@-]+\.(service|socket|timer|path|mount|automount|swap|slice|scope|target|device)$/;
const dropInFolder = /\.(service|socket|timer|path|mount|automount|swap|slice|scope|target|device)\.d$/;
/** Folders that hold no units, or a great many files of others. */
const passedOver = new Set([".git", "node_modules", "__pycache__", ".venv", "venv"]);
/** Of folders below each other, and of files in all. */
const most = { depth: 12, files: 20_000 };

/** Units that were found, and what could not be read. */
export type Collected = {
  units: LintUnit[];
  /** Files in drop-in folders that systemd does not read, because their name does not end in ".conf". */
  strays: string[];
  diagnostics: Diagnostic[];
};

/**
 * Finds units below paths: a folder with all below it, a unit file with its drop-ins, or a single drop-in. `places` are
 * the host's own (empty when there is no host): drop-ins there count for a unit that lies in one of them.
 */
export class UnitCollector {
  readonly #source: UnitSource;
  readonly #scope: UnitScope;
  readonly #places: readonly string[];
  readonly #units = new Map<string, LintUnit>();
  readonly #strays = new Set<string>();
  readonly #diagnostics: Diagnostic[] = [];
  readonly #visited = new Set<string>();
  #files = 0;

  constructor(source: UnitSource, scope: UnitScope, places: readonly string[] = []) {
    this.#source = source;
    this.#scope = scope;
    this.#places = places;
  }

  /** Adds what is at a path, and says so when it is nothing that systemd reads. */
  add(path: string): void {
    const entry = this.#source.entry(path);
    const real = entry && this.#source.real(path);
    if (!entry) this.#cannot(path, "it does not exist", "check the path");
    else if (real === null && entry.target !== "/dev/null")
      this.#cannot(path, "its link leads nowhere", "mend the link");
    else if (this.#source.list(path) !== null) this.#folder(path, 0);
    else if (unitName.test(basename(path))) this.#unit(path, true);
    else if (dropInFolder.test(dirname(resolve(path))) && path.endsWith(".conf")) this.#lone(path);
    else
      this.#cannot(
        path,
        "its name does not end in .service, .timer or another kind of unit",
        "name a unit file, a drop-in or a folder",
      );
  }

  collected(): Collected {
    return {
      units: [...this.#units.values()],
      strays: [...this.#strays],
      diagnostics: this.#diagnostics,
    };
  }

  #folder(folder: string, depth: number): void {
    const real = this.#source.real(folder);
    if (real === null || this.#visited.has(real) || depth > most.depth) return;
    this.#visited.add(real);
    if (dropInFolder.test(basename(folder))) {
      this.#lonelyDropIns(folder);
      return;
    }
    for (const name of this.#source.list(folder) ?? []) {
      if (this.#files >= most.files) {
        this.#tooMany(folder);
        return;
      }
      const path = join(folder, name);
      const entry = this.#source.entry(path);
      if (entry?.kind === "directory") {
        // Links of other units to what they want are no units of their own.
        if (!passedOver.has(name) && !/\.(wants|requires|upholds)$/.test(name)) this.#folder(path, depth + 1);
      } else if (unitName.test(name) && entry !== null && !this.#isAlias(path, entry.target))
        this.#unit(path);
    }
  }

  /** A link to another unit is that unit under another name; one to /dev/null is a masked unit. */
  #isAlias(path: string, target: string | undefined): boolean {
    if (target === undefined || target === "/dev/null") return false;
    return basename(target) !== basename(path);
  }

  #unit(path: string, asked = false): void {
    const place = dirname(path);
    const name = basename(path);
    if (this.#units.has(path)) return;
    this.#files += 1;
    const other = this.#otherFormat(path);
    if (other !== null) {
      // Among other files it is nothing to us; somebody who names it should know.
      if (asked) this.#cannot(path, `it is ${other}, and no unit`, "name a unit file");
      return;
    }
    const masked = this.#source.real(path) === "/dev/null";
    const fragment = masked ? parseUnit(path, "") : this.#read(path);
    if (!fragment) return;
    const ours = this.#places.includes(place) ? this.#places : [place];
    const dropIns = findDropIns(name, ours, (folder) => this.#listDropIns(folder)).flatMap(
      (file) => this.#read(file) ?? [],
    );
    this.#units.set(
      path,
      lintUnit(name, this.#scope, [fragment, ...dropIns], masked || fragment.text === ""),
    );
  }

  /** Other programs have files that end in .service, too. */
  #otherFormat(path: string): string | null {
    const read = this.#source.read(path);
    if ("trouble" in read) return null;
    const head = read.bytes
      .subarray(0, 4096)
      .toString("latin1")
      .replace(/^\s*([#;].*\s*)*/, "");
    if (head.startsWith("[D-BUS Service]")) return "a file for activation by D-Bus";
    return head.startsWith("<") ? "XML" : null;
  }

  #listDropIns(folder: string): readonly string[] {
    const names = this.#source.list(folder) ?? [];
    for (const name of names) if (!name.endsWith(".conf")) this.#strays.add(join(folder, name));
    return names;
  }

  /** Drop-ins for a unit that is not beside them: a package's, or the host's. */
  #lonelyDropIns(folder: string): void {
    const unit = basename(folder).slice(0, -2);
    if (this.#source.entry(join(dirname(folder), unit)) !== null) return;
    for (const name of this.#listDropIns(folder)) if (name.endsWith(".conf")) this.#lone(join(folder, name));
  }

  #lone(path: string): void {
    const unit = basename(dirname(path)).slice(0, -2);
    if (this.#units.has(path)) return;
    const file = this.#read(path);
    if (file) this.#units.set(path, { ...lintUnit(unit, this.#scope, [file]), partial: true });
  }

  #read(path: string): UnitFile | null {
    const read = this.#source.read(path);
    if ("trouble" in read) {
      this.#cannot(path, read.trouble, "check the file");
      return null;
    }
    if (looksBinary(read.bytes)) {
      this.#cannot(path, "it is no text", "put the text of a unit there");
      return null;
    }
    return parseUnit(path, decodeUnit(read.bytes));
  }

  #cannot(path: string, why: string, fix: string): void {
    this.#diagnostics.push({
      severity: "error",
      code: "lint/cannot-read",
      summary: `Cannot read ${path}: ${why}`,
      fix,
    });
  }

  #tooMany(folder: string): void {
    this.#diagnostics.push({
      severity: "error",
      code: "lint/too-many-files",
      summary: `Cannot look at everything below ${folder}: there are more than ${most.files} units`,
      fix: "name the folders that matter",
    });
  }
}

/** Other control characters than white space, among the first bytes: nobody's text. A NUL by itself is a line end to systemd. */
function looksBinary(bytes: Buffer): boolean {
  const head = bytes.subarray(0, 4096);
  let odd = 0;
  for (const byte of head) if (byte < 9 || (byte > 13 && byte < 32)) odd += 1;
  return odd > head.length / 20;
}
