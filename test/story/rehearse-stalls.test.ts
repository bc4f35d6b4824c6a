import { expect } from "vitest";
import type { Outcome } from "../../src/rehearse/outcome.ts";
import { sharedHost, story, type World } from "./story.ts";

// Programs whose main thread stands still while all else in them runs on, and one whose log falls silent: what a rehearsal finds.

const directory = "/opt/stalls";

/** Answers on a port. "thread": says that all is well from a thread of its own, whatever the main one does. */
const web = `const http = require("node:http"), { Worker } = require("node:worker_threads");
http.createServer((_, answer) => answer.end("ok")).listen(Number(process.argv[2]), "127.0.0.1");
if (process.argv[3] === "thread")
  new Worker("const fs = require('node:fs'); setInterval(() => fs.writeFileSync(process.env.HOLDFAST_BEAT, ''), 200)", { eval: true });
`;

/** Beats, writes, and feeds systemd's watchdog, where these are asked for. */
const loop = `import os, socket, time
def tell(state):
    if "NOTIFY_SOCKET" in os.environ:
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(state, os.environ["NOTIFY_SOCKET"])
tell(b"READY=1")
while True:
    tell(b"WATCHDOG=1")
    if "HOLDFAST_BEAT" in os.environ: open(os.environ["HOLDFAST_BEAT"], "w").close()
    print("did some work", flush=True)
    time.sleep(0.2)
`;

const quick =
  "hardening: basic, restart: { delay: 200ms }, stop: { timeout: 1s }, grace: 1s, heal: { limit: 1 per 1h, proof: 5s }";
const served = (port: number) => `ready: { http: "http://127.0.0.1:${port}/", within: 30s }`;
const spec = `app: stalls
user: stalls
directory: ${directory}
services:
  web: { run: [${process.execPath}, web.cjs, "8201"], runtime: node, ${quick}, ${served(8201)}, limits: { cpu: 40% }, health: [{ http: { url: "http://127.0.0.1:8201/", every: 1s, timeout: 2s, fails: 2 } }] }
  loop: { run: [/usr/bin/python3, loop.py], runtime: python, ${quick}, ready: { settle: 500ms }, health: [{ beat: { within: 6s, every: 1s } }, { log: { match: did some work, fresh: 8s, every: 1s } }] }
  thread: { run: [${process.execPath}, web.cjs, "8202", thread], runtime: node, ${quick}, ${served(8202)}, health: [{ beat: { within: 4s, every: 1s } }] }
  fed: { run: [/usr/bin/python3, loop.py], runtime: python, ${quick}, ready: { notify: true, within: 30s }, watchdog: 6s }
  blind: { run: [/usr/bin/python3, loop.py], runtime: python, ready: { settle: 500ms } }
  shell: { run: [/bin/sh, -c, "while :; do : >$HOLDFAST_BEAT; sleep 1; done"], ${quick}, ready: { settle: 500ms }, health: [{ beat: { within: 10s, every: 1s } }] }
`;

sharedHost({
  setUp: async ({ host }) => {
    await host.write(`${directory}/web.cjs`, web);
    await host.write(`${directory}/loop.py`, loop);
    await host.write(`${directory}/holdfast.yaml`, spec);
  },
});

/** Three copies' worth of waiting for checks, also where two stories share a core. */
const patience = { rehearsal: 500_000, story: 560_000 };

async function rehearse(
  { holdfast }: World,
  ...words: string[]
): Promise<{ of: (what: string) => Outcome; verdicts: Record<string, string>; evidence: string }> {
  const result = await holdfast(["--file", `${directory}/holdfast.yaml`, "--json", "rehearse", ...words], {
    timeout: patience.rehearsal,
  });
  const { outcomes } = result.json() as { outcomes: Outcome[] };
  const byName = new Map(outcomes.map((one) => [`${one.service} ${one.fault}`, one]));
  return {
    of: (what) => byName.get(what)!,
    verdicts: Object.fromEntries([...byName].map(([name, { verdict }]) => [name, verdict])),
    evidence: [...byName].map(([name, { verdict, says }]) => `${name}: ${verdict}: ${says}`).join("\n"),
  };
}

story(
  "a main thread that waits for ever is seen by what asks it, and not by what beats beside it",
  { covers: "G-34, O-06", timeout: patience.story },
  async (world) => {
    const { of, verdicts, evidence } = await rehearse(world, "--fault", "deadlock");
    expect(verdicts, evidence).toEqual({
      "web deadlock": "kept",
      "loop deadlock": "kept",
      "thread deadlock": "broken",
      "fed deadlock": "kept",
      "blind deadlock": "gap",
      "shell deadlock": "not-rehearsed",
    });
    for (const kept of [of("web deadlock"), of("loop deadlock")]) {
      expect(kept.recover).toBeGreaterThan(kept.detect!);
      expect(kept.told.map(({ severity }) => severity)).toEqual(["error"]);
    }
    expect(of("fed deadlock").because).toBe("services.fed.watchdog");
    expect(of("thread deadlock").says).toContain("it does not answer any more");
    expect(of("thread deadlock").fix).toContain("beat from the loop that does the work");
    expect(of("blind deadlock").fix).toContain("beat");
    expect(of("shell deadlock").says).toContain("cannot be rehearsed here: it runs ");
  },
);

story(
  "one that spins is held by its limit and healed, a log that falls silent is seen while the program works, and no fault is judged by an earlier one",
  { covers: "G-34", timeout: patience.story },
  async (world) => {
    // One heal an hour: were it not for a clean memory the second fault would open the breaker.
    const { of, verdicts, evidence } = await rehearse(
      world,
      "web",
      "loop",
      "--fault",
      "busy-loop",
      "log-silence",
    );
    expect(verdicts, evidence).toEqual({
      "web busy-loop": "kept",
      "loop busy-loop": "kept",
      "web log-silence": "not-rehearsed",
      "loop log-silence": "kept",
    });
    expect(of("web busy-loop").says).toMatch(/it took \d+% of a processor for .+, within its limit of 40%/);
    expect(of("loop busy-loop").says).toContain("no limits.cpu holds it");
    const silent = of("loop log-silence");
    expect(silent.because).toBe("the check log");
    expect(silent.told.map(({ summary }) => summary).join()).toContain("no matching line");
    expect(silent.timeline.map(({ what }) => what)).toContain("ready again");
  },
);
