import { readFile } from "node:fs/promises";
import { expect } from "vitest";
import { checkout, sharedHost, story, waitUntil, type World } from "./story.ts";
import { eventsOf, healsOf, waitForHeal, waitUntilHealthy } from "./watched.ts";

const directory = "/opt/desk";

// A bot that cannot speak sd_notify: a shell script that says by "holdfast beat" that its loop turns.
const bot = `#!/bin/sh
while :; do
  ${directory}/bin/holdfast beat || exit 1
  echo "Position 1.0, VIX 14"
  sleep 0.2
done
`;
const silent = `
import socket
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", 8009))
server.listen()
while True:
    held = server.accept()
`;
const spec = `
app: desk
user: daemon
directory: ${directory}
services:
  bot:
    run: bin/bot
    ready: { settle: 0s }
    grace: 1s
    health:
      - beat: { within: 3s }
      - log: { name: activity, match: "VIX|Position", at-least: 1 per 4s }
    heal: { do: alert-only }
  shy:
    run: bin/bot
    ready: { settle: 0s }
    grace: 1s
    health: [{ beat: { within: 2s } }]
    heal: { proof: 5s }
  web:
    run: /usr/bin/sleep infinity
    ready: { settle: 0s }
    writes: [state]
    grace: 0s
    health:
      - exec: { name: rpc, run: [/usr/bin/test, -e, ${directory}/state/rpc], fails: 1, every: 1h }
      - exec: { name: cache, run: [/usr/bin/test, -e, ${directory}/state/cache], fails: 1, every: 1h, severity: warning }
      - exec: { name: prices, run: [/usr/bin/test, -e, ${directory}/state/prices], fails: 1, every: 1h, severity: warning }
      - memory: { at-most: 500M }
      - tcp: { to: 8009, every: 1h, dependency: silent }
  silent:
    run: /usr/bin/python3 silent.py
    ready: { tcp: 8009 }
    grace: 0s
    health:
      - http: { url: "http://127.0.0.1:8009/", timeout: 30s, every: 1h }
      - exec: { run: /usr/bin/sleep 20, timeout: 30s, every: 1h }
`;

sharedHost({
  setUp: async ({ host, holdfast }) => {
    await host.write(`${directory}/bin/bot`, bot, 0o755);
    // A copy, because the sandbox hides a checkout that is in /tmp or in a home directory.
    await host.write(`${directory}/bin/holdfast`, await readFile(`${checkout}/bin/holdfast`, "utf8"), 0o755);
    await host.write(`${directory}/silent.py`, silent);
    for (const name of ["rpc", "cache", "prices"]) await host.write(`${directory}/state/${name}`, "");
    await host.write(`${directory}/holdfast.yaml`, spec);
    await holdfast(`-f ${directory}/holdfast.yaml apply`).succeeds();
    for (const name of ["bot", "shy", "web"]) await waitUntilHealthy(holdfast, `desk/${name}`);
  },
});

const remove = ({ run }: World, name: string) => run(["rm", `${directory}/state/${name}`]).succeeds();
const putBack = ({ host }: World, name: string) => host.write(`${directory}/state/${name}`, "");

story(
  "health says healthy, degraded or unhealthy, by its exit code and in JSON with every check, its value and its limit",
  { covers: "C-36…C-39, G-20, G-26, O-106" },
  async (world) => {
    const { holdfast } = world;
    const well = (await holdfast("health desk/web desk/bot --json").succeeds()).json();
    expect(well).toMatchObject({ status: "healthy", issues_found: 0, warnings_found: 0 });
    expect(Object.keys(well.groups).toSorted()).toEqual([
      "network_connectivity",
      "process_health",
      "resource_usage",
      "service_status",
    ]);
    expect(well.checks_performed.filter(({ result }: { result: string }) => result !== "ok")).toEqual([]);
    const beat = well.checks_performed.find(({ name }: { name: string }) => name === "beat");
    expect(beat).toMatchObject({ service: "bot", group: "process_health", result: "ok", limit: 3 });
    expect(beat.value).toBeLessThan(3);
    expect(beat.ms).toBeGreaterThanOrEqual(0);
    expect(well.checks_performed.find(({ name }: { name: string }) => name === "activity")).toMatchObject({
      limit: 1,
    });

    await remove(world, "cache");
    await remove(world, "prices");
    const degraded = await holdfast("health desk/web --json").fails(1);
    expect(degraded.json()).toMatchObject({ status: "degraded", issues_found: 0, warnings_found: 2 });

    await remove(world, "rpc");
    const unhealthy = await holdfast("health desk/web --json").fails(2);
    expect(unhealthy.json()).toMatchObject({
      ok: true,
      status: "unhealthy",
      issues_found: 1,
      warnings_found: 2,
    });
    const one = await holdfast("health desk/web --component rpc --json").fails(2);
    expect(one.json().checks_performed).toMatchObject([{ name: "rpc", result: "fail" }]);
    const text = await holdfast("health desk/web").fails(2);
    expect(text.stdout.split("\n")[0]).toMatch(/unhealthy: 1 issue, 2 warnings/);

    for (const name of ["cache", "prices", "rpc"]) await putBack(world, name);
    // An exit code of 2 for a mistake in the words has no status with it.
    const mistaken = await holdfast("health desk/web --component rcp --json").fails(2);
    expect(mistaken.json().ok).toBe(false);
    expect(mistaken.json().status).toBeUndefined();
  },
);

