import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join, relative, resolve } from "node:path";
import { importFiles, type ImportedFiles } from "../import/import-files.ts";
import { formats, type Format } from "../import/recognize.ts";
import { exitCode, hasErrors, HoldfastError } from "../report/diagnostic.ts";
import { slugOf } from "../spec/slug.ts";
import { printable } from "../value/printable.ts";
import { debian12 } from "../compile/target.ts";
import type { UnitOptions } from "../import/units/import-units.ts";
import { findUnitFiles, readEnabled, type FoundUnitFiles } from "./find-unit-files.ts";
import { assertProvable, isProven, proveSpecs } from "./prove-import.ts";
import { readForeign, readScript } from "./read-foreign.ts";
import type { Session } from "./session.ts";
import { writeNewFile } from "./write-new-file.ts";

export type ImportCommandOptions = {
  from?: string;
  out?: string;
  force?: boolean;
  app?: string;
  account?: string;
  zone?: string;
  prove?: boolean;
};

/** holdfast import: files of other programs as one spec, with a list of what was not carried over. Runs nothing of them. */
export async function runImport(
  session: Session,
  paths: readonly string[],
  options: ImportCommandOptions,
): Promise<number> {
  if (options.prove) await assertProvable(session);
  const from = formatOf(options.from);
  refuseName(options.app);
  const found = from === undefined || from === "units" ? findUnitFiles(paths, session.scope) : null;
  const { files, diagnostics } = readForeign(found?.rest ?? paths);
  session.out.diagnose(diagnostics);
  const all = [...(found?.files ?? []), ...files];
  const zone = options.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const result = importFiles(all, {
    from,
    units: found === null || found.files.length === 0 ? undefined : await unitOptions(session, found),
    userScope: session.scope === "user",
    zone,
    account: options.account ?? process.env["SUDO_USER"] ?? userInfo().username,
    app: options.app,
    homes: homes(),
    readFile: readScript,
  });
  session.out.diagnose(result.diagnostics);
  const bad = hasErrors([...diagnostics, ...result.diagnostics]);
  if (result.specs.length === 0) {
    session.out.result({ specs: [], dropped: result.dropped }, "");
    session.out.note("Nothing could be imported.");
    return exitCode.usage;
  }
  const proof = options.prove
    ? await proveSpecs(session, all, result.specs, { zone, names: found?.names })
    : null;
  const written = write(result, options);
  session.out.result(
    {
      specs: result.specs.map(({ app, text }) => ({ app, file: written.get(app) ?? null, spec: text })),
      dropped: result.dropped,
      ...(proof === null ? {} : { proof }),
    },
    written.size === 0 ? printed(result) : summary(result, written),
  );
  if (written.size === 0 && result.specs.length > 1 && !session.out.json)
    session.out.note(
      `These are ${result.specs.length} specs, because a spec has one account: write each to a file with --out DIRECTORY`,
    );
  return bad || (proof !== null && !isProven(proof)) ? exitCode.failed : exitCode.done;
}

/** What the host says of units that it has; of files from elsewhere, what the systemd of Debian 12 makes of them. */
async function unitOptions(session: Session, { names, onHost }: FoundUnitFiles): Promise<UnitOptions> {
  try {
    const host = await session.host();
    const systemd = Number.parseInt(await host.systemd.version(), 10);
    return { systemd, names, enabled: await readEnabled(host, onHost) };
  } catch {
    return { systemd: debian12.systemd, names };
  }
}

/** Units are named after it, so it is not changed behind anybody's back. */
function refuseName(app: string | undefined): void {
  const near = app === undefined ? app : slugOf(app);
  if (near === app) return;
  throw new HoldfastError(
    {
      severity: "error",
      code: "usage/bad-name",
      summary: `Cannot name an application ${printable(app!)}: a name has lower-case letters, digits and single dashes`,
      fix: `--app ${near === "" ? "shop" : near}`,
    },
    exitCode.usage,
  );
}

function formatOf(word: string | undefined): Format | undefined {
  if (word === undefined) return undefined;
  const format = formats.find((one) => one === word);
  if (format !== undefined) return format;
  throw new HoldfastError(
    {
      severity: "error",
      code: "usage/unknown-format",
      summary: `Cannot read ${printable(word)}: import knows no such format`,
      fix: `--from ${formats.join(", ")}`,
    },
    exitCode.usage,
  );
}

/** Home directories by account, for what runs where "~" is. */
function homes(): Map<string, string> {
  try {
    const lines = readFileSync("/etc/passwd", "utf8").split("\n");
    return new Map(
      lines.flatMap((line) => {
        const fields = line.split(":");
        return fields.length > 5 ? [[fields[0]!, fields[5]!] as const] : [];
      }),
    );
  } catch {
    return new Map();
  }
}

/** Where each spec was written, by application; empty when it is to be printed. Several go into a directory. */
function write({ specs }: ImportedFiles, { out, force = false }: ImportCommandOptions): Map<string, string> {
  if (out === undefined) return new Map();
  const target = (app: string): string =>
    specs.length === 1 ? resolve(out) : join(resolve(out), `${app}.yaml`);
  const found = force ? undefined : specs.map(({ app }) => target(app)).find((file) => existsSync(file));
  if (found !== undefined) throw exists(found);
  if (specs.length > 1) mkdirSync(resolve(out), { recursive: true });
  const written = new Map<string, string>();
  for (const { app, text } of specs) {
    writeNewFile(target(app), text, { force, exists, print: "holdfast import without --out" });
    written.set(app, target(app));
  }
  return written;
}

function exists(file: string): HoldfastError {
  return new HoldfastError(
    {
      severity: "error",
      code: "import/exists",
      summary: `Cannot write ${printable(relative("", file))}: it is there already`,
      fix: "another name with --out, or replace it with --force",
    },
    exitCode.usage,
  );
}

function printed({ specs }: ImportedFiles): string {
  if (specs.length === 1) return specs[0]!.text;
  return specs.map(({ app, text }) => `# ==> ${app}.yaml\n${text}`).join("\n");
}

function summary({ specs, dropped }: ImportedFiles, written: ReadonlyMap<string, string>): string {
  const files = specs.map(({ app }) => `${printable(relative("", written.get(app)!))} written`);
  const lost =
    dropped.length === 0
      ? "Everything was carried over."
      : `${dropped.length} not carried over: see the end of the spec.`;
  return [...files, lost, "Read it, then see what it would do: holdfast --file FILE plan"].join("\n");
}
