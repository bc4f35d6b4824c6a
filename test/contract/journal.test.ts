import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { readJournal, type JournalQuery } from "../../src/host/journal.ts";
import type { JournalEntry } from "../../src/host/journal-entry.ts";
import type { NamespaceHost } from "../../src/host/throwaway/throwaway.ts";
import { unitName } from "../../src/value/unit-name.ts";
import { sharedHost, story, waitUntil } from "../story/story.ts";
import { systemdOf, troubleOf } from "./bus-of.ts";

// Without it, systemd drops the sockets of the namespace, and the lines in them, when the unit ends before its journald
// has started; measured: 15 of 60 first runs lost their output.
const keepsItsLines =
  "[Unit]\nWants=systemd-journald@elsewhere.service\nAfter=systemd-journald@elsewhere.service";

const services = {
  // It stays until journald has read its lines: of a process that is gone, journald cannot find out the unit any more.
  "talks.service": `ExecStart=/bin/sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i; done; journalctl --sync; exit 3'`,
  "odd.service": `ExecStart=/usr/bin/printf 'bytes \\\\377\\nescape \\\\033[1m\\n%%s\\n' é`,
  "long.service": `ExecStart=/bin/sh -c 'head -c 40000 /dev/zero | tr "\\\\0" a'`,
  "apart.service": `LogNamespace=elsewhere\nExecStart=/bin/echo from elsewhere\n${keepsItsLines}`,
  "slow.service": `Type=simple\nExecStart=/bin/sh -c 'while sleep 0.1; do echo tick; done'`,
};

sharedHost({
  setUp: async ({ host }) => {
    for (const [name, lines] of Object.entries(services)) {
      await host.write(`/etc/systemd/system/${name}`, `[Service]\nType=oneshot\n${lines}\n`);
    }
    await using systemd = systemdOf(host);
    await systemd.reload();
    await Promise.all(Object.keys(services).map((name) => systemd.start(unitName(name))));
    await host.run(["journalctl", "--sync"]);
  },
});

type Wanted = Partial<Omit<JournalQuery, "units">> & { units?: readonly (keyof typeof services)[] };

function query(host: NamespaceHost, { units = [], ...wanted }: Wanted): JournalQuery {
  const through = ["nsenter", "-t", String(host.pid), "-m", "-p", "-u", "-i", "-n", "-C", "-r", "-w"];
  return { scope: "system", namespace: null, through, units: units.map(unitName), ...wanted };
}

async function read(host: NamespaceHost, wanted: Wanted): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for await (const entry of readJournal(query(host, wanted))) entries.push(entry);
  return entries;
}

const messages = (entries: readonly JournalEntry[]): string[] => entries.map(({ message }) => message);

story("what a unit wrote and what systemd says about it come in order", {}, async ({ host }) => {
  const entries = await read(host, { units: ["talks.service"] });
  expect(entries.every(({ unit }) => unit === "talks.service")).toBe(true);
  const own = entries.filter(({ from }) => from === "unit");
  expect(messages(own)).toEqual(Array.from({ length: 12 }, (_, index) => `line ${index + 1}`));
  expect(own[0]).toMatchObject({ priority: 6, identifier: "sh", fields: {} });
  const exit = entries.find(({ fields }) => fields["EXIT_CODE"] !== undefined);
  expect(exit).toMatchObject({ from: "systemd", pid: 1, fields: { EXIT_CODE: "exited", EXIT_STATUS: "3" } });
  expect(exit?.invocation).toBe(own[0]?.invocation);
  expect(entries.find(({ fields }) => fields["UNIT_RESULT"] === "exit-code")).toBeDefined();
  expect(entries.at(-1)?.fields).toMatchObject({ JOB_RESULT: "failed", JOB_TYPE: "start" });
  const times = entries.map(({ time }) => time);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(Math.abs(times[0]! / 1000 - Date.now())).toBeLessThan(3_600_000);
});

story("bytes, control characters and long messages are kept", {}, async ({ host }) => {
  const odd = (await read(host, { units: ["odd.service"] })).filter(({ from }) => from === "unit");
  expect(messages(odd)).toEqual(["bytes \uFFFD", "escape \u001B[1m", "é"]);
  const long = await read(host, { units: ["long.service"] });
  expect(messages(long)).toContainEqual("a".repeat(40_000));
});

