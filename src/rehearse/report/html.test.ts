import { expect, test } from "vitest";
import { makeComparison } from "../compare-reports.ts";
import type { Outcome } from "../outcome.ts";
import type { Report } from "../rehearse.ts";
import { toHtml } from "./html.ts";
import { toJunit } from "./junit.ts";

/** As a program, a host or a spec may name things that are shown: markup, the end of an attribute, and text that turns what is around it. */
const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;\u202e\u0007\u0000]]><!--`;

const outcome: Outcome = {
  fault: hostile,
  title: hostile,
  service: hostile,
  verdict: "broken",
  promise: hostile,
  because: hostile,
  says: hostile,
  fix: hostile,
  detect: 100,
  recover: 700,
  told: [{ incident: hostile, severity: "error", summary: hostile, to: [hostile], after: 10 }],
  timeline: [
    { at: 0, kind: "fault", what: hostile },
    { at: 700, kind: "check", what: "ready again" },
  ],
  millis: 900,
};

const report: Report = {
  app: hostile,
  environment: hostile,
  spec: "0".repeat(64),
  systemd: hostile,
  machine: hostile,
  tree: hostile,
  at: Date.UTC(2026, 0, 2, 3, 4, 5),
  upMillis: 3000,
  millis: 60_000,
  shortened: [{ key: hostile, from: hostile, to: hostile }],
  standIns: [hostile],
  upstreams: [
    { name: hostile, url: hostile, asked: 1, by: { [hostile]: 1 }, requests: [], undeclared: [hostile] },
  ],
  outcomes: [outcome, { ...outcome, verdict: "gap" }, { ...outcome, verdict: "not-rehearsed", timeline: [] }],
  notYet: { [hostile]: hostile },
};
const trouble = [
  { severity: "error" as const, code: "x/y", summary: hostile, detail: hostile, fix: hostile },
];
const reports = {
  "one report": report,
  "a comparison": makeComparison(report, { ...report, outcomes: [{ ...outcome, verdict: "kept" }] }, hostile),
  "a comparison without a second report": makeComparison(report, null, hostile, trouble),
};

test.each(Object.entries(reports))(
  "nothing that %s names is markup, or turns the text around it",
  (_, shown) => {
    const html = toHtml(shown);
    const body = html.slice(html.indexOf("<main>"));
    expect(html).toContain("&lt;script&gt;");
    expect(html.replaceAll("\n", "")).not.toMatch(/<(script|img)|\p{Cc}|\p{Cf}/u);
    // Every tag is one of ours, with attributes of ours.
    for (const [tag] of body.matchAll(/<[^>]*>/g))
      expect(tag).toMatch(/^<\/?[a-z0-9]+( [a-z0-9:-]+="[^"<>]*")*( aria-hidden="true")?\/?>$/);
    const junit = toJunit(shown);
    expect(junit.replaceAll("\n", "")).not.toMatch(/<script|\p{Cc}/u);
  },
);

test("a page needs nothing but itself, and leads to what it names", () => {
  for (const shown of Object.values(reports)) {
    const html = toHtml(shown);
    expect(html).not.toMatch(/<script|<link|<[^>]* (src|href|style)="(?!#|background)|url\(|@import/);
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, to] of html.matchAll(/(?:href="#|aria-labelledby=")([^"]+)"/g)) expect(ids).toContain(to);
    // One heading of the first level, and none that skips one.
    const levels = [...html.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    levels.reduce((above, level) => (expect(level).toBeLessThanOrEqual(above + 1), level), 0);
  }
});

test("what is wrong is read first, in words as well as in colours", () => {
  const html = toHtml({ ...report, outcomes: [{ ...outcome, verdict: "kept", service: "a" }, outcome] });
  expect(html).toContain("1 of 2 promises was broken when it came to it.");
  expect(html.indexOf("✗ broken")).toBeLessThan(html.indexOf("✓ kept"));
  expect(html).toContain(
    'role="img" aria-label="The first 1 s from the fault on: noticed after 100 ms, ready after 700 ms"',
  );
  expect(toHtml(reports["a comparison"])).toContain("Better there");
});

test("what is told at the time of a slot that is hours away does not squeeze the picture", () => {
  const slot = { at: 34_000_000, kind: "told" as const, what: "error: missed" };
  const html = toHtml({
    ...report,
    outcomes: [{ ...outcome, timeline: [...outcome.timeline, slot], millis: 4000 }],
  });
  expect(html).toContain("<span>0</span><span>4 s</span>");
});
