import { HoldfastError, type Diagnostic } from "../report/diagnostic.ts";
import { printable } from "../value/printable.ts";
import { hideShapes } from "../value/secret-shapes.ts";
import { importCompose } from "./compose/import-compose.ts";
import { importCrontab } from "./crontab/import-crontab.ts";
import { droppedDiagnostic } from "./describe-dropped.ts";
import type { Dropped, ForeignFile, Imported, Importer, ImportOptions, Watchdog } from "./imported.ts";
import { linkWatchdogs } from "./link-watchdogs.ts";
import { mergeApps } from "./merge-apps.ts";
import { importPm2 } from "./pm2/import-pm2.ts";
import { importProcfile } from "./procfile/import-procfile.ts";
import { recognize, type Format } from "./recognize.ts";
import { importSupervisord } from "./supervisord/import-supervisord.ts";
import { importUnits, type UnitOptions } from "./units/import-units.ts";
import { keepUnitNames } from "./units/keep-unit-names.ts";
import { readWatchdogScript } from "./watchdog/read-watchdog.ts";
import { writeSpec, type WrittenSpec } from "./write-spec.ts";

const importers: Readonly<Partial<Record<Format, Importer>>> = {
  crontab: importCrontab,
  pm2: importPm2,
  supervisord: importSupervisord,
  procfile: importProcfile,
  compose: importCompose,
};

export type ImportedFiles = {
  specs: readonly WrittenSpec[];
  formats: readonly { path: string; format: Format | null }[];
  dropped: readonly Dropped[];
  diagnostics: readonly Diagnostic[];
};

/** Reads foreign files, each by its own importer, and writes one spec for each account. Pure, and runs nothing. */
export function importFiles(
  files: readonly ForeignFile[],
  options: ImportOptions & { from?: Format | undefined; units?: UnitOptions | undefined },
): ImportedFiles {
  const diagnostics: Diagnostic[] = [];
  const apps: Imported[] = [];
  const watchdogs: Watchdog[] = [];
  const formats = files.map((file) => {
    const known = recognize(file, options.from);
    if (known.diagnostic) diagnostics.push(known.diagnostic);
    return { file, format: known.format };
  });
  const order = [...new Set(formats.flatMap(({ format }) => (format === null ? [] : [format])))];
  for (const format of order) {
    const own = formats.filter((one) => one.format === format).map(({ file }) => file);
    if (format === "watchdog") {
      for (const { path, text } of own) {
        const found = readWatchdogScript(path, text);
        if (found) watchdogs.push(found);
      }
      continue;
    }
    const result =
      format === "units"
        ? importUnits(own, { ...options, ...(options.units ?? { systemd: 252 }) })
        : importers[format]?.(own, options);
    if (!result) continue;
    apps.push(...(format === "units" && order.length > 1 ? result.apps.map(keepUnitNames) : result.apps));
    watchdogs.push(...(result.watchdogs ?? []));
    diagnostics.push(...result.diagnostics);
  }
  const linked = linkWatchdogs(mergeApps(apps), watchdogs, options);
  const specs = linked
    .filter(({ services, jobs }) => services.length + jobs.length > 0)
    .flatMap((app) => {
      try {
        return [writeSpec(app)];
      } catch (error) {
        if (!(error instanceof HoldfastError)) throw error;
        diagnostics.push(...error.diagnostics);
        return [];
      }
    });
  const lost = linked
    .filter(({ services, jobs }) => services.length + jobs.length === 0)
    .flatMap(({ dropped }) => dropped);
  const dropped = [...specs.flatMap((spec) => spec.dropped), ...lost].map(withoutSecrets);
  if (specs.length + dropped.length + diagnostics.length === 0)
    diagnostics.push(...formats.map(({ file, format }) => nothingIn(file, format)));
  return {
    specs,
    formats: formats.map(({ file, format }) => ({ path: file.path, format })),
    dropped,
    diagnostics: [...diagnostics, ...dropped.map(droppedDiagnostic)].map(forTerminal),
  };
}

function nothingIn({ path }: ForeignFile, format: Format | null): Diagnostic {
  return {
    severity: "error",
    code: "import/nothing-found",
    summary: `Cannot import ${path}: as ${format ?? "a file"} it has nothing that runs`,
    at: { file: path, line: 1, column: 1, length: 1 },
    fix: "name the file that has the programs, or say what it is with --from",
  };
}

function withoutSecrets(one: Dropped): Dropped {
  const hidden = (text: string): string => hideShapes(text).text;
  return { ...one, what: hidden(one.what), why: hidden(one.why), todo: hidden(one.todo) };
}

/** Texts of foreign files may hold what hides or forges text on a terminal. */
function forTerminal(diagnostic: Diagnostic): Diagnostic {
  const { summary, detail, fix, at } = diagnostic;
  return {
    ...diagnostic,
    summary: printable(summary),
    ...(detail === undefined ? {} : { detail: printable(detail) }),
    ...(fix === undefined ? {} : { fix: printable(fix) }),
    ...(at === undefined ? {} : { at: { ...at, file: printable(at.file) } }),
  };
}
