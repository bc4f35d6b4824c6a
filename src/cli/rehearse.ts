import { existsSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { allFaults, chooseFaults, notYet } from "../rehearse/faults.ts";
import { rehearse, type Report } from "../rehearse/rehearse.ts";
import { describeReport } from "../rehearse/report/text.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { chooseApp } from "./choose.ts";
import { keepReport } from "./keep-report.ts";
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
  const faults = chooseFaults([...(options.fault ?? []), ...(options.suite === "all" ? ["all"] : [])]);
  const { spec, text } = session.loadSpec();
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
  await session.assertMayChange("boot a copy of this machine", "rehearse");
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
      lower: options.on ?? "/",
      faults,
      services: services.length === 0 ? null : services,
      machine: hostname(),
      now: Date.now,
      progress: session.out.progress(),
      signal: interrupt.signal,
    };
    const report = await rehearse(request);
    if (options.compare !== undefined)
      return await compare(session, report, await rehearse({ ...request, lower: resolve(options.compare) }));
    await writeReports(report, options);
    await keepReport(session, "rehearsal", report, spec);
    session.out.result(report, describeReport(report, session.out.style));
    return verdictOf(report, options);
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

/** Both reports, and what differs between them. Exit 1 when the other tree keeps less than this one. */
async function compare(session: Session, before: Report, after: Report): Promise<number> {
  const { compareReports, describeComparison } = await import("../rehearse/compare-reports.ts");
  const differences = compareReports(before, after);
  const { style } = session.out;
  const text = [
    describeReport(before, style),
    "",
    describeReport(after, style),
    "",
    style.strong(describeComparison(before, after)),
  ].join("\n");
  session.out.result({ before, after, differences }, text);
  return differences.some(({ before: was, after: is }) => was === "kept" && is === "broken")
    ? exitCode.failed
    : exitCode.done;
}

/** The report that was kept last, of a rehearsal or a drill; the same exit code as then. */
async function showLast(
  session: Session,
  names: readonly string[],
  options: RehearseCommandOptions,
): Promise<number> {
  const app = names[0] ?? (existsSync(session.options.file) ? session.loadSpec().spec.app : undefined);
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

function verdictOf({ outcomes }: Report, { strict }: RehearseCommandOptions): number {
  const bad = outcomes.some(({ verdict }) => verdict === "broken" || (strict === true && verdict === "gap"));
  return bad ? exitCode.failed : exitCode.done;
}

export async function writeReports(
  report: Report,
  { junit, html }: Pick<RehearseCommandOptions, "junit" | "html">,
): Promise<void> {
  if (junit !== undefined)
    writeFileSync(junit, (await import("../rehearse/report/junit.ts")).toJunit(report));
  if (html !== undefined) writeFileSync(html, (await import("../rehearse/report/html.ts")).toHtml(report));
}

function list(session: Session): number {
  const width = Math.max(
    ...allFaults.map(({ id }) => id.length),
    ...Object.keys(notYet).map((id) => id.length),
  );
  const lines = [
    ...allFaults.map(({ id, title, standard }) => `${standard ? "*" : " "} ${id.padEnd(width)}  ${title}`),
    "",
    "* in the suite that runs when none is named; all of them: --suite all",
    "",
    "Not yet:",
    ...Object.entries(notYet).map(([id, why]) => `  ${id.padEnd(width)}  ${why}`),
  ];
  session.out.result(
    { faults: allFaults.map(({ id, title, standard, scope }) => ({ id, title, standard, scope })), notYet },
    lines.join("\n"),
  );
  return exitCode.done;
}
