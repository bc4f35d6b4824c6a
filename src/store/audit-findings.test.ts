import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { AuditFindings, type SeenFinding } from "./audit-findings.ts";
import { makeTables } from "./open-store.ts";

function store(): AuditFindings {
  const database = new DatabaseSync(":memory:");
  makeTables(database);
  return new AuditFindings(database);
}

const loose: SeenFinding = {
  app: "polybot",
  id: "audit/env-file-readable",
  where: "/opt/polybot/.env",
  subject: "environment files",
  service: "bot",
  severity: "error",
  says: "everybody may read it",
};
const reboot: SeenFinding = {
  ...loose,
  app: null,
  id: "audit/reboot-needed",
  where: "host",
  subject: "updates",
  service: null,
};
const all = [
  { app: "polybot", subject: "environment files" },
  { app: null, subject: "updates" },
];
const day = 86_400_000;

test("a finding is new once, then open since it was found, then gone, then new again", () => {
  const findings = store();
  expect(findings.record([loose, reboot], all, 1)).toEqual({ fresh: [loose, reboot], gone: [] });
  expect(findings.record([loose, reboot], all, 2)).toEqual({ fresh: [], gone: [] });
  expect(findings.list().map(({ since, seen }) => [since, seen])).toEqual([
    [1, 2],
    [1, 2],
  ]);
  expect(findings.record([reboot], all, 3).gone).toMatchObject([{ where: "/opt/polybot/.env", since: 1 }]);
  expect(findings.record([reboot], all, 4).gone).toEqual([]);
  expect(findings.record([loose, reboot], all, 5).fresh).toEqual([loose]);
  expect(findings.list().find(({ app }) => app === "polybot")).toMatchObject({ since: 5, gone: null });
});

test("what was not looked at, or not in full, is not gone", () => {
  const findings = store();
  findings.record([loose, reboot], all, 1);
  expect(findings.record([], [{ app: null, subject: "updates" }], 2).gone).toMatchObject([{ app: null }]);
  expect(findings.record([], [{ app: "other", subject: "environment files" }], 3).gone).toEqual([]);
});

test("an acceptance stays with its finding when that comes and goes", () => {
  const findings = store();
  findings.record([loose], all, 1);
  const acceptance = { why: "a demo", by: "anna", at: 2, until: 2 + 30 * day };
  expect(findings.accept(loose, acceptance)).toBe(true);
  expect(findings.accept({ ...loose, where: "/elsewhere" }, acceptance)).toBe(false);
  findings.record([], all, 3);
  findings.record([loose], all, 4);
  expect(findings.list()).toMatchObject([{ accepted: acceptance, gone: null }]);
});

test("what has been gone for more than a year is forgotten", () => {
  const findings = store();
  findings.record([loose], all, 1);
  findings.record([], all, 2);
  findings.record([], all, 399 * day);
  expect(findings.list()).toHaveLength(1);
  findings.record([], all, 401 * day);
  expect(findings.list()).toEqual([]);
});
