import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hashOf } from "../observe/evidence-bundle.ts";
import { canaries, fakeJournal } from "../observe/test-incident-host.ts";
import type { EvidenceManifest } from "../tell/review-facts.ts";
import { start } from "../tell/test-telling.ts";
import { runIncidentDuty } from "./incident-duty.ts";
import { runIncidentEvidence } from "./incident-evidence.ts";
import { runIncidentExport } from "./incident-export.ts";
import { incidentSession, type TestSession } from "./test-incident-session.ts";

let directory: string;
let path: string | undefined;
let the: TestSession;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "records-"));
  path = process.env["PATH"];
  process.env["PATH"] = `${await fakeJournal(directory, start)}:${path}`;
  the = incidentSession(join(directory, "state"));
});
afterEach(async () => {
  process.env["PATH"] = path;
  await rm(directory, { recursive: true });
});

const name = "090002";

test("evidence is gathered, is in the timeline with its hash, and is as it was gathered", async () => {
  expect(await runIncidentEvidence(the.session, name)).toBe(0);
  const bundle = the.incident().evidence!;
  const manifest = the.said().value["manifest"] as EvidenceManifest;
  expect(the.said().text).toContain(`${bundle}: 10 files`);
  expect(the.timeline().at(-1)).toMatchObject({ kind: "evidence", who: "anna" });
  expect(the.timeline().at(-1)!.says).toContain(manifest.sha256);
  expect(await runIncidentEvidence(the.session, name, { verify: true })).toBe(0);
  expect(the.said().text).toBe("INC-20261130-090002: as it was gathered");
});

test("who changes a file and its manifest alike is found by the record", async () => {
  await runIncidentEvidence(the.session, name);
  const bundle = the.incident().evidence!;
  const forged = "nothing happened\n";
  await writeFile(join(bundle, "journal.txt"), forged);
  const manifest = JSON.parse(await readFile(join(bundle, "manifest.json"), "utf8")) as EvidenceManifest;
  const { sha256: _, ...list } = {
    ...manifest,
    files: manifest.files.map((file) =>
      file.name === "journal.txt" ? { ...file, size: forged.length, sha256: hashOf(forged) } : file,
    ),
  };
  await writeFile(
    join(bundle, "manifest.json"),
    JSON.stringify({ ...list, sha256: hashOf(JSON.stringify(list)) }),
  );
  expect(await runIncidentEvidence(the.session, name, { verify: true })).toBe(1);
  expect(the.said().text).toContain("its list is not the one on record");
});

test("without evidence there is nothing to verify, and it is said how to gather it", async () => {
  await expect(runIncidentEvidence(the.session, name, { verify: true })).rejects.toMatchObject({
    diagnostics: [
      { code: "incident/no-evidence", fix: "sudo holdfast incident evidence INC-20261130-090002" },
    ],
  });
});

test("duties are listed, and done by whom and when", async () => {
  await runIncidentDuty(the.session, name, null);
  expect(the.said().text).toBe(`Duties of INC-20261130-090002
   1 [x] L1: look at the checks  anna, 2026-11-30 09:02:30 UTC
   2 [ ] L1: restart it`);
  await runIncidentDuty(the.session, name, 2);
  await runIncidentDuty(the.session, name, 2);
  expect(the.said().text).toMatch(/2 \[x\] L1: restart it {2}anna/);
  expect(the.timeline().filter(({ kind }) => kind === "duty")).toMatchObject([
    { who: "anna", says: "done: L1: restart it" },
  ]);
  await expect(runIncidentDuty(the.session, name, 7)).rejects.toMatchObject({
    diagnostics: [{ code: "usage/unknown-duty" }],
  });
});

test("an export has everything in one, with the evidence's own texts, and no secret", async () => {
  await runIncidentEvidence(the.session, name);
  await runIncidentExport(the.session, name);
  const { text } = the.said();
  const all = JSON.parse(text);
  for (const part of ["incident", "alerts", "timeline", "messages", "heals", "changed", "duties", "answers"])
    expect(all).toHaveProperty(part);
  const [bundle] = all.evidence as { manifest: EvidenceManifest; texts: Record<string, string> }[];
  for (const { name: file, sha256 } of bundle!.manifest.files)
    expect(hashOf(bundle!.texts[file]!)).toBe(sha256);
  for (const canary of Object.values(canaries)) expect(text).not.toContain(canary);
});

test("an export into a file is for its owner alone, and replaces nothing by accident", async () => {
  const out = join(directory, "review.md");
  await runIncidentExport(the.session, name, { markdown: true, out });
  expect(await readFile(out, "utf8")).toMatch(/^# INC-20261130-090002: /);
  expect((await stat(out)).mode & 0o777).toBe(0o600);
  await expect(runIncidentExport(the.session, name, { out })).rejects.toThrow(/there is a file of that name/);
  await runIncidentExport(the.session, name, { out, force: true });
  expect(JSON.parse(await readFile(out, "utf8"))).toHaveProperty("incident");
});

test("a message for outsiders has nothing of the inside, and asks for what is affected", async () => {
  await runIncidentExport(the.session, name, { status: true });
  expect(the.said().text).toMatch(/^Status of polybot, /);
  expect(the.said().text).not.toMatch(/beat|bot\.service|order refused|anna/);
  expect(the.notes).toEqual([
    "It does not say what is affected: holdfast incident review INC-20261130-090002 --impact TEXT",
  ]);
  the.store.reviews.mergeAnswers(the.incident().id, { impact: `no orders since ${canaries.env}` });
  await runIncidentExport(the.session, name, { status: true });
  expect(the.said().text).toContain("What is affected: no orders since [API_TOKEN]");
});
