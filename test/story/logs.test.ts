import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { stayWithinOneDay } from "./clock.ts";
import { checkout, sharedHost, story, waitUntil } from "./story.ts";

// An application's log is one log for its reader, in a journal that is nobody else's.

const quill = (logs: string): string => `
app: quill
user: daemon
directory: /opt/quill
logs: ${logs}
services:
  writer:
    run: /usr/bin/python3 quill.py
    log-identifier: nib
    writes: [state]
    ready: { settle: 0s }
    stop: { timeout: 2s }
`;
const usual = "{ max: 16M, per-file: 4M, keep: 30d }";
const cramped = `
app: cramped
user: daemon
directory: /opt/quill
logs: { max: 64M, keep-free: 12M }
services: { clock: { run: /usr/bin/sleep infinity, ready: { settle: 0s } } }
`;

const world = sharedHost({
  setUp: async ({ host, run }) => {
    await stayWithinOneDay("UTC");
    await host.write(
      "/opt/quill/quill.py",
      readFileSync(join(import.meta.dirname, "programs/quill.py"), "utf8"),
    );
    await apply(quill(usual));
    await waitUntil("the service can be told what to say", async () => {
      return (await host.run(["test", "-p", "/opt/quill/state/say"])).status === 0;
    });
    // Not of the application: what the machine's own journal holds must stay as it is.
    await run("systemd-cat --identifier=neighbour echo an entry of somebody else").succeeds();
  },
});

const directory = "/opt/quill";

async function apply(spec: string): Promise<void> {
  await world.host.write(`${directory}/holdfast.yaml`, spec);
  await world.holdfast("apply", { directory }).succeeds();
}

/** Has the service write these lines, and waits until the last one is in its log. */
async function say(...lines: string[]): Promise<void> {
  await world.run(["tee", "/opt/quill/state/say"], { stdin: `${lines.join("\n")}\n` }).succeeds();
  const last = lines
    .at(-1)!
    .replace(/^stderr /, "")
    .replace(/^bulk .*/, "bulk is written");
  const newest = ["journalctl", "--namespace=quill", "--output=cat", "--no-pager", "--lines=3"];
  const isThere = async (): Promise<boolean> => (await world.run(newest)).stdout.includes(last);
  await waitUntil(`"${last}" is in the log`, isThere, { timeout: 180_000 });
}

type Line = {
  time: string;
  service: string;
  from: string;
  pid: number;
  level: string;
  message: string;
} & Record<"unit" | "invocation" | "identifier", string>;

