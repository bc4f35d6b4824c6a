import { existsSync } from "node:fs";
import { describe, expect } from "vitest";
import { checkout, sharedHost, story, waitUntil } from "./story.ts";

// holdfast harden boots a host of its own within the host of this file, so nothing here touches the machine. What it can
// see depends on strace: without it, it says so, and finds less.

const traces = existsSync("/usr/bin/strace");
const opt = "/opt/learned";

const world = sharedHost({
  name: "harden",
  setUp: async ({ host, run }) => {
    await run(`install -d -m 0755 ${opt}`).succeeds();
    await run(`install -d -m 0777 ${opt}/notes`).succeeds();
    await host.write(`${opt}/web.js`, webProgram);
    await host.write(`${opt}/bot.py`, botProgram);
    await host.write(
      `${opt}/broken.py`,
      'print("no such thing as a configuration", flush=True)\nraise SystemExit(4)\n',
    );
    await host.write("/etc/learned.token", "sk-Live-Token-1234567\n", 0o600);
    await host.write(`${opt}/.env`, "API_KEY=live-key-of-the-exchange\nMODE=paper\n", 0o600);
    await writeSpec({});
  },
});

/** Listens on this machine alone, lists interfaces (netlink), writes to its data. */
const webProgram = `
const http = require("node:http"), fs = require("node:fs"), os = require("node:os");
let asked = 0;
const server = http.createServer((request, response) => {
  fs.writeFileSync("data/asked", String(++asked));
  response.end("interfaces " + Object.keys(os.networkInterfaces()).length);
});
server.listen(8123, "127.0.0.1");
process.on("SIGTERM", () => server.close(() => process.exit(0)));
`;

/** Ends when it is given live secrets, or cannot see the first process; writes where nothing says that it does; makes no socket. */
const botProgram = `
import os, signal, sys, time
token = open(os.environ["CREDENTIALS_DIRECTORY"] + "/TOKEN").read().strip()
if "Live" in token or "live" in os.environ["API_KEY"] or os.environ["MODE"] != "paper":
    print("has live secrets:", token, flush=True)
    sys.exit(5)
open("notes/today", "w").write("x")
if not os.path.exists("/proc/1"):
    print("cannot see the first process", flush=True)
    sys.exit(3)
signal.signal(signal.SIGHUP, lambda *_: None)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
while True:
    time.sleep(1)
`;

async function writeSpec(hardening: Readonly<Record<string, string>>): Promise<void> {
  const of = (name: string) => (hardening[name] === undefined ? "" : `    hardening: ${hardening[name]}\n`);
  await world.host.write(
    `${opt}/holdfast.yaml`,
    `app: learned
user: learned
directory: ${opt}
services:
  web:
    run: /usr/bin/node web.js
    ports: [8123]
    writes: [data]
    ready: { http: "http://127.0.0.1:8123/" }
${of("web")}  bot:
    run: /usr/bin/python3 bot.py
    start: false
    enable: false
    env: { file: .env }
    secrets: { TOKEN: /etc/learned.token }
    reload: { signal: SIGHUP }
    ready: { settle: 1s }
    health: [{ dns: { resolve: example.com } }]
${of("bot")}  broken:
    run: /usr/bin/python3 broken.py
    start: false
    enable: false
jobs:
  nightly: { run: /usr/bin/true, at: "*-*-* 03:00:00" }
`,
  );
}

const holdfast = (...args: string[]) => world.holdfast(["--file", `${opt}/holdfast.yaml`, ...args]);

type Line = { directive: string; state: string; why: string; settings: [string, string][] };
const lineOf = (lines: readonly Line[], directive: string) =>
  lines.find((one) => one.directive === directive);