story(
  "quick leaves out what takes long, and ends within 5 s although something never answers",
  { covers: "C-35" },
  async ({ holdfast }) => {
    const began = performance.now();
    const quick = (await holdfast("health desk/silent --quick --json")).json();
    expect(performance.now() - began).toBeLessThan(5000);
    const names = quick.checks_performed.map(({ name }: { name: string }) => name);
    expect(names).toEqual(["unit", "http"]);
    // It may take 30 s to answer: that there was no time to wait so long is no failure of it, and not good either.
    expect(quick).toMatchObject({ status: "degraded", issues_found: 0 });
    expect(quick.checks_performed[1]).toMatchObject({ result: "unknown" });
    const whole = (await holdfast("health desk/web --comprehensive --json")).json();
    expect(whole.checks_performed.map(({ name }: { name: string }) => name)).toContain("rpc");
    const fast = (await holdfast("health desk/web --quick --json")).json();
    expect(fast.checks_performed.map(({ name }: { name: string }) => name)).not.toContain("rpc");
  },
);

story(
  "a frozen bot is active and not progressing; asking restarts nothing, and status and diagnose say what fails",
  { covers: "G-05, G-20, G-25" },
  async ({ holdfast, run, unit }) => {
    const service = unit("desk-bot.service");
    const before = [await service.show("MainPID"), await service.show("NRestarts")];
    const frozen = Date.now();
    await run("systemctl kill --signal=STOP desk-bot.service").succeeds();
    await waitUntil("both checks fail", async () => {
      const events = await eventsOf(run, "bot");
      return events.filter(({ at, kind }) => kind === "check-failing" && Number(at) >= frozen).length >= 2;
    });

    for (const words of ["health desk/bot --json", "health desk/bot --quick --json"]) {
      const found = (await holdfast(words).fails(2)).json();
      expect(found.services[0]).toMatchObject({ overall: "unhealthy", active: true, progressing: false });
    }
    await holdfast("status desk/bot").says(
      /unhealthy: active, ready, not progressing[^]*✗ beat: .* over 3 s/,
    );
    await holdfast("diagnose desk/bot").says(/Cause:\s+check beat: its last heartbeat was .* ago/);
    const logs = await holdfast("logs desk/bot --only-checks").succeeds();
    expect(logs.stdout).toMatch(/\[checks\] beat of bot has failed: its last heartbeat was/);
    // How each check stands: one line each, with its age or count.
    for (const check of ["unit ok", "beat fails", "activity fails"])
      expect(logs.stdout).toMatch(new RegExp(`\\[checks\\] ${check}: .*`));
    expect([await service.show("MainPID"), await service.show("NRestarts")]).toEqual(before);
    expect(await healsOf(run, "bot")).toEqual([]);
    await run("systemctl kill --signal=CONT desk-bot.service").succeeds();
  },
);

