import { expect } from "vitest";
import { received, startReceiver, waitForMessage } from "./receiver.ts";
import { readRecord } from "./record.ts";
import { sharedHost, story, waitUntil } from "./story.ts";
import { eventsOf } from "./watched.ts";

// Secrets are planted wherever a program may have them, and looked for in all that Holdfast tells, keeps and shows.

const directory = "/opt/leaky";
const api = "http://127.0.0.1:8025";

/** By where each is planted. */
const canaries = {
  envFile: "canary-env-9f31c07ab2",
  credential: "canary-cred-5d80e6714c",
  argument: "canary-argv-1c7be9203d",
  set: "canary-set-77d2a4f06b",
  telegram: "8025:canary-telegram-c41b6e",
  pagerduty: "canary-pagerduty-0b7a92d1",
  mail: "canary-mail-6e20f4b95a",
  address: "canary-address-b8d37e51",
};
/** Planted beside them, and no secret: whoever looks in the wrong place does not find it either. */
const decoy = "decoy-2a96f0c8";

const program = `
import json, os, sys, threading, time
from http.server import BaseHTTPRequestHandler, HTTPServer

def secret(name):
    with open(os.path.join(os.environ["CREDENTIALS_DIRECTORY"], name)) as file:
        return file.read().strip()

words = f"${decoy} API_KEY={os.environ['API_KEY']} key {secret('KEY')} argv {sys.argv[1]} SESSION_SECRET={os.environ['SESSION_SECRET']} https://bot:{os.environ['DB_PASSWORD']}@db.example.org/"

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        bad = os.path.exists("${directory}/bad")
        shown = {"db": words, "key": f"${decoy} {secret('KEY')}", "token": f"${decoy} {sys.argv[1]}"}
        body = json.dumps(shown if bad else {name: "ok" for name in shown}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass

def watch():
    while True:
        if os.path.exists("${directory}/crash"):
            print("cannot go on:", words, flush=True)
            os._exit(4)
        time.sleep(0.1)

print("starts with", words, flush=True)
threading.Thread(target=watch, daemon=True).start()
HTTPServer(("127.0.0.1", 9700), Handler).serve_forever()
`;

const spec = `app: leaky
user: leaky
directory: ${directory}
supervision: agent
services:
  bot:
    run: /usr/bin/python3 main.py --token=${canaries.argument}
    env: { file: .env, set: { SESSION_SECRET: ${canaries.set} } }
    secrets: { KEY: /etc/leaky/key }
    ready: { http: "http://127.0.0.1:9700/", within: 20s }
    restart: { on: failure, delay: 100ms, limit: 2 per 1m }
    grace: 0s
    health:
      - http: { name: database, url: "http://127.0.0.1:9700/", json: { db: ok }, every: 1s, fails: 1 }
      - http: { name: key, url: "http://127.0.0.1:9700/", json: { key: ok }, every: 1s, fails: 1 }
      - http: { name: token, url: "http://127.0.0.1:9700/", json: { token: ok }, every: 1s, fails: 1 }
    heal: { do: alert-only }
notify:
  wait-for-heal: 0s
  channels:
    hook: { webhook: { url: "${api}/webhook/hook?auth=${canaries.address}" } }
    room: { telegram: { token: /etc/leaky/telegram, chat: "42", api: ${api}/telegram } }
    pager: { pagerduty: { key: /etc/leaky/pagerduty, api: ${api}/pagerduty } }
    mail: { email: { server: "smtp://127.0.0.1:2525", from: bot@example.org, to: [ops@example.org] } }
    book: { journal: {} }
`;

const world = sharedHost({
  name: "leaky",
  setUp: async (world) => {
    const { host, run } = world;
    await host.write(`${directory}/main.py`, program);
    await host.write(
      `${directory}/.env`,
      `API_KEY=${canaries.envFile}\nDB_PASSWORD=${canaries.mail}\n`,
      0o600,
    );
    await host.write(`${directory}/holdfast.yaml`, spec);
    await run("mkdir -p /etc/leaky").succeeds();
    for (const [name, value] of [
      ["key", canaries.credential],
      ["telegram", canaries.telegram],
      ["pagerduty", canaries.pagerduty],
    ] as const)
      await host.write(`/etc/leaky/${name}`, `${value}\n`, 0o600);
    await startReceiver(world);
  },
});

/** Names of the canaries in a text, also where they are in base64, or cut. */
function canariesIn(text: string): string[] {
  return Object.entries(canaries)
    .filter(([, value]) => [value.slice(0, 16), base64Start(value)].some((form) => text.includes(form)))
    .map(([name]) => name);
}

function base64Start(value: string): string {
  return Buffer.from(value).toString("base64").slice(0, 16);
}

