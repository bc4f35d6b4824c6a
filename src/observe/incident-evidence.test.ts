import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { start } from "../tell/test-telling.ts";
import { readAppMask, type AppMask } from "./app-mask.ts";
import { bundlesDirectory, listBundles } from "./evidence-bundle.ts";
import { keepIncidentEvidence, verifyEvidence } from "./incident-evidence.ts";
import { canaries, desired, evidenceOptions, fakeJournal, incidentHost } from "./test-incident-host.ts";

let directory: string;
let path: string | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "incident-"));
  path = process.env["PATH"];
  process.env["PATH"] = `${await fakeJournal(directory, start)}:${path}`;
});
afterEach(async () => {
  process.env["PATH"] = path;
  await rm(directory, { recursive: true });
});

const state = (): string => join(directory, "state");
const maskOf = (): Promise<AppMask | null> => readAppMask(incidentHost(state()), desired);
/** Shows all that a mask would hide. */
const open: AppMask = Object.assign((text: string) => text, {
  redact: (text: string) => ({ text, count: 0 }),
});

async function gather(mask: AppMask | null, host = incidentHost(state())) {
  const bundle = await keepIncidentEvidence(host, evidenceOptions(state(), mask));
  const names = await readdir(bundle.directory);
  const texts = await Promise.all(names.map((name) => readFile(join(bundle.directory, name), "utf8")));
  return { ...bundle, files: new Map(names.map((name, index) => [name, texts[index]!])) };
}

const whole = ["changes", "checks", "configuration", "heals", "host", "manifest", "processes", "sockets"];

test("a bundle has every part, for root alone, and says what is in it", async () => {
  const { directory: bundle, files, manifest } = await gather(await maskOf());
  expect([...files.keys()].toSorted()).toEqual(
    [...whole, "timeline", "unit"]
      .map((name) => `${name}.json`)
      .concat("journal.txt")
      .toSorted(),
  );
  expect(bundle).toBe(join(bundlesDirectory(state(), "polybot"), "INC-20261130-090002"));
  expect((await stat(bundle)).mode & 0o777).toBe(0o700);
  for (const name of files.keys()) expect((await stat(join(bundle, name))).mode & 0o777).toBe(0o600);
  expect(manifest.missing).toEqual({});
  expect(manifest.redactions).toBeGreaterThan(20);
  const configuration = JSON.parse(files.get("configuration.json")!);
  expect(configuration).toMatchObject({ generation: 5, files: [{ asApplied: false }] });
  expect(configuration.envFiles[0].sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(JSON.parse(files.get("checks.json")!)).toMatchObject({ notGood: ["beat"] });
  expect(files.get("journal.txt")).toMatch(
    /^2026-11-30T09:00:00\.000Z polybot-bot\.service <3> order refused/m,
  );
});

test("no secret comes out in any part: of the env file, the secret, the command line, the log, a check", async () => {
  const { files } = await gather(await maskOf());
  for (const [name, text] of files)
    for (const canary of Object.values(canaries))
      expect([name, text.includes(canary)]).toEqual([name, false]);
  expect(files.get("journal.txt")).toContain(
    "order refused: [API_TOKEN] [key] --token=[hidden] https://[hidden]@x.example",
  );
  expect(files.get("processes.json")).toContain("--token [hidden] [key]");
});

test("without the mask each of them would: the test looks where they are", async () => {
  const { files, manifest } = await gather(open);
  const holding = (canary: string): string[] =>
    [...files].flatMap(([name, text]) => (text.includes(canary) ? [name] : [])).toSorted();
  const spoken = ["checks.json", "heals.json", "journal.txt", "timeline.json"];
  expect(holding(canaries.env)).toEqual([...spoken, "unit.json"]);
  expect(holding(canaries.secret)).toEqual([...spoken, "processes.json"].toSorted());
  expect(holding(canaries.flag)).toEqual([...spoken, "processes.json"].toSorted());
  expect(holding(canaries.url)).toEqual(spoken);
  expect(manifest.redactions).toBe(0);
});

test("when nobody knows what to hide, the words of programs are left out, and that is said", async () => {
  const { files, manifest } = await gather(null);
  for (const [name, text] of files)
    for (const canary of Object.values(canaries))
      expect([name, text.includes(canary)]).toEqual([name, false]);
  expect(manifest.missing["words"]).toMatch(/left out/);
  expect(files.get("journal.txt")).toMatch(/Watchdog timeout/);
  expect(files.get("checks.json")).toContain("left out");
});

test("a systemd that hangs costs what it would have told, and no more than 5 s", async () => {
  const began = performance.now();
  const { manifest, files } = await gather(await maskOf(), incidentHost(state(), true));
  expect(performance.now() - began).toBeLessThan(5000);
  expect(Object.keys(manifest.missing).toSorted()).toEqual(["processes", "sockets", "unit"]);
  expect(files.has("journal.txt")).toBe(true);
});

test("a second gathering has a name of its own, and both are found in their order", async () => {
  const mask = await maskOf();
  const [first, second] = [await gather(mask), await gather(mask)];
  expect(second.directory).toBe(`${first.directory}.2`);
  const host = incidentHost(state());
  const found = await listBundles(host.files, bundlesDirectory(state(), "polybot"), first.manifest.incident);
  expect(found.map((bundle) => bundle.directory)).toEqual([first.directory, second.directory]);
  expect(
    (await readdir(bundlesDirectory(state(), "polybot"))).filter((name) => name.startsWith(".")),
  ).toEqual([]);
});

test("what was changed, taken away or added afterwards is found", async () => {
  const { directory: bundle } = await gather(await maskOf());
  const { files } = incidentHost(state());
  expect(await verifyEvidence(files, bundle)).toMatchObject({ ok: true, trouble: [] });
  await appendFile(join(bundle, "journal.txt"), "one more line\n");
  await rm(join(bundle, "heals.json"));
  await writeFile(join(bundle, "note.txt"), "of somebody");
  expect((await verifyEvidence(files, bundle)).trouble).toEqual([
    "heals.json cannot be read",
    "journal.txt was changed",
    "note.txt was not gathered with it",
  ]);
  const manifest = await readFile(join(bundle, "manifest.json"), "utf8");
  await writeFile(join(bundle, "manifest.json"), manifest.replace('"redactions": ', '"redactions": 1'));
  expect((await verifyEvidence(files, bundle)).trouble).toContain("manifest.json was changed");
  await rm(join(bundle, "manifest.json"));
  expect(await verifyEvidence(files, bundle)).toMatchObject({
    ok: false,
    trouble: ["manifest.json is not there"],
  });
});

test("the newest fifty are kept, and the one that was just made is among them", async () => {
  const mask = await maskOf();
  const host = incidentHost(state());
  const directoryOfAll = bundlesDirectory(state(), "polybot");
  for (let nth = 1; nth <= 55; nth += 1)
    await host.files.makeDirectory(
      join(directoryOfAll, `INC-20261201-0000${String(nth).padStart(2, "0")}`),
      0o700,
    );
  await host.files.makeDirectory(join(directoryOfAll, "of a person"), 0o700);
  const { directory: made } = await gather(mask);
  const left = await readdir(directoryOfAll);
  expect(left).toHaveLength(51);
  expect(left).toContain("of a person");
  expect(left.map((name) => join(directoryOfAll, name))).toContain(made);
});
