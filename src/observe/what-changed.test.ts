import { expect, test } from "vitest";
import type { Host } from "../host/host.ts";
import type { Change } from "../store/changes.ts";
import { whatChanged } from "./what-changed.ts";

const before = Date.UTC(2026, 10, 30, 9, 0, 0);
const minute = 60_000;

function hostWith(files: Readonly<Record<string, string>>, boots = "[]"): Host {
  return {
    files: { read: async (path: string) => files[path] ?? null },
    run: async () => ({ status: 0, signal: null, stdout: boots, stderr: "" }),
  } as unknown as Host;
}

function change(id: number, started: number, finished: number | null, outcome: Change["outcome"]): Change {
  const iso = (at: number): string => new Date(at).toISOString();
  const common = { id, app: "polybot", purpose: "apply", who: "anna", from: id - 1, to: id, stepsBegun: 1 };
  return {
    ...common,
    plan: {},
    started: iso(started),
    finished: finished === null ? null : iso(finished),
    outcome,
    failure: null,
  } as unknown as Change;
}

/** As dpkg writes it, in local time. */
function stamp(at: number): string {
  const date = new Date(at);
  const two = (number: number): string => String(number).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}

test("changes of the last hour, and those that were under way then", async () => {
  const changes = [
    change(4, before + minute, before + 2 * minute, "applied"),
    change(3, before - 4 * minute, null, null),
    change(2, before - 70 * minute, before - 59 * minute, "undone"),
    change(1, before - 90 * minute, before - 80 * minute, "applied"),
  ];
  expect(await whatChanged(hostWith({}), { changes, before })).toEqual([
    { at: before - 70 * minute, kind: "change", says: "apply generation 2, from 1, by anna: undone" },
    { at: before - 4 * minute, kind: "change", says: "apply generation 3, from 2, by anna: not finished" },
  ]);
});

test("packages of dpkg's log and the one before it, by local time", async () => {
  const log = [
    `${stamp(before - 90 * minute)} upgrade old:amd64 1 2`,
    `${stamp(before - 20 * minute)} upgrade libssl3:amd64 3.0.14-1 3.0.15-1`,
    `${stamp(before - 20 * minute)} status installed libssl3:amd64 3.0.15-1`,
    `${stamp(before + minute)} install later:all <none> 1`,
  ];
  const older = [`${stamp(before - 50 * minute)} install curl:amd64 <none> 7.88.1-10`];
  const host = hostWith({ "/var/log/dpkg.log": log.join("\n"), "/var/log/dpkg.log.1": older.join("\n") });
  expect(await whatChanged(host, { changes: [], before })).toEqual([
    { at: before - 50 * minute, kind: "package", says: "install curl:amd64 7.88.1-10" },
    { at: before - 20 * minute, kind: "package", says: "upgrade libssl3:amd64 3.0.14-1 to 3.0.15-1" },
  ]);
});

test("reboots: of the journal as JSON or as a table, and of the kernel, each once", async () => {
  const boot = before - 30 * minute;
  const proc = { "/proc/stat": `cpu 1 2\nbtime ${(before - 10 * minute) / 1000}\n` };
  const json = JSON.stringify([
    { first_entry: boot * 1000 },
    { first_entry: (before - 10 * minute + 2000) * 1000 },
  ]);
  const id = "0123456789abcdef".repeat(2);
  const table = `-1 ${id} Mon 2026-11-30 08:30:00 UTC—Mon 2026-11-30 08:49:00 UTC\n 0 ${id} Mon 2026-11-30 08:50:02 UTC—Mon 2026-11-30 09:00:00 UTC\n`;
  for (const text of [json, table])
    expect((await whatChanged(hostWith(proc, text), { changes: [], before })).map(({ at }) => at)).toEqual([
      boot,
      before - 10 * minute,
    ]);
  expect(await whatChanged(hostWith(proc, ""), { changes: [], before, window: minute })).toEqual([]);
});

test("what cannot be found out is said, and hides nothing else", async () => {
  const refuses = {
    files: {
      read: async () => {
        throw new Error("EACCES: permission denied");
      },
    },
    run: async () => ({ stdout: "" }),
  } as unknown as Host;
  const changes = [change(1, before - minute, before - minute, "applied")];
  const found = await whatChanged(refuses, { changes, before });
  expect(found.map(({ kind }) => kind)).toEqual(["change", "unknown", "unknown"]);
  expect(found[1]!.says).toMatch(/^packages: could not be found out: EACCES/);
});