/** What each command shows, in both voices. */
async function shown(incident: string): Promise<Record<string, string>> {
  const commands = [
    `incident show ${incident}`,
    "incident list --all",
    `incident review ${incident}`,
    `incident export ${incident}`,
    `incident export ${incident} --status`,
    "notify list",
    "notify status",
    "notify preview bot",
    "status",
    "health",
    "history",
    "diagnose bot",
  ];
  const texts: Record<string, string> = {};
  for (const command of commands)
    for (const words of [command, `${command} --json`]) {
      const { stdout, stderr } = await world.holdfast(words);
      texts[words] = stdout + stderr;
    }
  return texts;
}

story(
  "apply, a failing check and a give-up: no secret is in a message of any provider",
  { covers: "G-29, C-68" },
  async () => {
    const since = Date.now();
    const applied = await world.holdfast("apply --json", { directory }).succeeds();
    // The plan shows what the spec says, word by word; whatever else is secret is not in it.
    const written = canariesIn(spec);
    expect(canariesIn(applied.stdout + applied.stderr).filter((name) => !written.includes(name))).toEqual([]);
    await world.host.write(`${directory}/bad`, "");
    await waitUntil("all three have failed", async () => {
      const rows = (await eventsOf(world.run, "bot")).filter(({ kind }) => kind === "check-failing");
      return new Set(rows.map((row) => row["check_id"])).size === 3;
    });
    // The check's own words have come so far: what is hidden in them is hidden, and not left out.
    await waitForMessage(world, new RegExp(decoy), { provider: "webhook", since });

    for (const command of ["health", "health --json", "status --json"]) {
      const { stdout } = await world.holdfast(command);
      expect(stdout, command).toContain(decoy);
      expect([command, canariesIn(stdout)]).toEqual([command, []]);
    }

    await world.run(["mv", `${directory}/main.py`, `${directory}/gone.py`]).succeeds();
    await world.host.write(`${directory}/crash`, "");
    for (const provider of ["webhook", "telegram", "pagerduty", "smtp"])
      await waitForMessage(world, /gave up/, { provider, since });
    const messages = await received(world);
    for (const { provider, body } of messages)
      // PagerDuty's key is a part of what it is sent (Events API v2, routing_key).
      expect([provider, canariesIn(body).filter((name) => name !== provider)]).toEqual([provider, []]);
  },
);

story(
  "nothing that a command shows, evidence keeps or Holdfast writes into the journal has a secret in it",
  { covers: "C-71" },
  async () => {
    const { run, holdfast, host } = world;
    const { incidents } = (await holdfast("incident list --all --json").succeeds()).json() as {
      incidents: { name: string; service: string | null; evidence: string | null }[];
    };
    const { name } = incidents.find(({ service }) => service === "bot")!;
    await waitUntil("evidence is gathered", async () => {
      const [row] = await readRecord(run, "SELECT evidence FROM incidents WHERE name = ?", name);
      return row!["evidence"];
    });
    const texts = await shown(name);
    const evidence = await run("find /var/lib/holdfast/apps/leaky/incidents -type f");
    for (const path of evidence.stdout.split("\n").filter(Boolean))
      texts[path] = (await host.read(path)) ?? "";
    expect(Object.keys(texts).filter((path) => path.startsWith("/")).length).toBeGreaterThan(3);
    const own = await run(["journalctl", "--no-pager", "-o", "json", "--namespace=*"]);
    texts["journal"] = own.stdout
      .split("\n")
      .filter((line) => line !== "" && !/"_SYSTEMD_UNIT":"(leaky-bot|receiver|init)/.test(line))
      .filter((line) => /holdfast|leaky-give-up|leaky-notify/.test(line))
      .join("\n");
    const found = Object.entries(texts).flatMap(([where, text]) => {
      const names = canariesIn(text);
      return names.length === 0 ? [] : [`${where}: ${names.join(", ")}`];
    });
    expect(found).toEqual([]);

    // What is no secret is found by the same look: in evidence, in the journal, in what commands show.
    const seen = Object.entries(texts).flatMap(([where, text]) => (text.includes(decoy) ? [where] : []));
    expect(seen).toEqual(
      expect.arrayContaining([
        "journal",
        `incident show ${name} --json`,
        "history --json",
        "diagnose bot --json",
      ]),
    );
    expect(seen.some((where) => where.startsWith("/"))).toBe(true);
    // And the look itself can fail: the file that has all of them.
    const program = await run([
      "journalctl",
      "--no-pager",
      "-o",
      "cat",
      "--namespace=leaky",
      "-u",
      "leaky-bot",
    ]);
    expect(canariesIn(program.stdout)).toEqual(
      expect.arrayContaining(["envFile", "credential", "argument", "set"]),
    );
  },
);
