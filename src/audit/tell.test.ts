import { expect, test } from "vitest";
import type { StoredFinding } from "../store/audit-findings.ts";
import { eventsOfAudit } from "./tell.ts";

const loose: StoredFinding = {
  app: "polybot",
  id: "audit/env-file-readable",
  where: "/opt/polybot/.env",
  subject: "environment files",
  service: "bot",
  severity: "error",
  says: "everybody may read it",
  since: 1,
  seen: 1,
  gone: null,
  accepted: null,
};
const acceptance = { why: "a demo", by: "anna", at: 2, until: 10 };

function kinds(before: readonly StoredFinding[], after: readonly StoredFinding[], now = 5): string[] {
  return eventsOfAudit(before, after, now).map(({ kind, app, check }) => `${kind} ${app} ${check}`);
}

const found = ["audit-found polybot audit/env-file-readable /opt/polybot/.env"];
const over = ["audit-over polybot audit/env-file-readable /opt/polybot/.env"];

test("what is new is told once, and what is gone is told as over", () => {
  expect(kinds([], [loose])).toEqual(found);
  expect(kinds([loose], [{ ...loose, seen: 5 }])).toEqual([]);
  expect(kinds([loose], [{ ...loose, gone: 5 }])).toEqual(over);
  expect(kinds([{ ...loose, gone: 3 }], [{ ...loose, gone: 3 }])).toEqual([]);
  expect(kinds([{ ...loose, gone: 3 }], [{ ...loose, since: 5 }])).toEqual(found);
});

test("less than an error is on record only", () => {
  expect(kinds([], [{ ...loose, severity: "warning" }])).toEqual([]);
  expect(kinds([], [{ ...loose, severity: "critical" }])).toEqual(found);
  expect(kinds([loose], [{ ...loose, severity: "warning" }])).toEqual(over);
});

test("what is accepted is over until its day, and then told anew, once", () => {
  const accepted = { ...loose, accepted: acceptance };
  expect(kinds([loose], [accepted], 2)).toEqual(over);
  expect(kinds([{ ...loose, severity: "info" }], [{ ...accepted, severity: "info" }], 2)).toEqual([]);
  expect(kinds([accepted], [{ ...accepted, seen: 5 }], 5)).toEqual([]);
  expect(kinds([{ ...accepted, seen: 5 }], [{ ...accepted, seen: 11 }], 11)).toEqual(found);
  expect(kinds([{ ...accepted, seen: 11 }], [{ ...accepted, seen: 12 }], 12)).toEqual([]);
});

test("what is of the host, or of no service, is one thing that ends with the last of it", () => {
  const host = { ...loose, app: null, service: null };
  const other: StoredFinding = {
    ...host,
    where: "/elsewhere",
    severity: "critical",
    says: "everybody may change it",
  };
  expect(eventsOfAudit([], [host, other], 5)).toMatchObject([
    {
      app: "",
      service: null,
      check: null,
      data: { severity: "critical" },
      says: "an audit has found 2 things: everybody may change it; everybody may read it (see: holdfast audit)",
    },
  ]);
  expect(kinds([host], [host, other])).toEqual(["audit-found  null"]);
  expect(kinds([host, other], [host, { ...other, gone: 5 }])).toEqual([]);
  expect(
    kinds(
      [host, other],
      [
        { ...host, gone: 5 },
        { ...other, gone: 5 },
      ],
    ),
  ).toEqual(["audit-over  null"]);
});