story(
  "a heal is in history with its cause, both processes and the time it took; status says what is left of the budget",
  { covers: "G-19, G-27, G-43, G-45" },
  async ({ host, holdfast, run, unit }) => {
    const service = unit("desk-shy.service");
    const pid = Number(await service.show("MainPID"));
    const follow = [`${checkout}/bin/holdfast`, "logs", "desk/shy", "--checks", "--follow", "-n", "1"];
    const reader = await host.spawn(follow);
    let followed = "";
    reader.stdout!.setEncoding("utf8").on("data", (more: string) => (followed += more));
    await waitUntil("the log is followed", () => followed.includes("Position"));
    const frozen = Date.now();
    await run("systemctl kill --signal=STOP desk-shy.service").succeeds();
    await waitForHeal(run, "shy", { after: frozen });
    for (const line of [/\[checks\] beat of shy has failed/, /\[checks\] restart helped/, /shy +Position/])
      await waitUntil(`who follows sees ${line}`, () => line.test(followed));
    reader.kill("SIGINT");

    const { events } = (await holdfast("history desk --json").succeeds()).json();
    const heal = events.find(({ kind }: { kind: string }) => kind === "heal");
    expect(heal).toMatchObject({
      service: "shy",
      outcome: "helped",
      data: { cause: "heartbeat", pidBefore: pid },
    });
    expect(heal.data.pidAfter).toBe(Number(await service.show("MainPID")));
    expect(heal.data.recoveredMillis).toBeGreaterThan(0);
    // Its kill is part of the heal, and no crash of its own.
    const ends = events.filter(
      (event: { kind: string; service: string }) => event.kind === "end" && event.service === "shy",
    );
    expect(ends).toEqual([]);
    await holdfast("history desk").says(
      /heal\s+shy: restart for heartbeat, pid \d+ to \d+, running again after/,
    );
    await holdfast("status desk/shy").says(
      /heals\s+1 of 3 heals used within 1 h; the last one .* for heartbeat, helped/,
    );
    await holdfast("diagnose desk/shy").says(
      /restart for heartbeat at .* helped: its process was stopped by a signal/,
    );
    const doctor = (await holdfast("doctor desk/shy --json").succeeds()).json().services[0].checks;
    expect(doctor).toContainEqual(expect.objectContaining({ id: "heals", result: "ok" }));
  },
);

story(
  "beat needs no Node and names what is missing; a user without the variable is told so",
  { covers: "G-01" },
  async ({ run }) => {
    const beat = [`${checkout}/bin/holdfast`, "beat"];
    const missing = await run(beat).fails(2);
    expect(missing.stderr).toMatch(/HOLDFAST_BEAT is not set[^]*Fix: /);
    const told = await run(["/usr/bin/env", "HOLDFAST_BEAT=/run/no/such/beat", ...beat]).fails(1);
    expect(told.stderr).toContain("cannot write /run/no/such/beat");
    await run(["/usr/bin/env", "-i", "HOLDFAST_BEAT=/run/beat-of-nobody", ...beat]).succeeds();
    await run(["/usr/bin/test", "-e", "/run/beat-of-nobody"]).succeeds();
    // The services of this file run it under the strict preset.
    await run("systemctl show desk-bot.service --property=MemoryDenyWriteExecute,ProtectSystem").says(
      "ProtectSystem=strict",
    );
  },
);

story(
  "a path of a check that is not there is said before apply, and by doctor",
  { covers: "G-48" },
  async ({ host, holdfast }) => {
    const wrong = `
app: paths
user: daemon
directory: ${directory}
services:
  bot:
    run: /usr/bin/sleep infinity
    ready: { settle: 0s }
    writes: [state]
    grace: 1h
    health:
      - file: { path: lgs/bot.log, fresh: 5m, severity: warning }
      - file: { name: fine, path: state/later.log, fresh: 5m, severity: warning }
`;
    await host.write("/opt/desk/wrong.yaml", wrong);
    const applied = await holdfast("-f /opt/desk/wrong.yaml apply").succeeds();
    expect(applied.stderr).toContain(
      `check "file" of service "bot" looks at ${directory}/lgs, which does not exist`,
    );
    expect(applied.stderr).not.toContain('"fine"');
    const { services } = (await holdfast("doctor paths --json").fails(1)).json();
    expect(services[0].checks).toContainEqual(
      expect.objectContaining({
        id: "check-paths",
        result: "failed",
        found: `check file: ${directory}/lgs does not exist`,
      }),
    );
    await holdfast("remove paths").succeeds();
  },
);

