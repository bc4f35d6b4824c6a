import { existsSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { isOfServices, type AnyFault } from "../rehearse/fault.ts";
import { assertMachineCan } from "../host/throwaway/machine.ts";
import { allFaults, chooseFaults } from "../rehearse/faults.ts";
import type { CopyKind } from "../rehearse/boot-copy.ts";
import { isWorse, makeComparison, type Comparison } from "../rehearse/compare-reports.ts";
import { assertTree } from "../rehearse/other-tree.ts";
import { rehearse, type RehearseOptions, type Report } from "../rehearse/rehearse.ts";
import { describeComparison } from "../rehearse/report/comparison-text.ts";
import { describeReport } from "../rehearse/report/text.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { chooseApp } from "./choose.ts";
import { keepReport } from "./keep-report.ts";
import { loadSpec } from "./load-spec.ts";
import { boundsOf } from "./rehearse-bounds.ts";
import { warnOfOther } from "./which-environment.ts";
import { holdfastProgram, type Session } from "./session.ts";

export type RehearseCommandOptions = {
  fault?: string[];
  suite?: string;
  list?: boolean;
  grant?: string[];
  realTime?: boolean;
  strict?: boolean;
  junit?: string;
  html?: string;
  on?: string;
  compare?: string;
  vm?: boolean;
  size?: string;
  empty?: string[];
  last?: boolean;
};

/** holdfast rehearse: breaks the application on a throwaway copy of this machine. Exit 1 when a promise was broken. */
export async function runRehearse(
  session: Session,
  services: readonly string[],
  options: RehearseCommandOptions,
): Promise<number> {
  if (options.list) return list(session);
  if (options.last) return showLast(session, services, options);
  const copy: CopyKind = options.vm ? "virtual-machine" : "namespaces";
  const faults = chooseFaults([...(options.fault ?? []), ...suiteOf(options)], copy);
  const { spec, text } = loadSpec(session);
  const known = [...Object.keys(spec.services), ...Object.keys(spec.jobs)];
  const wrong = services.filter((name) => !known.includes(name));
  if (wrong.length > 0)
    throw new HoldfastError(
      {
        severity: "error",
        code: "usage/unknown-service",
        summary: `Cannot rehearse ${wrong.join(", ")}: the spec has no such service`,
        fix: `one of: ${known.join(", ")}`,
      },
      exitCode.usage,
    );
  // Says what was tried and what is missing, where the next line only says who may.
  if (process.geteuid?.() !== 0) assertMachineCan("/");
  await session.assertMayChange("boot a copy of this machine", "rehearse");
  session.out.diagnose(await warnOfOther(session, spec));
  const other = options.compare === undefined ? null : resolve(options.compare);
  for (const tree of [options.on, options.compare]) if (tree !== undefined) assertTree(resolve(tree));
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    const holdfast = holdfastProgram();
    const request = {
      holdfast,
      checkout: resolve(holdfast, "../.."),
      file: resolve(session.options.file),
      text,
      spec,
      environment: session.options.env ?? null,
      realTime: options.realTime ?? false,
      grant: options.grant ?? [],
      lower: resolve(options.on ?? "/"),
      copy,
      ...boundsOf(session.options.file, options),
      faults,
      services: services.length === 0 ? null : services,
      machine: hostname(),
      now: Date.now,
      progress: session.out.progress(),
      signal: interrupt.signal,
    };
    const report = await rehearse(request).catch(async (error: unknown) => {
      await writeTrouble(spec.app, error, options);
      throw error;
    });
    // What another tree does is no evidence for this machine.
    if (report.tree === undefined) await keepReport(session, "rehearsal", report, spec);
    if (other !== null) return await compare(session, report, other, request, options);
    await writeReports(report, options);
    session.out.result(report, describeReport(report, session.out.style));
    return verdictOf(report, options);
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

/** What a suite adds to the faults that are named: nothing chooses the standard one. */
function suiteOf({ suite = "standard" }: RehearseCommandOptions): string[] {
  if (suite === "standard") return [];
  if (suite === "all") return ["all"];
  throw new HoldfastError(
    {
      severity: "error",
      code: "rehearse/unknown-suite",
      summary: `Cannot rehearse the suite "${suite}": there is no such suite`,
      fix: "--suite standard, or --suite all",
    },
    exitCode.usage,
  );
}

/**
 * The same on another tree, and what differs. One after the other: two copies at once would have a core each here, and every time
 * that is compared would be that of the other's load. Exit 1 when a promise is broken on either, or the other tree keeps less.
 */
async function compare(
  session: Session,
  before: Report,
  tree: string,
  request: RehearseOptions,
  options: RehearseCommandOptions,
): Promise<number> {
  const comparison = await rehearse({ ...request, lower: tree }).then(
    (after) => makeComparison(before, after, tree),
    (error: unknown) => {
      // That nothing comes up there is the answer; what was seen here is told all the same.
      if (!(error instanceof HoldfastError) || request.signal.aborted) throw error;
      return makeComparison(before, null, tree, error.diagnostics);
    },
  );
  await writeReports(comparison, options);
  const { style } = session.out;
  const { after } = comparison;
  const text = [
    describeComparison(comparison, style),
    ...[before, after ?? []].flat().map((report) => describeReport(report, style)),
  ];
  session.out.result(comparison, text.join("\n\n"));
  return isWorse(comparison)
    ? exitCode.failed
    : verdictOf({ outcomes: [before, after ?? []].flat().flatMap(({ outcomes }) => outcomes) }, options);
}

/** The report that was kept last, of a rehearsal or a drill; the same exit code as then. */
async function showLast(
  session: Session,
  names: readonly string[],
  options: RehearseCommandOptions,
): Promise<number> {
  const app = names[0] ?? (existsSync(session.options.file) ? loadSpec(session).spec.app : undefined);
  const kept = session.record()?.rehearsals.latest(app ?? chooseApp(session, undefined)) ?? null;
  if (kept === null)
    throw new HoldfastError({
      severity: "error",
      code: "rehearse/nothing-kept",
      summary: `There is no report${app === undefined ? "" : ` of "${app}"`} on this host`,
      fix: "holdfast rehearse",
    });
  const { kind, report } = kept;
  await writeReports(report, options);
  session.out.result({ kind, ...report }, describeReport(report, session.out.style));
  return verdictOf(report, options);
}

function verdictOf({ outcomes }: Pick<Report, "outcomes">, { strict }: RehearseCommandOptions): number {
  const bad = outcomes.some(({ verdict }) => verdict === "broken" || (strict === true && verdict === "gap"));
  return bad ? exitCode.failed : exitCode.done;
}

/** The files that a CI and a browser show, of one report or of two that are compared. */
export async function writeReports(
  report: Report | Comparison,
  { junit, html }: Pick<RehearseCommandOptions, "junit" | "html">,
): Promise<void> {
  if (junit !== undefined)
    writeFileSync(junit, (await import("../rehearse/report/junit.ts")).toJunit(report));
  if (html !== undefined) writeFileSync(html, (await import("../rehearse/report/html.ts")).toHtml(report));
}

/** What keeps a rehearsal from its faults is for a CI to show, too. */
async function writeTrouble(app: string, error: unknown, { junit }: RehearseCommandOptions): Promise<void> {
  if (junit === undefined || !(error instanceof HoldfastError)) return;
  const { troubleToJunit } = await import("../rehearse/report/junit.ts");
  writeFileSync(junit, troubleToJunit(app, Date.now(), error.diagnostics));
}

function list(session: Session): number {
  const width = Math.max(...allFaults.map(({ id }) => id.length));
  const needsOf = (fault: AnyFault): string | null => (isOfServices(fault) && fault.needs) || null;
  const markOf = (fault: AnyFault): string =>
    needsOf(fault) === "own-kernel" ? "v" : fault.standard ? "*" : " ";
  const lines = [
    ...allFaults.map((fault) => `${markOf(fault)} ${fault.id.padEnd(width)}  ${fault.title}`),
    "",
    "* in the suite that runs when none is named; all of them: --suite all",
    "v needs a kernel and a clock of its own: --vm, whose suite these are, with reboot and power-cut",
  ];
  const faults = allFaults.map((fault) => {
    const { id, title, standard, scope } = fault;
    return { id, title, standard, scope, needs: needsOf(fault) };
  });
  session.out.result({ faults }, lines.join("\n"));
  return exitCode.done;
}