story(
  "a namespace is read beside the default journal, also one that is not there yet",
  {},
  async ({ host }) => {
    // journald reads a line some time after it was written, and a unit does not wait for that.
    const own = (entries: JournalEntry[]): boolean => entries.some(({ from }) => from === "unit");
    const readBoth = (): Promise<JournalEntry[]> =>
      read(host, { units: ["apart.service"], namespace: "elsewhere" });
    const both = await waitUntil("the line is there", readBoth, { accept: own });
    expect(both.map(({ from }) => from)).toEqual(expect.arrayContaining(["unit", "systemd"]));
    expect(messages(both)).toContain("from elsewhere");
    expect(messages(await read(host, { units: ["apart.service"] }))).not.toContain("from elsewhere");
    expect(await read(host, { units: ["talks.service"], namespace: "never" })).toHaveLength(
      (await read(host, { units: ["talks.service"] })).length,
    );
  },
);

story("a query is narrowed by lines, time, level, message and cursor", {}, async ({ host }) => {
  const units = ["talks.service"] as const;
  const all = await read(host, { units });
  expect(await read(host, { units, lines: 3 })).toEqual(all.slice(-3));
  expect(await read(host, { units, lines: 3, since: all[0]!.time })).toEqual(all.slice(-3));
  const late = all.at(-1)!.time;
  expect(await read(host, { units, lines: 30, since: late })).toEqual(all.filter(({ time }) => time >= late));
  expect(await read(host, { units, since: late })).toEqual(all.filter(({ time }) => time >= late));
  expect(await read(host, { units, until: late - 1 })).toEqual(all.filter(({ time }) => time < late));
  expect(await read(host, { units, priority: 4 })).toEqual(all.filter(({ priority }) => priority <= 4));
  const messageIds = [all.at(-1)!.messageId!];
  expect(await read(host, { units, messageIds })).toEqual(all.slice(-1));
  expect(await read(host, { units, cursor: all[3]!.cursor })).toEqual(all.slice(4));
  expect(await read(host, { units, cursor: all[3]!.cursor, lines: 2 })).toEqual(all.slice(4, 6));
  const two = await read(host, { units: ["talks.service", "odd.service"] });
  expect(new Set(two.map(({ unit }) => unit))).toEqual(new Set(["talks.service", "odd.service"]));
});

story("following gives what is there, then what comes, and stops when it is left", {}, async ({ host }) => {
  const units = ["talks.service"] as const;
  const all = await read(host, { units });
  const seen: JournalEntry[] = [];
  for await (const entry of readJournal(query(host, { units, follow: true }))) {
    seen.push(entry);
    if (seen.length === all.length) void host.run(["systemctl", "start", "talks.service"]);
    if (seen.length === all.length + 2) break;
  }
  expect(seen.slice(0, all.length)).toEqual(all);
  await waitUntil(
    "the reader is gone",
    async () => (await host.run(["pgrep", "-x", "journalctl"])).status === 1,
  );
});

story("a reader that waits is ended by another", {}, async ({ host }) => {
  const entries = readJournal(query(host, { units: ["odd.service"], follow: true, lines: 1 }));
  const reader = entries[Symbol.asyncIterator]();
  await reader.next();
  const waiting = reader.next();
  await pause(100);
  await reader.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
});

story("an ordinary user is told that he sees nothing", {}, async ({ host }) => {
  const { through = [] } = query(host, {});
  const asNobody = [...through, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  const trouble = await troubleOf(read(host, { units: ["talks.service"], through: asNobody }));
  expect(trouble).toMatchObject({
    code: "host/not-permitted",
    fix: expect.stringContaining("systemd-journal"),
  });
});

story("what journalctl refuses is said", {}, async ({ host }) => {
  const trouble = await troubleOf(read(host, { cursor: "nonsense" }));
  expect(trouble).toMatchObject({
    code: "host/journal",
    summary: expect.stringMatching(/^Cannot read the journal: .*cursor/),
  });
  expect(await troubleOf(read(host, { through: ["/nowhere"] }))).toMatchObject({ code: "host/journal" });
});
