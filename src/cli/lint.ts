import { homedir, userInfo } from "node:os";
import { openLocalFacts } from "../host/local-facts.ts";
import { localUnitSource } from "../host/unit-source.ts";
import { fixUnits } from "../lint/fix-units.ts";
import { isError, type Found } from "../lint/lint.ts";
import {
  collectUnits,
  lintCollected,
  lintPaths,
  pathsFor,
  type LintRequest,
  type LintResult,
} from "../lint/lint-paths.ts";
import { levelWords, shownTexts, sortFound, toDiagnostic, toGithub, toJson } from "../lint/report.ts";
import type { Level } from "../lint/rule.ts";
import { toSarif } from "../lint/sarif.ts";
import { mergeVerify, runVerify } from "../lint/verify.ts";
import { exitCode, hasErrors, HoldfastError } from "../report/diagnostic.ts";
import { renderDiagnostic } from "../report/render-diagnostic.ts";
import { unitPlaces } from "../unit/find-drop-ins.ts";
import type { Session } from "./session.ts";

export type LintOptions = {
  fix?: boolean;
  format?: "text" | "json" | "sarif" | "github";
  /** commander: undefined by default, true with --host, false with --no-host. */
  host?: boolean;
  target?: string;
  all?: boolean;
  verify?: boolean;
  strict?: boolean;
};

/** holdfast lint: what will not start, what will not do what it says, what is risky. Exit 1 for the first two. */
export async function runLint(
  session: Session,
  words: readonly string[],
  options: LintOptions,
): Promise<number> {
  const request = await requestFor(session, words, options);
  const fixed = options.fix ? await fix(session, request) : 0;
  const result = await lintAll(session, request, options);
  const { found, units, diagnostics } = result;
  session.out.diagnose(diagnostics);
  const text = () => [...found.map((one) => render(session, found, one)), summary(result, fixed)].join("\n");
  switch (options.format) {
    case "sarif":
      session.out.line(
        {},
        JSON.stringify(toSarif(found, { version: HOLDFAST_VERSION, root: process.cwd() }), null, 2),
      );
      break;
    case "github":
      if (found.length > 0) session.out.line({}, toGithub(found));
      break;
    default:
      session.out.result(
        { units: units.length, fixed, counts: countLevels(found), findings: found.map(toJson) },
        session.out.json ? "" : text(),
      );
  }
  const bad = found.some(({ level }) => options.strict === true || isError(level)) || hasErrors(diagnostics);
  return bad ? exitCode.failed : exitCode.done;
}

async function lintAll(session: Session, request: LintRequest, options: LintOptions): Promise<LintResult> {
  const host = await session.host();
  const collected = collectUnits(request);
  const paths = collected.units
    .filter((unit) => !unit.masked && unit.partial !== true)
    .map(({ settings }) => settings.files[0]!.path);
  // systemd reads them on another core while the rules do.
  const verifying = options.verify === false || paths.length === 0 ? null : runVerify(host, paths, request);
  const result = lintCollected(request, collected);
  if (verifying === null) return result;
  const { messages, trouble } = await verifying;
  if (trouble !== null) session.out.note(`systemd's own check was left out: ${trouble}`);
  const more = mergeVerify(messages, result.units, result.found, request.facts !== undefined);
  return { ...result, found: sortFound([...result.found, ...more]) };
}

async function requestFor(
  session: Session,
  words: readonly string[],
  options: LintOptions,
): Promise<LintRequest> {
  const { scope } = session;
  const places = unitPlaces(scope, homedir());
  const source = localUnitSource;
  const asked =
    words.length === 0
      ? ownPlaces(places, options.all ?? false).filter((place) => source.list(place) !== null)
      : pathsFor(words, places, source);
  const inPlaces = asked.every((path) =>
    places.some((place) => path === place || path.startsWith(`${place}/`)),
  );
  const onHost = options.host ?? inPlaces;
  return {
    paths: asked,
    scope,
    source,
    systemd: await systemdVersion(session, options.target),
    places: onHost ? places : [],
    now: Date.now(),
    ...(onHost
      ? { facts: (hasUnit: (name: string) => boolean) => openLocalFacts(userInfo().username, hasUnit) }
      : {}),
  };
}