async function lines(...args: string[]): Promise<Line[]> {
  const { stdout } = await world.holdfast(["logs", "quill", ...args, "--json"]).succeeds();
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

async function messages(...args: string[]): Promise<string[]> {
  return (await lines(...args)).filter(({ from }) => from === "unit").map(({ message }) => message);
}

type Store = Record<"bytes" | "files" | "cap", number> & Record<"effective" | "reported", { cap: number }>;

async function store(app = "quill"): Promise<Store> {
  return (await world.holdfast(`maintain logs usage ${app} --json`).succeeds()).json().store;
}

/** The files of the machine's own journal, and its oldest entry. */
async function neighbours(): Promise<string> {
  const { stdout } = await world.run("journalctl -t neighbour -o short-precise --no-pager").succeeds();
  const files = await journalFiles("");
  return `${stdout}${files.map(({ name }) => name).join(" ")}`;
}

/** Journal files below the directory of a namespace, or of the machine's own journal. */
async function journalFiles(namespace: string): Promise<{ name: string; bytes: number }[]> {
  const machine = (await world.host.read("/etc/machine-id"))!.trim();
  const path = `/var/log/journal/${machine}${namespace === "" ? "" : `.${namespace}`}`;
  const { stdout } = await world.run(["find", path, "-type", "f", "-printf", "%f %b\n"]);
  return stdout.split("\n").flatMap((line) => {
    const [name = "", blocks] = line.split(" ");
    return name === "" ? [] : [{ name, bytes: Number(blocks) * 512 }];
  });
}

story(
  "both streams of a service and systemd's words about it are one log, told apart",
  { covers: "O-05, O-37, O-82" },
  async ({ holdfast }) => {
    await say("to the standard output", "stderr to the standard error");
    const log = await holdfast("logs").succeeds();
    log.says(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  writer  to the standard output$/m);
    log.says(/  writer  to the standard error$/m);
    log.says(/  writer  \[systemd\] Started quill-writer\.service/);
    expect(await messages("--identifier", "nib")).toContain("to the standard output");
    expect(await lines("--identifier", "somebody")).toEqual([]);
    await holdfast("logs quil")
      .fails(2)
      .then((result) => result.says("quill"));
  },
);

story(
  "JSON has one object for each line, with unit and invocation",
  { covers: "P-45, O-84" },
  async ({ unit }) => {
    await say("a line for programs");
    const line = (await lines("-n", "1", "--grep", "for programs"))[0]!;
    expect(line).toMatchObject({
      unit: "quill-writer.service",
      service: "writer",
      from: "unit",
      level: "info",
      identifier: "nib",
    });
    expect(line.invocation).toBe(await unit("quill-writer").show("InvocationID"));
    expect(String(line.pid)).toBe(await unit("quill-writer").show("MainPID"));
    expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  },
);

story("a number of lines and a span of time are exact", { covers: "P-42, P-43, O-82" }, async () => {
  const counts = Array.from({ length: 150 }, (_, index) => `count ${index + 1}`);
  // journald gives all lines that it reads at once the same time.
  await say(...counts.slice(0, 100));
  await say(...counts.slice(100));
  const hundred = await lines("-n", "100");
  expect(hundred).toHaveLength(100);
  expect(hundred.at(-1)!.message).toBe("count 150");
  // The newest of those that match, not those that match among the newest.
  expect(await messages("-n", "2", "--grep", "count 1")).toEqual(["count 149", "count 150"]);
  expect(await messages("-n", "2", "--grep", "count 2")).toEqual(["count 28", "count 29"]);

  const { time } = hundred.find(({ message }) => message === "count 101")!;
  expect(await messages("--since", time)).toEqual(counts.slice(100));
  const before = await lines("--until", hundred[0]!.time);
  expect(before.map(({ message }) => message)).toContain(hundred[0]!.message);
  expect(before.filter((line) => line.time > hundred[0]!.time)).toEqual([]);
  for (const since of ["today", "10m", "-1h", "1h ago"])
    expect(await messages("--since", since)).toContain("count 1");
  expect(await lines("--since", "tomorrow")).toEqual([]);
  expect(await lines("--until", "yesterday")).toEqual([]);
  await world
    .holdfast("logs --since soon")
    .fails(2)
    .then((result) => result.says("--since 10m"));
});

story("precise times have microseconds and the offset from UTC", { covers: "P-44" }, async ({ holdfast }) => {
  await say("a precise line");
  const offset = { env: { TZ: "Asia/Kolkata" } };
  const { stdout } = await holdfast("logs --precise -n 1", offset).succeeds();
  const [, shown = ""] =
    /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+05:30)  writer  a precise line$/m.exec(stdout) ?? [];
  const [line] = await lines("-n", "1");
  expect(Date.parse(shown.replace(" ", "T"))).toBe(Date.parse(line!.time));
});

story(
  "an export holds the same lines, for its owner alone",
  { covers: "P-46, O-84" },
  async ({ host, holdfast, run }) => {
    await say("first of the export", "last of the export");
    await holdfast("logs --since today --export /root/quill.log").succeeds();
    const { stdout } = await holdfast("logs --since today").succeeds();
    expect(await host.read("/root/quill.log")).toBe(stdout);
    await run("stat --format=%a /root/quill.log").says(/^600$/m);

    await holdfast("logs -n 1 --export /root/quill.log")
      .fails(2)
      .then((result) => result.says("--force"));
    expect(await host.read("/root/quill.log")).toBe(stdout);
    await holdfast("logs -n 1 --json --export /root/quill.log --force").succeeds();
    expect(JSON.parse((await host.read("/root/quill.log"))!)).toMatchObject({
      message: "last of the export",
    });
  },
);

story(
  "a line is there within a second for who follows the log",
  { covers: "P-41, O-82" },
  async ({ host }) => {
    await say("not shown", "the last before");
    const program = `${checkout}/bin/holdfast`;
    const ours = watch(await host.spawn([program, "logs", "writer", "-f", "-n", "1"]));
    // The yardstick: how long this machine takes to have a line in the journal, and to tell a reader of it.
    const argv = ["journalctl", "--namespace=quill", "--follow", "--lines=1", "--output=cat"];
    const theirs = watch(await host.spawn(argv));
    for (const { text } of [ours, theirs])
      await waitUntil("what was there is shown", () => text().includes("the last before"));
    await world.run(["tee", "/opt/quill/state/say"], { stdin: "live line\n" }).succeeds();
    const asked = performance.now();
    for (const { text } of [ours, theirs])
      await waitUntil("the new line is shown", () => text().includes("live line"), { interval: 5 });
    const inJournal = Math.max(asked, theirs.at("live line"));
    console.log(`a followed line took ${Math.round(ours.at("live line") - asked)} ms`);
    expect(ours.at("live line") - inJournal).toBeLessThan(1000);
    expect(ours.text()).not.toContain("not shown");

    theirs.child.kill("SIGINT");
    ours.child.kill("SIGINT");
    const [[status]] = (await Promise.all([once(ours.child, "close"), once(theirs.child, "close")])) as [
      [number],
      unknown,
    ];
    expect(status).toBe(0);
    await waitUntil(
      "the reader is gone",
      async () => (await host.run(["pgrep", "-x", "journalctl"])).status === 1,
    );
  },
);

