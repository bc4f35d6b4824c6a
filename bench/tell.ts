import { DatabaseSync } from "node:sqlite";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { until } from "../src/host/throwaway/until.ts";
import { makeTables } from "../src/store/open-store.ts";
import { WatchRecord } from "../src/store/watch.ts";
import { Teller } from "../src/tell/teller.ts";
import { channel, contact, target, tellFileWith } from "../src/tell/test-telling.ts";
import { openPlace, type Place } from "./agent/place.ts";
import { median, printRows, type Row } from "./measure.ts";
import { memoryOf } from "./processes.ts";

const rounds = 100;
const coldRounds = 30;

/** The value below which 99 of 100 lie; the worst of few. */
function p99(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.99) - 1)] ?? Number.NaN;
}

function latency(what: string, times: readonly number[], most: number): Row {
  const [middle, worst] = [median(times), p99(times)];
  return {
    what,
    measured: `p50 ${middle.toFixed(1)} ms, p99 ${worst.toFixed(1)} ms (n=${times.length})`,
    target: `p99 under ${most} ms`,
    met: worst < most,
  };
}

/** A state change with all that follows from it, until it is on disk: in a record on this machine's disk, with fsync. */
function toOutbox(): Row[] {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-tell-"));
  const database = new DatabaseSync(join(directory, "holdfast.db"));
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
  makeTables(database);
  mkdirSync(join(directory, "tell"));
  const file = {
    ...tellFileWith([{ level: null, contacts: ["team", "boss"], after: null, duties: [] }]),
    channels: [channel("team"), channel("boss")],
    targets: [target("team"), target("boss")],
    contacts: [contact("team"), contact("boss")],
  };
  writeFileSync(join(directory, "tell/polybot.json"), `# mark\n${JSON.stringify(file)}`);
  const teller = new Teller(database, {
    scope: "system",
    say: (_, text) => console.error(text),
    directory: join(directory, "tell"),
    wakeDirectory: directory,
  });
  const watch = new WatchRecord(database, teller);
  const event = (nth: number, kind: "check-failing" | "check-recovered") => ({
    at: Date.now(),
    app: "polybot",
    service: `s${nth % 50}`,
    kind,
    check: "beat",
    says: "it has failed",
    data: { severity: "error", heals: false },
  });
  const one: number[] = [];
  for (let nth = 0; nth < 500; nth++)
    for (const kind of ["check-failing", "check-recovered"] as const) {
      const began = performance.now();
      watch.addEvent(event(nth, kind));
      one.push(performance.now() - began);
    }
  const before = process.memoryUsage().rss;
  const began = performance.now();
  for (let nth = 0; nth < 1000; nth++)
    watch.addEvent(event(nth % 25, nth % 50 < 25 ? "check-failing" : "check-recovered"));
  const storm = performance.now() - began;
  const grown = (process.memoryUsage().rss - before) / 1024 / 1024;
  const { pending } = database
    .prepare("SELECT count(*) AS pending FROM outbox WHERE status = 'pending'")
    .get() as {
    pending: number;
  };
  database.close();
  rmSync(directory, { recursive: true });
  return [
    latency("state change to outbox row, on disk", one, 50),
    {
      what: "storm of 1,000 transitions",
      measured: `${(storm / 1000).toFixed(2)} s, ${pending} rows wait, RSS +${grown.toFixed(1)} MiB`,
      target: "within a second",
      met: storm < 1000,
    },
  ];
}

const spec = `app: demo
user: demo
directory: /opt/demo
services: { web: { run: /usr/bin/sleep infinity, ready: { settle: 0s } } }
notify:
  channels: { hook: { webhook: { url: "http://127.0.0.1:8025/" }, most: 10000 per 1h } }
  policy: { critical: [hook], error: [hook], warning: [hook], info: none }
`;

