import { expect, test } from "vitest";
import type { Report } from "../rehearse/rehearse.ts";
import type { Diagnostic } from "../report/diagnostic.ts";
import { keepReport } from "./keep-report.ts";
import type { Session } from "./session.ts";

test("a report that cannot be kept is a warning that says so, and no failure", async () => {
  const said: Diagnostic[] = [];
  const session = {
    writableRecord: () => {
      throw new Error("database or disk is full");
    },
    out: { diagnose: (found: readonly Diagnostic[]) => said.push(...found) },
  } as unknown as Session;
  expect(await keepReport(session, "rehearsal", {} as Report, "hash")).toBe(false);
  expect(said).toMatchObject([
    { severity: "warning", code: "rehearse/not-kept", summary: expect.stringContaining("disk is full") },
  ]);
});
