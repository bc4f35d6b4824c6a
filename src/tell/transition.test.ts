import { expect, test } from "vitest";
import type { EventKind, WatchEvent } from "../heal/watch-event.ts";
import { noTelling } from "../compile/tell-rule.ts";
import { start } from "./test-telling.ts";
import { alertKey, severityOf, transitionsOf, usualSeverity } from "./transition.ts";

const file = noTelling("polybot", "system");

function told(kind: EventKind, changes: Partial<WatchEvent> = {}, from = file): string[] {
  const event: WatchEvent = {
    at: start,
    app: "polybot",
    service: "bot",
    kind,
    check: "beat",
    says: "no beat for 31 s",
    data: null,
    ...changes,
  };
  return transitionsOf(event, from).map((one) => {
    expect(one).toMatchObject({ at: start, service: event.service });
    if (one.change === "note") return `note${one.hurry ? ", hurry" : ""}: ${one.says}`;
    const key = alertKey("polybot", one.service, one.source, one.subject);
    if (one.change === "clear") return `clear ${key}`;
    return `${one.change} ${key} ${one.severity}${one.mayHeal ? ", may heal" : ""}`;
  });
}

const check = "polybot/bot/check:beat";
const unknown = "polybot/bot/unknown:beat";

const cases: [EventKind, Partial<WatchEvent>, string[]][] = [
  ["check-failing", {}, [`clear ${unknown}`, `raise ${check} error`]],
  ["check-failing", { data: { severity: "warning" } }, [`clear ${unknown}`, `raise ${check} warning`]],
  ["check-failing", { data: { heals: true } }, [`clear ${unknown}`, `raise ${check} error, may heal`]],
  [
    "check-failing",
    { check: "unit" },
    ["clear polybot/bot/unknown:unit", "raise polybot/bot/check:unit error, may heal"],
  ],
  ["check-recovered", {}, [`clear ${unknown}`, `clear ${check}`]],
  ["check-unknown", {}, [`raise ${unknown} warning`]],
  ["check-flapping", {}, ["note: no beat for 31 s"]],
  ["check-calm", {}, ["note: no beat for 31 s"]],
  ["heal-begun", {}, ["note: no beat for 31 s"]],
  ["heal-begun", { data: { count: 2 } }, ["note: no beat for 31 s (number 2 of its budget)"]],
  ["heal-ended", { data: { outcome: "helped" } }, ["note: no beat for 31 s"]],
  ["heal-ended", { data: { outcome: "did-not-help" } }, ["note, hurry: no beat for 31 s"]],
  ["heal-ended", { data: { outcome: "failed" } }, ["note, hurry: no beat for 31 s"]],
  ["breaker-opened", { check: null }, ["raise polybot/bot/breaker critical"]],
  ["breaker-half-open", { check: null }, ["note: no beat for 31 s"]],
  ["breaker-closed", { check: null }, ["clear polybot/bot/breaker"]],
  ["restarted-by-systemd", { check: null }, ["once polybot/bot/restarted info"]],
  ["crashes-forgotten", { check: null }, []],
  ["audit-found", { check: "audit/x /p" }, ["raise polybot/bot/audit:audit/x /p error"]],
  [
    "audit-found",
    { check: "audit/x /p", data: { severity: "critical" } },
    ["raise polybot/bot/audit:audit/x /p critical"],
  ],
  ["check-changed", {}, ["clear polybot/bot/unknown:beat", "clear polybot/bot/check:beat"]],
  ["audit-over", { check: "audit/x /p" }, ["clear polybot/bot/audit:audit/x /p"]],
  ["agent-started", { app: "", service: null, check: null }, []],
  ["agent-was-away", { app: "", service: null, check: null, says: "it was stopped for 3 min" }, []],
  [
    "agent-was-away",
    { app: "", service: null, check: null, says: "it ended uncleanly, and was away for 3 min" },
    ["once polybot/-/away warning"],
  ],
];

test.each(cases)("%s %j", (kind, changes, expected) => {
  expect(told(kind, changes)).toEqual(expected);
});

test("every kind of event is thought of", () => {
  const kinds: Record<EventKind, true> = {
    "check-failing": true,
    "check-recovered": true,
    "check-unknown": true,
    "check-flapping": true,
    "check-calm": true,
    "check-changed": true,
    "heal-begun": true,
    "heal-ended": true,
    "breaker-opened": true,
    "breaker-half-open": true,
    "breaker-closed": true,
    "restarted-by-systemd": true,
    "crashes-forgotten": true,
    "audit-found": true,
    "audit-over": true,
    "agent-started": true,
    "agent-was-away": true,
  };
  expect(new Set(cases.map(([kind]) => kind))).toEqual(new Set(Object.keys(kinds)));
});

test("how bad something is can be declared, but not of a check, which has its own", () => {
  const strict = { ...file, severity: { restarted: "error", breaker: "warning" } as const };
  expect(told("restarted-by-systemd", { check: null }, strict)).toEqual(["once polybot/bot/restarted error"]);
  expect(severityOf(strict, "breaker")).toBe("warning");
  expect(severityOf(strict, "gave-up")).toBe(usualSeverity["gave-up"]);
});