/** All that a program has said, and when it had said something. */
function watch(child: ChildProcess) {
  const said: { at: number; text: string }[] = [];
  child.stdout!.setEncoding("utf8").on("data", (more: string) => {
    said.push({ at: performance.now(), text: (said.at(-1)?.text ?? "") + more });
  });
  return {
    child,
    text: (): string => said.at(-1)?.text ?? "",
    at: (wanted: string): number => said.find(({ text }) => text.includes(wanted))?.at ?? Infinity,
  };
}

story("errors are found by what a line says of itself", { covers: "O-26, O-83" }, async () => {
  const errors = [
    '{"level":"error","msg":"json text"}',
    '{"level":50,"msg":"json number"}',
    "ERROR plain prefix",
    "[error] bracket",
    "2026-01-01 12:00:00,123 - quill - CRITICAL - python",
    "Traceback (most recent call last):",
    '  File "quill.py", line 1',
    "ValueError: bad",
  ];
  const warnings = ["2026-01-01 12:00:00 WARNING disk", '{"severity":"warn","msg":"json"}'];
  const rest = ["no ERROR in prose", '{"level":"info","msg":"error in the text"}', "DEBUG detail"];
  await say("levels begin", ...errors, ...warnings, ...rest, "levels end");
  const since = (await lines("-n", "1", "--grep", "levels begin"))[0]!.time;
  const at = async (level: string): Promise<string[]> => messages("--since", since, "--level", level);
  expect(await at("error")).toEqual(errors);
  expect(await at("warning")).toEqual([...errors, ...warnings]);
  expect(await at("info")).not.toContain("DEBUG detail");
  expect(await at("debug")).toContain("DEBUG detail");
});

story(
  "a store stays under its cap, whatever a service writes, and takes nothing from others",
  { covers: "P-13, P-15, P-47, O-85" },
  async ({ holdfast }) => {
    const before = await neighbours();
    const began = performance.now();
    await say("bulk 4000");
    console.log(`32 MB of log took ${Math.round(performance.now() - began)} ms`);
    const measure = async (): Promise<{ bytes: number; files: number }> => {
      const files = await journalFiles("quill");
      const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
      expect(total).toBeLessThanOrEqual(16 * 1024 ** 2);
      expect(total).toBeGreaterThan(8 * 1024 ** 2);
      for (const { bytes } of files) expect(bytes).toBeLessThanOrEqual(4 * 1024 ** 2);
      return { bytes: total, files: files.length };
    };
    await measure();
    expect(await neighbours()).toBe(before);

    // journald closes a full file some time after it has begun the next.
    await waitUntil("all say the same", async () => {
      const { bytes, files } = await measure();
      const status = (await holdfast("status quill --json").succeeds()).json();
      expect(status.logs).toEqual([{ app: "quill", bytes, max: 16 * 1024 ** 2 }]);
      expect(await store()).toMatchObject({ bytes, files, effective: { cap: 16 * 1024 ** 2 } });
      return true;
    });
    await holdfast("status quill").says(/^quill .* logs [\d.]+M of 16M$/m);
  },
);

story(
  "rotating and vacuuming touch this store alone, and are on record",
  { covers: "P-48, P-49, P-50" },
  async ({ holdfast }) => {
    const before = await neighbours();
    const old = await journalFiles("quill");
    await holdfast("maintain logs rotate quill").succeeds();
    const fresh = (await journalFiles("quill")).filter(({ name }) => !old.some((file) => file.name === name));
    expect(fresh).toMatchObject([{ name: expect.stringMatching(/^system@.*\.journal$/) }]);

    await say("after the rotation");
    await holdfast("maintain logs vacuum --keep 7d").succeeds();
    expect((await lines()).length).toBeGreaterThan(1);
    await holdfast("maintain logs vacuum quill --max 8M").says(/M -> [\d.]+M/);
    expect((await store()).bytes).toBeLessThanOrEqual(8 * 1024 ** 2);
    // A file that journald is just beginning cannot be read for a moment.
    await waitUntil(
      "the newest line is there",
      async () => (await messages()).at(-1) === "after the rotation",
    );

    await holdfast("maintain logs vacuum").fails(2);
    expect(await neighbours()).toBe(before);
    const { events } = (await holdfast("history quill --json").succeeds()).json();
    expect(events[0]).toMatchObject({ kind: "action", who: "root", what: "maintain logs vacuum --max 8M" });
  },
);

