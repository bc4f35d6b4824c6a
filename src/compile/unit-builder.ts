import type { Diagnostic, Place } from "../report/diagnostic.ts";
import type { Spec } from "../spec/spec.ts";
import type { Path } from "../spec/tree.ts";
import type { Because, Directive } from "./artifact.ts";
import type { Quoted } from "./quote.ts";
import { directiveSince, type Target } from "./target.ts";

/** Collects the directives of one file, each with its cause, and what could not be written. */
export class UnitBuilder {
  readonly directives: Directive[] = [];
  readonly diagnostics: Diagnostic[] = [];
  private readonly spec: Spec;
  private readonly target: Target;

  constructor(spec: Spec, target: Target) {
    this.spec = spec;
    this.target = target;
  }

  /** The target's systemd version. */
  get systemd(): number {
    return this.target.systemd;
  }

  /**
   * Adds a directive. The cause is a path into the spec, a rule in words, or a place in another file. A value that cannot be
   * carried becomes an error at its place.
   */
  add(section: string, key: string, value: Quoted | string, cause: Path | string | { at: Place }): void {
    const because = this.because(cause);
    const since = directiveSince[key] ?? 0;
    if (this.target.systemd < since) {
      this.lose(`${key}= needs systemd ${since}, this host has ${this.target.systemd}`, cause);
      return;
    }
    if (typeof value !== "string" && !value.ok) {
      const diagnostic: Diagnostic = {
        severity: "error",
        code: "compile/cannot-carry",
        summary: `Cannot write ${key}=: the text ${value.reason}`,
        detail: "no unit file can carry it unchanged",
        fix: "write it in another way, or let the program read it from a file",
      };
      this.diagnostics.push("at" in because ? { ...diagnostic, at: because.at } : diagnostic);
      return;
    }
    this.directives.push({ section, key, value: typeof value === "string" ? value : value.text, because });
  }

  /** Adds a directive of systemd: as it is written. */
  addWritten(section: string, key: string, value: string, cause: Path): void {
    this.directives.push({ section, key, value, because: this.because(cause), asWritten: true });
  }

  /** Takes a directive out again and gives the values it had. */
  takeOut(section: string, key: string): string[] {
    const own = this.directives.filter((one) => one.section === section && one.key === key);
    for (const one of own) this.directives.splice(this.directives.indexOf(one), 1);
    return own.map(({ value }) => value);
  }

  placeOf(path: Path): Place {
    return this.spec.placeOf(path);
  }

  /** Stops the compilation: going on without this would be worse than not at all. */
  refuse(code: string, summary: string, cause: Path, fix: string): void {
    this.diagnostics.push({ severity: "error", code, summary, at: this.spec.placeOf(cause), fix });
  }

  /** Something that a person should know although the unit can be written. */
  warn(code: string, summary: string, at: Place, fix: string): void {
    this.diagnostics.push({ severity: "warning", code, summary, at, fix });
  }

  /** Notes something this host cannot give, in words; it is listed in the plan. */
  lose(what: string, cause: Path | string | { at: Place }): void {
    const because = this.because(cause);
    this.diagnostics.push({
      severity: "warning",
      code: "target/not-available",
      summary: what,
      ...("at" in because ? { at: because.at } : {}),
    });
  }

  private because(cause: Path | string | { at: Place }): Because {
    if (typeof cause === "string") return { rule: cause };
    return isPath(cause) ? { at: this.spec.placeOf(cause) } : cause;
  }
}

function isPath(cause: Path | { at: Place }): cause is Path {
  return Array.isArray(cause);
}