story(
  "the same spec at each level: the units that it says, the same rules, and health that can be asked everywhere",
  { covers: "G-08, G-33, G-39, G-46" },
  async ({ host, holdfast, run, unit }) => {
    const levels = `
app: levels
user: daemon
directory: ${directory}
supervision: LEVEL
services:
  bot:
    run: bin/bot
    ready: { settle: 0s }
    grace: 1s
    health: [{ beat: { within: 1m } }, { log: { match: Position, fresh: 1m } }]
`;
    const apply = async (level: string) => {
      await host.write("/opt/desk/levels.yaml", levels.replace("LEVEL", level));
      await holdfast("-f /opt/desk/levels.yaml apply").succeeds();
    };
    const watchedBy = async () => {
      const [service] = (await holdfast("health levels --json")).json().services;
      return [service.watched_by, service.watcher_alive, service.progressing];
    };
    const rules = "/etc/holdfast/watch/levels.json";
    const timer = unit("levels-check.timer");
    const pid = () => unit("levels-bot.service").show("MainPID");

    await apply("systemd");
    await waitUntil("it has written a line", async () => (await watchedBy())[2] === true);
    expect(await watchedBy()).toEqual(["systemd", false, true]);
    expect(await host.exists(rules)).toBe(false);
    await timer.is("inactive");

    await apply("probes");
    await timer.is("active");
    expect(await timer.show("UnitFileState")).toBe("enabled");
    // A minute is long: the look that the timer would make.
    await run("systemctl start levels-check.service").succeeds();
    expect(await watchedBy()).toEqual(["probes", true, true]);
    await holdfast("status levels").says("watched by a look once a minute, the last one");
    const probes = JSON.parse((await host.read(rules))!.split("\n").slice(1).join("\n"));
    const before = await pid();

    await apply("agent");
    await timer.is("inactive");
    expect(await pid()).toBe(before);
    expect(await watchedBy()).toEqual(["agent", true, true]);
    const agent = JSON.parse((await host.read(rules))!.split("\n").slice(1).join("\n"));
    expect({ ...agent, supervision: "" }).toEqual({ ...probes, supervision: "" });
    await holdfast("remove levels").succeeds();
  },
);

story(
  "doctor opens an item when the unit, its start at boot, the rules or the watcher is gone; status says what is stale",
  { covers: "G-37…G-39" },
  async ({ host, holdfast, run, unit: unitOf }) => {
    const failing = async (): Promise<string[]> => {
      const { services } = (await holdfast("doctor desk/web --json")).json();
      const checks = services[0].checks as { id: string; result: string }[];
      return checks.filter(({ result }) => result === "failed").map(({ id }) => id);
    };
    expect(await failing()).toEqual([]);

    const unit = "/etc/systemd/system/desk-web.service";
    const text = (await host.read(unit))!;
    await run(["rm", unit]).succeeds();
    expect(await failing()).toContain("as-applied");
    await host.write(unit, text);
    await run("systemctl daemon-reload").succeeds();

    await run("systemctl disable desk-web.service").succeeds();
    expect(await failing()).toContain("boot");
    await run("systemctl enable desk-web.service").succeeds();

    const rules = "/etc/holdfast/watch/desk.json";
    const kept = (await host.read(rules))!;
    await host.write(rules, kept.replace('"every": 3600000', '"every": 3600001'));
    expect(await failing()).toEqual(["watch-rules"]);
    await host.write(rules, kept);

    const dropIn = "/run/systemd/system/holdfast-agent.service.d/stays-dead.conf";
    await host.write(dropIn, "[Service]\nRestart=no\n");
    await run("systemctl daemon-reload").succeeds();
    await run("systemctl kill --signal=KILL holdfast-agent.service").succeeds();
    await unitOf("holdfast-agent.service").waitFor("failed");
    await holdfast("status desk/web").says(/watched by nobody: the agent does not look any more.*stale/);
    await run(["rm", dropIn]).succeeds();
    await run("systemctl daemon-reload").succeeds();
    await run("systemctl start holdfast-agent.service").succeeds();
    await waitUntil("the agent is seen again", async () => (await failing()).length === 0);

    await run("systemctl stop holdfast-agent.service").succeeds();
    expect(await failing()).toEqual(["watcher"]);
    await holdfast("status desk/web").says(/watched by nobody: the agent was stopped.*stale/);
    await run("systemctl start holdfast-agent.service").succeeds();
    await waitUntil("the agent is seen again", async () => (await failing()).length === 0);
  },
);