async function onHost(place: Place): Promise<Row[]> {
  const { host, holdfast } = place;
  await place.run("mkdir", "-p", "/opt/demo");
  await host.write(
    "/root/receiver.cjs",
    readFileSync(resolve(import.meta.dirname, "tell/receiver.cjs"), "utf8"),
  );
  const node = holdfast.replace("bin/holdfast", `node_modules/node-linux-${process.arch}/bin/node`);
  await place.run("systemd-run", "--quiet", "--unit=receiver", node, "/root/receiver.cjs", "/root/received");
  await until(
    async () => (await place.run("journalctl", "-u", "receiver", "-o", "cat")).includes("ready"),
    20_000,
    50,
  );
  await place.apply("demo", spec);
  const warm: number[] = [];
  for (let round = 0; round < rounds; round++) warm.push(await told(place, `warm ${round}`));
  const pid = Number(
    (await place.run("systemctl", "show", "--value", "--property=MainPID", "demo-notify")).trim(),
  );
  const memory = await memoryOf(host, pid);
  const cold: number[] = [];
  for (let round = 0; round < coldRounds; round++) {
    await place.run("rm", "-f", "/var/lib/holdfast/wake/demo");
    await place.run("systemctl", "stop", "demo-notify.service");
    cold.push(await told(place, `cold ${round}`));
  }
  return [
    latency("state change to first byte, notifier running", warm, 300),
    latency("state change to first byte, notifier started for it", cold, 300),
    {
      what: "notifier while it runs",
      measured: `RSS ${(memory.rss / 1024).toFixed(1)} MiB, anonymous ${(memory.anonymous / 1024).toFixed(1)} MiB`,
      target: "0 otherwise",
      met: null,
    },
    await listRow(place),
  ];
}

/** From when the record says that the message was made, until its first byte. */
async function told(place: Place, summary: string): Promise<number> {
  const { host, holdfast } = place;
  await place.run(holdfast, "incident", "open", "web", "--severity", "error", "--summary", summary);
  const found = await until(
    async () =>
      ((await host.read("/root/received")) ?? "").split("\n").find((line) => line.includes(summary)),
    20_000,
    20,
  );
  const { at } = JSON.parse(String(found)) as { at: number };
  const { incidents } = JSON.parse(await place.run(holdfast, "incident", "list", "--json")) as {
    incidents: { name: string; opened: number }[];
  };
  await place.run(holdfast, "incident", "resolve", incidents[0]!.name, "--reason", "measured");
  // What tells of its end is not to be in the way of the next.
  await until(
    async () =>
      (await place.run(holdfast, "notify", "list", "--pending", "--json")).includes('"messages": []'),
    20_000,
    20,
  );
  return at - incidents[0]!.opened;
}

const fill = `import sqlite3, json
db = sqlite3.connect("/var/lib/holdfast/holdfast.db")
row = db.execute("SELECT * FROM incidents LIMIT 1").fetchone()
names = [c[1] for c in db.execute("PRAGMA table_info(incidents)")]
for nth in range(2000):
    new = dict(zip(names, row)); new.update(id=None, name=f"INC-{nth}", dedup_key=f"k{nth}", state="resolved", resolved=1)
    cursor = db.execute(f"INSERT INTO incidents ({','.join(names)}) VALUES ({','.join('?' * len(names))})", list(new.values()))
    db.executemany("INSERT INTO incident_events (incident, at, kind, who, says) VALUES (?, 1, 'note', 'x', 'something was found')", [(cursor.lastrowid,)] * 50)
db.executemany("INSERT INTO events (at, app, service, kind, check_id, says, data) VALUES (?, 'demo', 'web', 'check-failing', 'x', 'it has failed', NULL)", [(n,) for n in range(100000)])
db.commit()
`;

async function listRow(place: Place): Promise<Row> {
  const { host, holdfast } = place;
  await host.write("/root/fill.py", fill);
  await place.run("/usr/bin/python3", "/root/fill.py");
  const timed = `import subprocess, sys, time
for _ in range(15):
    began = time.monotonic(); subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); print((time.monotonic() - began) * 1000)`;
  const printed = await place.run("/usr/bin/python3", "-c", timed, holdfast, "incident", "list", "--all");
  const times = printed.trim().split("\n").map(Number);
  return {
    what: "incident list with 100,000 stored events and 2,000 incidents",
    measured: `${median(times).toFixed(0)} ms (n=15)`,
    target: "under 200 ms",
    met: median(times) < 200,
  };
}

/** How soon a failure is a message, and what a storm of them costs. About two minutes. */
export async function tellRows(): Promise<Row[]> {
  await using place = await openPlace();
  return [...toOutbox(), ...(await onHost(place))];
}

if (import.meta.main) printRows("Telling people", await tellRows());