/** What the administrator, or the user, has put there; with `all`, what packages and generators have too. */
function ownPlaces(places: readonly string[], all: boolean): string[] {
  return all
    ? [...places]
    : places.filter(
        (place) =>
          !place.startsWith("/usr/lib/") &&
          !place.startsWith("/lib/") &&
          !place.startsWith("/usr/share/") &&
          !place.startsWith("/run/"),
      );
}

async function systemdVersion(session: Session, target: string | undefined): Promise<number> {
  if (target !== undefined) {
    if (!/^\d{3}$/.test(target))
      throw new HoldfastError(
        {
          severity: "error",
          code: "usage/bad-target",
          summary: `Cannot read ${target} as a version of systemd`,
          fix: "such as: --target 252",
        },
        exitCode.usage,
      );
    return Number(target);
  }
  const host = await session.host();
  const { stdout } = await host.run(["systemctl", "--version"]);
  const version = Number(/^systemd (\d+)/.exec(stdout)?.[1] ?? 0);
  if (version > 0) return version;
  session.out.note(
    "There is no systemd here: the units are held against version 252. Another one: --target 257",
  );
  return 252;
}

/** Makes all safe edits, round after round, since one may uncover another; files of packages stay as they are. */
async function fix(session: Session, request: LintRequest): Promise<number> {
  const host = await session.host();
  const refused = new Set<string>();
  let count = 0;
  for (let round = 0; round < 5; round += 1) {
    const files = fixUnits(lintPaths(request).found.filter(({ file }) => !refused.has(file.path)));
    if (files.length === 0) break;
    for (const { before, after, count: mended } of files) {
      const trouble = await write(host, before.path, after.text);
      if (trouble === null) count += mended;
      else {
        refused.add(before.path);
        session.out.note(`${before.path} was left as it is: ${trouble}`);
      }
    }
  }
  return count;
}

async function write(
  host: Awaited<ReturnType<Session["host"]>>,
  path: string,
  text: string,
): Promise<string | null> {
  if (/^\/(usr\/)?lib\//.test(path)) return "it belongs to a package; change it with: systemctl edit";
  if (!text.isWellFormed()) return "it is not UTF-8";
  const stat = await host.files.stat((await host.files.realPath(path)) ?? path);
  if (stat?.kind !== "file") return "it is no regular file";
  try {
    await host.files.write((await host.files.realPath(path)) ?? path, text, {
      mode: stat.mode,
      uid: stat.uid,
      gid: stat.gid,
    });
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

const shown = new WeakMap<readonly Found[], Map<string, string>>();

function render(session: Session, all: readonly Found[], one: Found): string {
  if (!shown.has(all)) shown.set(all, shownTexts(all));
  return renderDiagnostic(toDiagnostic(one), shown.get(all)!, session.out.style);
}

function countLevels(found: readonly Found[]): Record<Level, number> {
  const count = (level: Level) => found.filter((one) => one.level === level).length;
  return {
    "will-not-start": count("will-not-start"),
    "will-not-do-what-it-says": count("will-not-do-what-it-says"),
    risky: count("risky"),
  };
}

function summary({ units, found }: LintResult, fixed: number): string {
  const of = `${units.length} ${units.length === 1 ? "unit" : "units"}`;
  const mended = fixed > 0 ? `${fixed} mended; ` : "";
  if (found.length === 0) return `${mended}${of}: no mistake found`;
  const counts = Object.entries(countLevels(found)).filter(([, count]) => count > 0);
  const words = counts.map(([level, count]) => `${count} ${levelWords[level as Level]}`).join(", ");
  const fixable = found.filter(({ edits }) => (edits?.length ?? 0) > 0).length;
  return `${mended}${of}: ${words}${fixable > 0 ? `; --fix mends ${fixable}` : ""}`;
}
