import { expect } from "vitest";
import type { Outcome } from "../../src/rehearse/outcome.ts";
import { checkout, sharedHost, story, waitUntil, type World } from "./story.ts";

// Drills that stop the writer, or use up a budget; and what is left of one that is killed.

const program = `#!/usr/bin/python3
import http.server, pathlib, sys, threading, time
port, tick = int(sys.argv[1]), pathlib.Path(sys.argv[2])
def write():
    while True:
        tick.write_text("alive"); time.sleep(0.2)
threading.Thread(target=write, daemon=True).start()
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("127.0.0.1", port), Health).serve_forever()
`;

const service = (name: string, port: number, checks: string) => `
  ${name}:
    run: ./serve ${port} data/${name}
    runtime: python
    hardening: basic
    writes: [data]
    restart: { delay: 200ms, limit: 3 per 5m }
    grace: 1s
    ready: { http: "http://127.0.0.1:${port}/", within: 60s }
    heal: { limit: 3 per 1h }
    health: [${checks}]`;

const http = (port: number) =>
  `{ http: { url: "http://127.0.0.1:${port}/", every: 1s, timeout: 1s, fails: 2 } }`;
const fresh = (name: string, span: string) =>
  `{ file: { name: fresh, path: data/${name}, fresh: ${span}, every: 1s, timeout: 5s, fails: 1 } }`;

const spec = `
app: stormy
user: daemon
directory: /opt/stormy
notify: { wait-for-heal: 0s, test: false, channels: { room: { journal: {} } } }
services:${service("web", 8211, `${http(8211)}, ${fresh("web", "8s")}`)}${service("calm", 8212, fresh("calm", "30s"))}${service("slow", 8213, fresh("slow", "60s"))}
`;

const rules = "/etc/holdfast/watch/stormy.json";
const timeout = 540_000;

sharedHost({
  setUp: async ({ host, holdfast, run }) => {
    await host.write("/opt/stormy/serve", program, 0o755);
    await host.write("/opt/stormy/holdfast.yaml", spec);
    await run("mkdir -p /opt/stormy/data").succeeds();
    await run("chown daemon /opt/stormy/data").succeeds();
    await holdfast("--file /opt/stormy/holdfast.yaml apply").succeeds();
  },
});

type Status = {
  services: {
    service: string;
    watch: {
      health: { overall: string } | null;
      breaker: { state: string };
      heals: { used: number };
      crashes: { count: number };
    };
  }[];
};

const statusOf = async ({ holdfast }: World, name = "stormy") =>
  (await holdfast(`--json status ${name}`)).json() as Status;

async function untilWell(world: World): Promise<void> {
  const found = async () => {
    const { services } = await statusOf(world);
    const { incidents } = (await world.holdfast("--json incident list stormy")).json() as {
      incidents: { state: string }[];
    };
    const open = incidents.filter(({ state }) => state !== "resolved").length;
    return services.every(({ watch }) => watch.health?.overall === "healthy") && open === 0;
  };
  await waitUntil("all is well", found, { timeout: 300_000 });
}

async function drillOne(world: World, words: string): Promise<Outcome> {
  await untilWell(world);
  const result = await world.holdfast(`--json drill ${words} --yes`, { timeout: 300_000 });
  const { outcomes } = result.json() as { outcomes: Outcome[] };
  expect(outcomes).toHaveLength(1);
  return outcomes[0]!;
}

const told = async ({ run }: World) =>
  (await run("journalctl --no-pager -o cat -u stormy-notify.service")).stdout;