describe("harden", () => {
  story(
    "finds what a Node program survives, writes it down, and apply puts it in force",
    {},
    async ({ host, unit }) => {
      const told = holdfast(
        "--json",
        "harden",
        "web",
        "--write",
        "--exercise",
        "/usr/bin/test -s data/asked",
      );
      const learned = (await told).succeeds().json();
      expect(lineOf(learned.lines, "MemoryDenyWriteExecute")).toMatchObject({ state: "off" });
      expect(lineOf(learned.lines, "MemoryDenyWriteExecute")!.why).toMatch(/SIGTRAP|machine code/);
      expect(lineOf(learned.lines, "NoExecPaths")).toMatchObject({ state: "tighter" });
      // The interfaces are listed by netlink, so the preset's families all stay.
      expect(lineOf(learned.lines, "RestrictAddressFamilies")!.settings[0]![1]).toContain("AF_NETLINK");
      expect(learned.exercised).toContain("command /usr/bin/test -s data/asked");
      expect(learned["notExercised"].join("\n")).toContain("job nightly");
      if (traces) {
        expect(lineOf(learned.lines, "SystemCallFilter=~@keyring")).toMatchObject({ state: "tighter" });
        expect(lineOf(learned.lines, "IPAddressDeny")).toMatchObject({ state: "tighter" });
      }
      expect(learned.after).toBeLessThanOrEqual(learned.before);
      const profile = await host.read(`${opt}/hardening/learned-web.yaml`);
      expect(profile).toContain("/usr/bin/node");
      expect(profile).toContain(`${opt}/web.js: sha256:`);

      await writeSpec({ web: "{ profile: learned-web, at-most: 1.3 }", bot: "off" });
      await holdfast("apply").succeeds();
      expect(await unit("learned-web").show("NoExecPaths")).toContain(`${opt}/data`);
      (await holdfast("doctor", "learned/web")).says("was learned with what is there now").says("✓ sandbox");
      await holdfast("plan", "--check").succeeds();
    },
  );

  story("says when a profile is stale: plan and doctor", {}, async ({ host }) => {
    await host.write(`${opt}/web.js`, `${webProgram}// another version\n`);
    (await holdfast("plan")).succeeds().says(`${opt}/web.js has changed`).says("holdfast harden web --write");
    (await holdfast("doctor", "learned/web")).says(/! its sandbox .*has changed/);
  });

  story(
    "fails a plan that is more exposed than at-most, with what costs most",
    { covers: "P-71" },
    async () => {
      await writeSpec({ web: "{ level: basic, at-most: 0.9 }", bot: "off" });
      (await holdfast("plan"))
        .fails(1)
        .says(/scores \d.*at most 0.9 is allowed/)
        .says(/what costs most:\n.* CapabilityBoundingSet=.*SystemCallFilter=/s);
      (await holdfast("apply")).fails(1).says("Nothing was changed");
      await writeSpec({ web: "{ profile: nobody-wrote-it }" });
      (await holdfast("plan")).fails(2).says("there is no").says("holdfast harden web --write");
      await holdfast("remove", "learned").succeeds();
      await writeSpec({});
    },
  );

  story(
    "leaves out what a Python program does not survive, and no live secret gets to it",
    {},
    async ({ host }) => {
      const told = await holdfast("harden", "bot");
      told
        .succeeds()
        .says(/off .*ProtectProc=.*exit code 3.*cannot see the first process/)
        .says("secret TOKEN had a stand-in")
        .says("variable API_KEY had a stand-in")
        .says("check dns: without a sandbox, too")
        .says("no command exercised it")
        .says("its reload")
        .says("Nothing was changed")
        .doesNotSay("Live-Token")
        .doesNotSay("live-key-of-the-exchange");
      if (traces) told.says(/tighter .*PrivateNetwork=yes/).says(`${opt}/notes: it wrote ${opt}/notes/today`);
      expect(await host.exists(`${opt}/hardening/learned-bot.yaml`)).toBe(false);
      expect(await host.exists(`${opt}/notes/today`)).toBe(false);
    },
  );

  story("says plainly why it cannot learn, and changes nothing", {}, async () => {
    (await holdfast("harden", "broken"))
      .fails(1)
      .says("it does not run without a sandbox, either: it ended with exit code 4")
      .says("no such thing as a configuration");
    (await holdfast("harden", "wbe"))
      .fails(2)
      .says('Cannot find a service "wbe"')
      .says("holdfast harden web");
    (await holdfast("harden", "nightly")).fails(2).says("it is a job");
    (await holdfast("harden", "web", "--exercise", "curl x | grep y")).fails(2).says("no shell runs");
    (await holdfast("--user", "harden", "web")).fails(2).says("user");
    const asNobody = await world.holdfast(["--file", `${opt}/holdfast.yaml`, "harden", "web"], {
      user: "daemon",
    });
    asNobody.fails().says(/needs root|Cannot read/);
  });

  story("an interrupt leaves nothing behind", {}, async ({ host, run }) => {
    const child = await host.spawn([
      `${checkout}/bin/holdfast`,
      "--file",
      `${opt}/holdfast.yaml`,
      "harden",
      "web",
    ]);
    let said = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (said += text));
    await waitUntil("it runs programs there", async () => said.includes("Run it without a sandbox"));
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    child.kill("SIGINT");
    expect(await ended).not.toBe(0);
    expect(said).toContain("Interrupted");
    expect((await run("ls /run/holdfast-throwaway")).stdout.trim()).toBe("");
    expect((await run("pgrep -f web.js")).stdout.trim()).toBe("");
  });
});
