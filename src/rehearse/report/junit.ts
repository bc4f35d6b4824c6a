import type { Outcome } from "../outcome.ts";
import type { Report } from "../rehearse.ts";

/** The report in JUnit's XML, which every CI shows: a promise is a test case, a fault that could not be done is skipped. */
export function toJunit(report: Report): string {
  const count = (verdict: Outcome["verdict"]) =>
    report.outcomes.filter((one) => one.verdict === verdict).length;
  const cases = report.outcomes.map((one) => {
    const name = `${one.service ?? "all"}: ${one.title}`;
    return `    <testcase classname="${text(`${report.app}.${one.fault}`)}" name="${text(name)}" time="${(one.millis / 1000).toFixed(3)}">${inner(one)}</testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    `  <testsuite name="${text(`holdfast rehearse ${report.app}`)}" tests="${report.outcomes.length}" failures="${count("broken")}" skipped="${count("not-rehearsed") + count("gap")}" time="${(report.millis / 1000).toFixed(3)}" timestamp="${new Date(report.at).toISOString()}">`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function inner(one: Outcome): string {
  switch (one.verdict) {
    case "kept":
      return `<system-out>${text(one.says)}</system-out>`;
    case "broken":
      return `<failure message="${text(one.says)}">${text([one.promise, one.because, one.fix].filter(Boolean).join("\n"))}</failure>`;
    case "gap":
      return `<skipped message="${text(`not promised: ${one.says}`)}"/>`;
    case "not-rehearsed":
      return `<skipped message="${text(one.says)}"/>`;
  }
}

/** Text that XML 1.0 can hold. */
function text(value: string): string {
  return value
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