story(
  "a storm is answered by three restarts, the fourth is refused, people would be told, and nothing of it is held against the service",
  { covers: "G-36", timeout },
  async (world) => {
    // Nothing but systemd brings this one back: no check of it fails within the time of a slow start.
    const seen = await drillOne(world, "stormy/calm --fault storm");
    expect(seen).toMatchObject({ verdict: "kept", because: "services.calm.restart.limit" });
    expect(seen.says).toMatch(
      /^restarted 3 times, the next start was refused after .*, told as critical, back/,
    );
    expect(seen.told.length).toBeGreaterThan(0);
    expect(seen.timeline.filter(({ kind }) => kind === "fault").map(({ what }) => what)).toContain(
      "killed, number 4",
    );
    expect(await told(world)).not.toMatch(/\[critical\]/);
    await world.unit("stormy-calm.service").is("active");
    expect((await statusOf(world, "stormy/calm")).services[0]!.watch).toMatchObject({
      breaker: { state: "closed" },
      crashes: { count: 0 },
    });
  },
);

story(
  "what is written no more is seen by the check of that at its threshold, though another would have seen it sooner",
  { covers: "G-35", timeout },
  async (world) => {
    const before = await world.host.read(rules);
    const seen = await drillOne(world, "stormy/web --fault stale");
    expect(seen).toMatchObject({ verdict: "kept", because: "the check fresh" });
    expect(seen.says).toMatch(/^fresh failed at its threshold \(8 s\) and healed it after /);
    expect(await world.host.read(rules)).toBe(before);
    expect((await statusOf(world, "stormy/web")).services[0]!.watch.heals.used).toBe(0);
  },
);

const stateOf = async ({ run }: World, pid: string) =>
  /^State:\s+(\S)/m.exec((await run(["cat", `/proc/${pid}/status`])).stdout)?.[1] ?? "gone";

/** Begins a drill by itself, and kills it when the main process of the service stands still. Returns that process. */
async function killDrill(world: World, name: string, fault: string): Promise<string> {
  await untilWell(world);
  const { run, unit } = world;
  const pid = await unit(`stormy-${name}.service`).show("MainPID");
  const drill = [`${checkout}/bin/holdfast`, "drill", `stormy/${name}`, "--fault", fault, "--yes"];
  await run(["systemd-run", `--unit=the-drill-${fault}`, "--collect", "--quiet", ...drill]).succeeds();
  await waitUntil(`${name} stands still`, () => stateOf(world, pid), {
    accept: (state) => state === "T",
    timeout: 120_000,
  });
  await run(["systemctl", "kill", "--signal=KILL", `the-drill-${fault}.service`]).succeeds();
  return pid;
}

const silences = async ({ holdfast }: World) =>
  ((await holdfast("--json notify status stormy")).json() as { silences: { why: string }[] }).silences;

story(
  "a drill that is killed is put back by the next command that looks",
  { covers: "G-34, G-35", timeout },
  async (world) => {
    const pid = await killDrill(world, "calm", "freeze");
    expect((await silences(world)).map(({ why }) => why)).toContain("holdfast drill");
    const looked = await world.holdfast("status stormy").succeeds();
    looked.says(/The drill of "stormy" \(freeze\) that .* was cut short: put back/);
    expect(["S", "R"]).toContain(await stateOf(world, pid));
    expect(await world.unit("stormy-calm.service").show("MainPID")).toBe(pid);
    expect(await silences(world)).toEqual([]);
    expect((await world.holdfast("status stormy").succeeds()).stderr).not.toContain("cut short");
    await world.holdfast("history stormy").says("clear a drill");
    expect((await world.run("systemctl is-active stormy-drill-watchman.timer")).stdout.trim()).toBe(
      "inactive",
    );
  },
);

story(
  "when nobody looks, a timer puts back what a killed drill has left",
  { covers: "G-35", timeout },
  async (world) => {
    const before = await world.host.read(rules);
    await killDrill(world, "slow", "stale");
    expect(await world.host.read(rules)).not.toBe(before);
    await waitUntil("the rules are back", async () => (await world.host.read(rules)) === before, {
      timeout: 180_000,
    });
    await waitUntil("it is muted no more", async () => (await silences(world)).length === 0, {
      timeout: 60_000,
    });
    await world.unit("stormy-slow.service").is("active");
  },
);