story(
  "a reboot leaves the log, and the next boot goes on with it",
  { covers: "P-18, O-86" },
  async ({ host, unit }) => {
    await say("before the reboot");
    await host.reboot();
    await unit("quill-writer.service").waitFor("active");
    await say("after the reboot");
    const all = await messages();
    expect(all.indexOf("before the reboot")).toBeGreaterThan(-1);
    expect(all.indexOf("after the reboot")).toBeGreaterThan(all.indexOf("before the reboot"));
  },
);

story(
  "new limits reach the application's own journald, and no other",
  { covers: "P-35, O-85" },
  async ({ unit }) => {
    const before = await unit("systemd-journald.service").show("MainPID");
    await apply(quill("{ max: 24M, per-file: 4M, keep: 30d }"));
    expect(await unit("systemd-journald.service").show("MainPID")).toBe(before);
    await say("under the new cap");
    expect(await store()).toMatchObject({
      cap: 24 * 1024 ** 2,
      effective: { cap: 24 * 1024 ** 2 },
      reported: { cap: 24 * 1024 ** 2 },
    });
    await unit("quill-writer.service").is("active");
  },
);

story("what is older than it may be goes with its file", { covers: "P-14" }, async ({ holdfast }) => {
  await apply(quill("{ max: 24M, keep: 1s }"));
  await say("soon too old");
  await holdfast("maintain logs rotate quill").succeeds();
  await say("young enough");
  await waitUntil("a second has passed", async () => {
    const [line] = await lines("-n", "1", "--grep", "young enough");
    return Date.now() - Date.parse(line!.time) > 1000;
  });
  await holdfast("maintain logs rotate quill").succeeds();
  expect(await messages("--grep", "soon too old")).toEqual([]);
});

story(
  "where the disk is too small for the cap, it is said what journald really allows",
  { covers: "P-16, P-63" },
  async ({ host, holdfast, run }) => {
    const machine = (await host.read("/etc/machine-id"))!.trim();
    const path = `/var/log/journal/${machine}.cramped`;
    await run(["mkdir", "-p", path]).succeeds();
    await run(["mount", "-t", "tmpfs", "-o", "size=24M", "tmpfs", path]).succeeds();
    await host.write("/opt/cramped/holdfast.yaml", cramped);
    await holdfast("apply", { directory: "/opt/cramped" }).succeeds();

    const { cap, effective, reported } = await store("cramped");
    expect(cap).toBe(64 * 1024 ** 2);
    expect(effective.cap).toBeLessThanOrEqual(12 * 1024 ** 2);
    // Its own words agree with our reckoning, but for what came in between.
    expect(Math.abs(reported.cap - effective.cap)).toBeLessThan(1024 ** 2);
    await holdfast("maintain logs usage cramped").says(
      /journald allows 1[012](\.\d)?M, less than the 64M of the spec/,
    );
    await holdfast("logs -n 20").says(/  cramped\/clock  \[systemd\] Started cramped-clock\.service/);
    await holdfast("doctor cramped").says(/room for 1[012](\.\d)?M only/);
  },
);

story(
  "a user's own services are read from the journal of the user, which has no caps of ours",
  { covers: "P-45, O-82" },
  async ({ host, holdfast, run }) => {
    await run("useradd --create-home somebody").succeeds();
    await run("loginctl enable-linger somebody").succeeds();
    const id = (await run("id -u somebody").succeeds()).stdout.trim();
    await waitUntil("the user has a bus", () => host.exists(`/run/user/${id}/bus`));
    const home = "/home/somebody/notes";
    await host.write(
      `${home}/holdfast.yaml`,
      `app: notes\ndirectory: ${home}\nservices: { clerk: { run: /usr/bin/tail -F note, ready: { settle: 0s } } }\n`,
    );
    await host.write(`${home}/note`, "ERROR from the user\n");
    await run(`chown -R somebody: ${home}`).succeeds();
    const somebody = { user: "somebody", directory: home };
    await holdfast("--user apply", somebody).succeeds();
    const log = await waitUntil("the line is there", () => holdfast("--user logs", somebody), {
      accept: ({ stdout }) => stdout.includes("ERROR from the user"),
    });
    log.says(/  clerk  \[systemd\] Started notes-clerk\.service/);
    await holdfast("--user diagnose", somebody).says(/clerk .*nothing is wrong/);
    await holdfast("--user maintain logs usage", somebody)
      .fails(2)
      .then((result) => result.says("journal of the user"));
  },
);
