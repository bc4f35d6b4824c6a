import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { newCheckState } from "../heal/check-state.ts";
import { localFiles } from "../host/local-files.ts";
import type { Host } from "../host/host.ts";
import type { Desired, DesiredService } from "../plan/desired.ts";
import type { HealRow } from "../heal/heal-row.ts";
import { evidenceDirectory, keepHealEvidence } from "./heal-evidence.ts";

let stateDirectory: string;
beforeEach(async () => void (stateDirectory = await mkdtemp(join(tmpdir(), "evidence-"))));
afterEach(() => rm(stateDirectory, { recursive: true }));

const service = {
  name: "bot",
  unit: "app-bot.service",
  envFiles: [],
  secrets: [],
} as unknown as DesiredService;
const desired = { app: "app", directory: "/tmp", environment: null, artifacts: [] } as unknown as Desired;

function hostWith(properties: () => Promise<object>): Host {
  const run = async () => ({ status: 0, signal: null, stdout: "", stderr: "" });
  return { scope: "system", files: localFiles, systemd: { properties }, run } as unknown as Host;
}

const keep = (host: Host, id = 1, checks = {}): Promise<string> =>
  keepHealEvidence(host, {
    stateDirectory,
    row: { id, app: "app", service: "bot", unit: "app-bot.service", act: "restart" } as HealRow,
    desired,
    service,
    checks,
    now: new Date(0),
  });

test("a systemd that does not answer costs 2 s and what it would have told; the rest is there, for root alone", async () => {
  const began = performance.now();
  const path = await keep(hostWith(() => new Promise(() => {})));
  expect(performance.now() - began).toBeLessThan(2500);
  const evidence = JSON.parse(await readFile(path, "utf8"));
  expect(Object.keys(evidence.missing)).toEqual(
    expect.arrayContaining(["unit", "processes", "controlGroup"]),
  );
  expect(evidence.missing.unit).toBe("it took longer than 2 s");
  expect(evidence.host.memory).toHaveProperty("MemTotal");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("what fails is named with the reason", async () => {
  const path = await keep(hostWith(() => Promise.reject(new Error("the bus is gone"))));
  const evidence = JSON.parse(await readFile(path, "utf8"));
  expect(evidence.missing).toMatchObject({ unit: "the bus is gone", processes: "the bus is gone" });
});

test("it is never larger than 256 KiB", async () => {
  const last = { result: "fail", value: null, limit: null, says: "x".repeat(4000) };
  const checks = Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [`check-${index}`, { ...newCheckState(0), last }]),
  );
  const path = await keep(
    hostWith(async () => ({})),
    1,
    checks,
  );
  expect((await stat(path)).size).toBeLessThanOrEqual(256 * 1024);
  JSON.parse(await readFile(path, "utf8"));
});

test("the newest fifty are kept, by their number, and nothing else is touched", async () => {
  const host = hostWith(async () => ({}));
  await keep(host, 1);
  const directory = evidenceDirectory(stateDirectory, "app");
  for (let id = 2; id <= 101; id++) await writeFile(join(directory, `heal-${id}.json`), "{}");
  await writeFile(join(directory, "a note"), "of a person");
  await keep(host, 102);
  const left = await readdir(directory);
  expect(left).toHaveLength(51);
  expect(left).toEqual(expect.arrayContaining(["a note", "heal-102.json", "heal-53.json"]));
});
