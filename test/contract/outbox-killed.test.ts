import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeTables } from "../../src/store/open-store.ts";
import { putMessage } from "../../src/tell/put-messages.ts";
import { tellStore } from "../../src/tell/teller.ts";
import type { Telling } from "../../src/tell/telling.ts";
import { channel, contact, target, tellFileWith } from "../../src/tell/test-telling.ts";
import { newIncident } from "../../src/tell/new-incident.ts";

// The guarantee of docs/alerts.md: each row is delivered at least once, in order per incident and target, though the notifier
// is killed before and after every statement of the way it goes.

const messages = 10_000;
const targets = ["a", "b", "c", "d"];
const incidents = 100;
/** More than two messages take, rounds and all. */
const statements = 48;

let directory: string;
let server: Server;
const received: { key: string; target: string; incident: string; sequence: number }[] = [];

beforeAll(async () => {
  directory = mkdtempSync("/dev/shm/holdfast-outbox-");
  // A hundred are started: of one file they start in a moment.
  await build({
    entryPoints: [resolve(import.meta.dirname, "outbox-killed-child.ts")],
    outfile: join(directory, "child.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire("/");' },
    logLevel: "warning",
  });
  server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      const { incident, sequence } = JSON.parse(body) as { incident: string; sequence: number };
      received.push({
        key: String(request.headers["idempotency-key"]),
        target: request.url!.slice(1),
        incident,
        sequence,
      });
      response.end("ok");
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
});

afterAll(() => {
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

test(
  "10,000 messages, the notifier killed at every statement: none is lost, and each incident's come in order",
  { timeout: 240_000 },
  async () => {
    const { port } = server.address() as AddressInfo;
    const file = {
      ...tellFileWith(targets.map((name) => ({ level: null, contacts: [name], after: null, duties: [] }))),
      channels: targets.map((name) => ({
        ...channel(name, { kind: "webhook", url: `http://127.0.0.1:${port}/${name}`, keyCredential: null }),
      })),
      targets: targets.map(target),
      contacts: targets.map(contact),
    };
    const path = join(directory, "holdfast.db");
    const wakeFile = join(directory, "wake");
    writeFileSync(wakeFile, "");
    const database = new DatabaseSync(path);
    database.exec("PRAGMA journal_mode = WAL");
    makeTables(database);
    const keys = fill(database, file);
    database.close();

    let kills = 0;
    for (let nth = 1; nth <= statements; nth++)
      for (const when of ["before", "after"]) {
        const end = await runChild([path, wakeFile, JSON.stringify(file), String(nth), when]);
        expect(end, `killed ${when} statement ${nth}`).toBe("SIGKILL");
        kills += 1;
      }
    expect(await runChild([path, wakeFile, JSON.stringify(file), "0", "before"])).toBe("0");

    const arrived = new Set(received.map(({ key }) => key));
    const lost = [...keys].filter((key) => !arrived.has(key));
    console.log(
      `${messages} messages, ${kills} kills: ${lost.length} lost, ${received.length - arrived.size} duplicates`,
    );
    expect(lost).toEqual([]);
    expect(outOfOrder()).toEqual([]);
  },
);

/** A row for each, of a hundred incidents, to four targets in turn; returns what each will be known by. */
function fill(database: DatabaseSync, file: Telling["file"]): Set<string> {
  const store = tellStore(database);
  const keys = new Set<string>();
  let made = 0;
  const telling: Telling = {
    store,
    file,
    now: Date.now(),
    random: () => {
      const key = `message-${++made}`;
      keys.add(key);
      return key;
    },
    wake: () => {},
  };
  database.exec("BEGIN");
  const all = Array.from({ length: incidents }, (_, nth) =>
    store.incidents.add({
      ...newIncident(telling.now),
      name: `INC-${nth}`,
      dedupKey: `incident-${nth}`,
      app: file.app,
      service: `service-${nth}`,
      severity: "critical",
      title: "it fails",
      policy: { ...file.policies.critical, remind: null },
      toldAt: telling.now,
    }),
  );
  for (let nth = 0; nth < messages; nth++)
    putMessage(telling, targets[nth % targets.length]!, {
      kind: "update",
      incident: all[Math.floor(nth / targets.length) % incidents]!,
      severity: "critical",
      title: `message ${nth}`,
      lines: [],
      service: null,
      at: telling.now,
    });
  database.exec("COMMIT");
  return keys;
}

/** Of an incident to a target, by when each came first. */
function outOfOrder(): string[] {
  const last = new Map<string, number>();
  const seen = new Set<string>();
  return received.flatMap(({ key, target: to, incident, sequence }) => {
    if (seen.has(key)) return [];
    seen.add(key);
    const line = `${incident} ${to}`;
    const before = last.get(line) ?? 0;
    last.set(line, sequence);
    return sequence === before + 1 ? [] : [`${line}: ${sequence} after ${before}`];
  });
}

function runChild(args: readonly string[]): Promise<string> {
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(directory, "child.mjs"), ...args],
    {
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  return new Promise((ended) => child.on("close", (status, signal) => ended(signal ?? String(status))));
}
