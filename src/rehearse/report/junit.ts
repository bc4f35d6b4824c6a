import type { Diagnostic } from "../../report/diagnostic.ts";
import type { Compared, Comparison } from "../compare-reports.ts";
import type { Outcome } from "../outcome.ts";
import type { Report } from "../rehearse.ts";
import { comparedName, comparisonHead, verdictWords } from "./comparison-text.ts";

/** One test of a suite: how it ended, and the element that says so. */
type Case = {
  name: string;
  group: string;
  millis: number;
  ended: "passed" | "failed" | "skipped";
  inner: string;
};

/**
 * The report in JUnit's XML, which every CI shows: a promise is a test case, a fault that could not be done is skipped. What two trees
 * are compared by comes first, then both of them.
 */
export function toJunit(report: Report | Comparison): string {
  const suites =
    "differences" in report
      ? [
          comparisonSuite(report),
          reportSuite(report.before, " before"),
          ...(report.after === null ? [] : [reportSuite(report.after, " after")]),
        ]
      : [reportSuite(report, "")];
  return ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>", ...suites, "</testsuites>", ""].join(
    "\n",
  );
}

/** A report of one failed test, for a rehearsal that did not come to its faults: a CI shows why where it shows the rest. */
export function troubleToJunit(app: string, at: number, found: readonly Diagnostic[]): string {
  return whole([
    suite(
      `holdfast rehearse ${app}`,
      { at, millis: 0 },
      [comesUp("all: it comes up on the copy", app, found)],
      {},
    ),
  ]);
}

function comesUp(name: string, group: string, found: readonly Diagnostic[]): Case {
  const said = found.flatMap(({ summary, detail, fix }) => [summary, detail, fix]);
  return {
    name,
    group: `${group}.comes-up`,
    millis: 0,
    ended: found.length === 0 ? "passed" : "failed",
    inner: found.length === 0 ? "" : failure(found[0]!.summary, said),
  };
}

function whole(suites: readonly string[]): string {
  return ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>", ...suites, "</testsuites>", ""].join(
    "\n",
  );
}

function reportSuite(report: Report, which: string): string {
  const what = report.live ? "drill" : "rehearse";
  const cases = report.outcomes.map((one): Case => ({
    name: `${one.service ?? "all"}: ${one.title}`,
    group: `${report.app}${which === "" ? "" : `.${which.trim()}`}.${one.fault}`,
    millis: one.millis,
    ...ending(one),
  }));
  return suite(`holdfast ${what} ${report.app}${which}`, report, cases, {
    systemd: report.systemd,
    spec: report.spec,
    ...(report.tree === undefined ? {} : { tree: report.tree }),
  });
}

function comparisonSuite(comparison: Comparison): string {
  const { before, after, tree, trouble, differences } = comparison;
  const group = `${before.app}.upgrade`;
  const up = comesUp("all: it comes up on the other tree", group, trouble);
  const cases = differences.map((one): Case => ({
    name: comparedName(one),
    group: `${group}.${one.fault}`,
    millis: 0,
    ...comparedEnding(one),
  }));
  return suite(`holdfast rehearse ${before.app} --compare`, { at: before.at, millis: 0 }, [up, ...cases], {
    from: before.systemd,
    to: after?.systemd ?? tree,
    result: comparisonHead(comparison),
  });
}

function suite(
  name: string,
  { at, millis }: Pick<Report, "at" | "millis">,
  cases: readonly Case[],
  properties: Readonly<Record<string, string>>,
): string {
  const count = (ended: Case["ended"]) => cases.filter((one) => one.ended === ended).length;
  return [
    `  <testsuite name="${text(name)}" tests="${cases.length}" failures="${count("failed")}" errors="0" skipped="${count("skipped")}" time="${seconds(millis)}" timestamp="${new Date(at).toISOString().slice(0, 19)}">`,
    "    <properties>",
    ...Object.entries(properties).map(
      ([key, value]) => `      <property name="${key}" value="${text(value)}"/>`,
    ),
    "    </properties>",
    ...cases.map(
      (one) =>
        `    <testcase classname="${text(one.group)}" name="${text(one.name)}" time="${seconds(one.millis)}">${one.inner}</testcase>`,
    ),
    "  </testsuite>",
  ].join("\n");
}

function ending(one: Outcome): Pick<Case, "ended" | "inner"> {
  switch (one.verdict) {
    case "kept":
      return passed(one.says);
    case "broken":
      return { ended: "failed", inner: failure(one.says, [one.promise, one.because, one.fix]) };
    case "gap":
      return skipped(`not promised: ${one.says}`);
    case "not-rehearsed":
      return skipped(one.says);
  }
}

function comparedEnding({ difference, before, after, says }: Compared): Pick<Case, "ended" | "inner"> {
  const word = (verdict: Outcome["verdict"] | null) =>
    verdict === null ? "not there" : verdictWords[verdict];
  const both = `${word(before)} -> ${word(after)}`;
  const seen = says === null ? [] : [`before: ${says[0]}`, `after: ${says[1]}`];
  switch (difference) {
    case "worse":
      return { ended: "failed", inner: failure(both, seen) };
    case "same":
    case "better":
    case "slower":
      return passed(
        [difference === "same" ? `${word(before)} on both` : `${difference}: ${both}`, ...seen].join("\n"),
      );
    case "machine":
    case "unknown":
      return skipped([both, ...seen].join("; "));
  }
}

function passed(says: string): Pick<Case, "ended" | "inner"> {
  return { ended: "passed", inner: `<system-out>${text(says)}</system-out>` };
}

function skipped(why: string): Pick<Case, "ended" | "inner"> {
  return { ended: "skipped", inner: `<skipped message="${text(why)}"/>` };
}

function failure(message: string, lines: readonly (string | null | undefined)[]): string {
  return `<failure message="${text(message)}" type="broken">${text(lines.filter(Boolean).join("\n"))}</failure>`;
}

function seconds(millis: number): string {
  return (millis / 1000).toFixed(3);
}

/** Text that XML 1.0 can hold; a line end within an attribute would become a blank, were it not written as a reference. */
function text(value: string): string {
  return value
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;");
}
