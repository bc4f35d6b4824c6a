import { comment } from "../init/yaml-lines.ts";
import { writeKeys, writePrograms, type Key, type KeyLine } from "../init/write-keys.ts";
import { hasErrors, HoldfastError, type Diagnostic, type Place } from "../report/diagnostic.ts";
import { parseSpec } from "../spec/parse-spec.ts";
import { hideShapes } from "../value/secret-shapes.ts";
import { describeDropped } from "./describe-dropped.ts";
import { hideInKeys } from "./hide-in-keys.ts";
import { settleRun } from "./settle-run.ts";
import type { Dropped, Imported, ImportedProgram } from "./imported.ts";

/** What a spec may have at most (spec/refuse-text.ts). */
const mostText = 1024 * 1024;
const mostListed = 200;

/** A spec that was written, and what it says less than the files it was made from. */
export type WrittenSpec = { app: string; text: string; dropped: readonly Dropped[] };

/**
 * Writes an application that was read from foreign files as a spec. It always parses: what the spec refuses is left out, and
 * stands with the spec's own reason in the list of what was not carried over.
 */
export function writeSpec(imported: Imported, file = "holdfast.yaml"): WrittenSpec {
  let rest = finished(imported);
  for (;;) {
    const lines = specLines(rest);
    const text = `${lines.map(({ line }) => line).join("\n")}\n`;
    if (text.length > mostText) throw tooLarge(rest);
    const { diagnostics } = parseSpec(text, file);
    if (!hasErrors(diagnostics)) return { app: rest.app.value, text, dropped: rest.dropped };
    const less = withoutRefused(rest, lines, diagnostics);
    if (less === null)
      throw new Error(`import wrote a spec with mistakes: ${diagnostics.map((d) => d.summary).join("; ")}`);
    rest = less;
  }
}

function specLines(imported: Imported): KeyLine[] {
  const { app, directory, user, keys, services, jobs, dropped, source } = imported;
  const top: Key[] = [
    { key: ["app"], ...app },
    ...(user === null ? [] : [{ key: ["user"], ...user }]),
    { key: ["directory"], ...directory },
    ...keys,
  ];
  return [
    ...said(
      "",
      `Written by holdfast import from ${source}; nothing of it was run. Every line has its reason. Read it, then see what it would do: holdfast plan`,
    ),
    ...(dropped.length > 0 ? said("", "What was not carried over stands at the end, with what to do.") : []),
    ...writeKeys("", top),
    ...writePrograms("services", services.map(linesOf)),
    ...writePrograms("jobs", jobs.map(linesOf)),
    ...notCarried(dropped),
  ];
}

function linesOf({ name, notes, keys }: ImportedProgram): { name: string; lines: KeyLine[] } {
  return { name, lines: [...notes.flatMap((note) => said("    ", note)), ...writeKeys("    ", keys)] };
}

function notCarried(dropped: readonly Dropped[]): KeyLine[] {
  if (dropped.length === 0) return [];
  return [
    { line: "" },
    ...said("", "Not carried over:"),
    ...dropped.slice(0, mostListed).flatMap((one) =>
      comment("", `- ${describeDropped(one)}`).map((line, index) => ({
        line: index === 0 ? line : line.replace(/^# /, "#   "),
      })),
    ),
    ...(dropped.length > mostListed
      ? said("", `- and ${dropped.length - mostListed} more, which import has said`)
      : []),
  ];
}

/** The last touch. The keys stay the same objects from here on: what is refused is found by them. */
function finished(imported: Imported): Imported {
  const inProgram = (program: ImportedProgram): ImportedProgram =>
    settleRun({ ...program, keys: hideInKeys(program.keys) }, imported.directory.value);
  return {
    ...imported,
    keys: hideInKeys(imported.keys),
    services: imported.services.map(inProgram),
    jobs: imported.jobs.map(inProgram),
  };
}

function tooLarge({ source, services, jobs }: Imported): HoldfastError {
  const [first] = [...services, ...jobs];
  return new HoldfastError({
    severity: "error",
    code: "import/too-many",
    summary: `Cannot import ${source} as one spec: ${services.length + jobs.length} programs are more than a spec of 1 MiB can hold`,
    ...(first === undefined ? {} : { at: first.at }),
    fix: "split the file, and import each part with a name of its own: --app NAME",
  });
}

function said(indent: string, text: string): KeyLine[] {
  return comment(indent, hideShapes(text).text).map((line) => ({ line }));
}

/** The same without what the spec refuses; null when it cannot be told what that is. */
function withoutRefused(
  imported: Imported,
  lines: readonly KeyLine[],
  diagnostics: readonly Diagnostic[],
): Imported | null {
  const refused = new Map<Key, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const key = diagnostic.at === undefined ? undefined : lines[diagnostic.at.line - 1]?.key;
    if (diagnostic.severity === "error" && key !== undefined && !refused.has(key))
      refused.set(key, diagnostic);
  }
  const dropped: Dropped[] = [];
  const drop = (at: Place | undefined, what: string, { summary, detail, fix }: Diagnostic): void => {
    const why = detail === undefined ? summary : `${summary} (${detail})`;
    dropped.push({
      at: at ?? { file: "", line: 0, column: 0, length: 0 },
      what,
      why,
      todo: fix ?? "write it by hand",
    });
  };
  const kept = (keys: readonly Key[], at: Place | undefined, of: string): readonly Key[] =>
    keys.filter((key) => {
      const diagnostic = refused.get(key);
      if (diagnostic) drop(key.at ?? at, `${of}${key.key.join(".")}`, diagnostic);
      return diagnostic === undefined;
    });
  const programsOf = (list: readonly ImportedProgram[]): ImportedProgram[] =>
    list.map((program) => ({ ...program, keys: kept(program.keys, program.at, `${program.name}: `) }));
  const services = programsOf(imported.services);
  const jobs = programsOf(imported.jobs);
  const keys = kept(imported.keys, undefined, "");
  const { user, directory } = withoutRefusedTop(imported, refused, drop);
  if (dropped.length === 0) return null;
  // Without a command there is no program.
  const runs = ({ keys: own }: ImportedProgram): boolean => own.some(({ key }) => key[0] === "run");
  return {
    ...imported,
    user,
    directory,
    keys,
    services: services.filter(runs),
    jobs: jobs.filter(runs),
    dropped: [...imported.dropped, ...dropped],
  };
}

/** What every spec needs gets a plain value in the place of one that cannot be. */
function withoutRefusedTop(
  { app, user, directory, services, jobs }: Imported,
  refused: ReadonlyMap<Key, Diagnostic>,
  drop: (at: Place | undefined, what: string, diagnostic: Diagnostic) => void,
): Pick<Imported, "user" | "directory"> {
  const at = [...services, ...jobs][0]?.at;
  const instead = <T extends Imported["user"] | Imported["directory"]>(
    name: string,
    now: T,
    plain: string,
  ): T => {
    const found = [...refused].find(([{ key }]) => key.length === 1 && key[0] === name);
    if (!found || now === null || now.value === plain) return now;
    drop(now.at ?? at, `${name}: ${now.value}`, found[1]);
    return { value: plain, why: "what was written cannot be one; see the end" } as T;
  };
  return {
    user: instead("user", user, app.value.slice(0, 28)),
    directory: instead("directory", directory, "/"),
  };
}
