import { join } from "node:path";
import { expect } from "vitest";
import { messageId } from "../../src/observe/message-ids.ts";
import { auditTrail, readRecord } from "./record.ts";
import { checkout, sharedHost, story, waitUntil, type World } from "./story.ts";
import { worker } from "./worker.ts";

const spec = `
app: policy
user: daemon
directory: /opt/policy
services:
  killed:   { run: /usr/bin/python3 worker.py steady, ready: { settle: 0s }, restart: { delay: 1s } }
  quick:    { run: /usr/bin/python3 worker.py steady, ready: { settle: 0s }, restart: { delay: 200ms } }
  ends:     { run: /usr/bin/python3 worker.py ends, start: false, restart: { delay: 200ms } }
  always:   { run: /usr/bin/python3 worker.py ends, start: false, restart: { on: always, delay: 200ms, limit: 3 per 1h } }
  fails:
    run: /usr/bin/python3 worker.py fails
    start: false
    ready: { settle: 5s }
    env: { file: /etc/policy/env }
    secrets: { KEY: /etc/policy/key }
    restart: { delay: 100ms, limit: 4 per 1h }
  stubborn: { run: /usr/bin/python3 worker.py stubborn, ready: { settle: 100ms }, stop: { timeout: 1s } }
  mixed:    { run: /usr/bin/python3 worker.py parent, ready: { settle: 300ms }, stop: { kill: mixed } }
  group:    { run: /usr/bin/python3 worker.py parent, ready: { settle: 300ms }, stop: { kill: control-group } }
  beats:    { run: /usr/bin/python3 worker.py beats, ready: { notify: true }, watchdog: 2s, restart: { delay: 200ms } }
  mute:     { run: /usr/bin/python3 worker.py mute, start: false, ready: { notify: true, within: 1s }, restart: { on: never } }
`;

sharedHost({
  setUp: async ({ host, holdfast }) => {
    await host.write("/opt/policy/worker.py", worker);
    await host.write("/opt/policy/holdfast.yaml", spec);
    await host.write("/etc/policy/env", "URL=https://node.example/v2/token-in-the-url\n", 0o600);
    await host.write("/etc/policy/key", "swordfish\n", 0o600);
    await holdfast("-f /opt/policy/holdfast.yaml apply").succeeds();
  },
});

story(
  "a killed service is back after its delay, as another process",
  { covers: "P-01, P-02, O-02, O-32" },
  async ({ run, unit }) => {
    const killed = unit("policy-killed.service");
    const pid = await killed.show("MainPID");
    await run(`systemctl kill --signal=KILL --kill-whom=main ${killed.name}`).succeeds();

    await waitUntil("another process runs", async () => !["0", pid].includes(await killed.show("MainPID")));

    await killed.waitFor("active");
    const [ended, started] = await waitUntil("both are in the journal", async () => {
      const exits = await times(run, killed.name, messageId.processExit);
      const starts = await times(run, killed.name, messageId.starting);
      const next = starts.find((time) => time > exits.at(-1)!);
      return next === undefined ? null : [exits.at(-1)!, next];
    }).then((pair) => pair!);
    expectAbout(1, started! - ended!);
  },
);

story(
  "what was asked to stop stays stopped, and so does what ended by itself with exit code 0",
  { covers: "P-01" },
  async ({ holdfast, run, unit }) => {
    const [killed, quick, ends] = ["killed", "quick", "ends"].map((name) => unit(`policy-${name}.service`));
    await holdfast("stop policy/quick").succeeds();
    await run("systemctl start policy-ends").succeeds();
    await ends!.waitFor("inactive");

    // The yardstick: a restart with a delay five times as long comes in the same time.
    const pid = await killed!.show("MainPID");
    await run(`systemctl kill --signal=KILL --kill-whom=main ${killed!.name}`).succeeds();
    await waitUntil("the yardstick is back", async () => !["0", pid].includes(await killed!.show("MainPID")));

    await quick!.is("inactive");
    await ends!.is("inactive");
    expect(await ends!.show("NRestarts")).toBe("0");
    await holdfast("start policy/quick").succeeds();
  },
);

story(
  "on: always restarts after exit code 0 too, within the same limit",
  { covers: "P-01, P-04" },
  async ({ holdfast, run, unit }) => {
    await run("systemctl start policy-always");
    await unit("policy-always.service").waitFor("failed");
    expect(await times(run, "policy-always.service", messageId.starting)).toHaveLength(3);
    await waitUntil("it is on record", async () =>
      isSome((await holdfast("status policy/always --json").succeeds()).json().services[0].gaveUp),
    );
  },
);

story(
  "delays, limits and time-outs of the examples are in force in the right section",
  { covers: "P-02, P-03, P-04, P-07, P-08, P-09, O-02, O-32…O-36" },
  async ({ holdfast, run, unit }) => {
    for (const example of ["polybot", "oneiric"]) {
      const file = join(checkout, "examples", example, "holdfast.yaml");
      await holdfast(["-f", file, "compile", "--out", "/etc/systemd/system"]).succeeds();
    }
    await run("systemctl daemon-reload").succeeds();
    await expectInForce(unit("polybot-bot.service"), {
      Restart: "on-failure",
      RestartUSec: "30s",
      StartLimitIntervalUSec: "1h",
      StartLimitBurst: "10",
      KillSignal: "15",
      KillMode: "mixed",
      TimeoutStopUSec: "1min",
    });
    await expectInForce(unit("oneiric.service"), {
      Restart: "on-failure",
      RestartUSec: "10s",
      StartLimitIntervalUSec: "5min",
      StartLimitBurst: "5",
      TimeoutStartUSec: "1min",
      TimeoutStopUSec: "30s",
    });
  },
);

story(
  "a program that always fails is started exactly as often as the limit says; then it has given up, on record, once",
  { covers: "P-04, P-05, O-97, O-99" },
  async ({ holdfast, run, unit }) => {
    await holdfast("start policy/fails").fails(1);
    await unit("policy-fails.service").waitFor("failed");
    const [gaveUp] = await waitUntil("it is on record", () => giveUps(holdfast), { accept: isSome });

    // Not "Started": on a busy machine a program may have ended before systemd says so.
    expect(await times(run, "policy-fails.service", messageId.starting)).toHaveLength(4);
    expect(gaveUp).toMatchObject({ result: "exit-code", exitCode: "exited", exitStatus: "3" });
    await holdfast("status policy/fails").says(/gave up at .*exit code 3.*holdfast reset policy\/fails/);
    // The alert comes after the record of it.
    await unit("policy-give-up@policy-fails.service").waitFor("inactive");
    const alerts = await run("journalctl --no-pager -o cat -p alert -u policy-give-up@*").says("gave up");
    alerts.says("result exit-code, exited 3");

    // Started again for the same run, and without systemd's variables: the facts come from its properties.
    await run("systemctl start policy-give-up@policy-fails.service").succeeds();
    expect(await giveUps(holdfast)).toHaveLength(1);
  },
);

story(
  "the evidence of a give-up holds the last lines, but no secret and no variable",
  { covers: "P-05, O-97" },
  async ({ run }) => {
    const sql = "SELECT evidence FROM give_ups WHERE unit = ?";
    const [row] = await readRecord(run, sql, "policy-fails.service");
    const evidence = JSON.parse(String(row!["evidence"]));
    const texts = evidence.lines.map((line: { text: string }) => line.text);
    expect(texts).toContain("the key is [KEY]");
    expect(texts).toContain("the url is [URL]");
    expect(texts.filter((text: string) => text.includes("status=3")).length).toBeGreaterThan(2);
    expect(JSON.stringify(evidence)).not.toMatch(/swordfish|token-in-the-url/);
    expect(evidence.properties).toMatchObject({ NRestarts: 4, StartLimitBurst: 4 });
  },
);

story(
  "a give-up that cannot be recorded reaches the journal all the same",
  { covers: "O-99" },
  async ({ run, unit }) => {
    const recorder = unit("policy-give-up@policy-always.service");
    await recorder.waitFor("inactive");
    await run("mv /var/lib/holdfast /var/lib/holdfast.aside").succeeds();
    await run("touch /var/lib/holdfast").succeeds();
    try {
      await run(`systemctl start ${recorder.name}`).fails();
      await recorder.waitFor("failed");
      expect(await recorder.show("ExecMainStatus")).toBe("1");
      const alerts = await run(["journalctl", "--no-pager", "-o", "cat", "-p", "alert", "-u", recorder.name]);
      alerts.says("policy-always.service gave up").says("This is not on record");
    } finally {
      await run("rm /var/lib/holdfast").succeeds();
      await run("mv /var/lib/holdfast.aside /var/lib/holdfast").succeeds();
    }
  },
);

story(
  "reset starts it again with fresh counters, closes the give-up, and records who and why",
  { covers: "P-06" },
  async ({ host, holdfast, run, unit }) => {
    const fails = unit("policy-fails.service");
    await holdfast("reset policy/fails").fails(1);
    await fails.waitFor("failed");
    await waitUntil("the second give-up is on record", async () => (await giveUps(holdfast)).length === 2);

    await host.write("/opt/policy/mended", "");
    await holdfast(["reset", "policy/fails", "--why", "the key was wrong"]).succeeds();

    await fails.is("active");
    expect(await fails.show("NRestarts")).toBe("0");
    expect(await giveUps(holdfast)).toEqual([]);
    expect((await auditTrail(run, fails.name)).at(-1)).toMatchObject({
      who: "root",
      action: "reset",
      why: "the key was wrong",
      result: expect.stringContaining("ready"),
    });
  },
);

story(
  "stop sends SIGTERM; who ignores it is killed at the time-out, which is an unclean stop and no crash",
  { covers: "P-07, P-08, O-36" },
  async ({ holdfast, run, unit }) => {
    const stubborn = unit("policy-stubborn.service");

    const stop = await holdfast("stop policy/stubborn").succeeds();

    stop.says("operate/unclean-stop").says("killed");
    expect(await stubborn.show("Result")).toBe("timeout");
    await run("journalctl --namespace=policy --no-pager -o cat").says("stubborn got SIGTERM");
    const [asked] = await times(run, stubborn.name, messageId.stopping);
    const [ended] = await times(run, stubborn.name, messageId.processExit);
    expectAbout(1, ended! - asked!);

    await waitUntil("the failure was looked at", async () =>
      isSome(await times(run, "policy-give-up@policy-stubborn.service", messageId.started)),
    );
    expect(await giveUps(holdfast)).toEqual([]);
    await holdfast("status policy/stubborn")
      .says("root stopped it")
      .then((r) => r.doesNotSay("gave up"));
  },
);

story(
  "an unclean stop by somebody else is on record too, and no give-up",
  { covers: "P-08" },
  async ({ holdfast, run }) => {
    await holdfast("start policy/stubborn").succeeds();
    await waitUntil("it can ignore the signal", async () => {
      const argv = ["journalctl", "--namespace=policy", "-o", "cat", "-u", "policy-stubborn.service"];
      return (await run(argv)).stdout.match(/stubborn started/g)?.length === 2;
    });
    await run("systemctl stop policy-stubborn").succeeds();

    await waitUntil("it is on record", async () =>
      (await auditTrail(run, "policy-stubborn.service")).some(
        ({ who, action }) => who === "outside Holdfast" && action === "stop",
      ),
    );
    expect(await giveUps(holdfast)).toEqual([]);
  },
);

story(
  "mixed: only the main process is asked to end; control-group: its children are too",
  { covers: "P-09" },
  async ({ holdfast, run, unit }) => {
    const said = async (service: string) =>
      (await run(`journalctl --namespace=policy --no-pager -o cat -u policy-${service}`)).stdout;
    await waitUntil("both children run", async () =>
      [await said("mixed"), await said("group")].every((text) => text.includes("child started")),
    );

    await holdfast("stop policy/mixed policy/group").succeeds();

    expect(await said("mixed")).toContain("parent got SIGTERM");
    expect(await said("mixed")).not.toContain("child got SIGTERM");
    expect(await said("group")).toContain("parent got SIGTERM");
    expect(await said("group")).toContain("child got SIGTERM");
    for (const name of ["mixed", "group"])
      expect(await unit(`policy-${name}.service`).show("ControlGroup")).toBe("");
  },
);

story(
  "a frozen program is killed by its watchdog and started again",
  { covers: "O-06" },
  async ({ run, unit }) => {
    const beats = unit("policy-beats.service");
    const pid = await beats.show("MainPID");
    await run(`systemctl kill --signal=STOP --kill-whom=main ${beats.name}`).succeeds();

    await waitUntil("another process runs", async () => !["0", pid].includes(await beats.show("MainPID")));

    await run(`journalctl --no-pager -o cat -u ${beats.name}`).says("Failed with result 'watchdog'");
  },
);

story(
  "a program that never says it is ready has failed when its time is up",
  { covers: "O-35" },
  async ({ holdfast, run, unit }) => {
    await holdfast("start policy/mute")
      .fails(1)
      .then((result) => result.says("did not say that it is ready (sd_notify READY=1) within 1 s"));
    await unit("policy-mute.service").is("failed");
    expect(await unit("policy-mute.service").show("Result")).toBe("timeout");
    const [asked] = await times(run, "policy-mute.service", messageId.starting);
    const [failed] = await times(run, "policy-mute.service", messageId.failureResult);
    expectAbout(1, failed! - asked!);
  },
);

story(
  "mending the spec and applying it ends a give-up too",
  { covers: "P-05, P-06" },
  async ({ host, holdfast, unit }) => {
    const always = async () => (await holdfast("status policy/always --json").succeeds()).json().services[0];
    expect((await always()).gaveUp).toHaveLength(1);
    const line = spec.split("\n").find((text) => text.includes("always:"))!;
    const mended = line.replace("worker.py ends, start: false", "worker.py steady, ready: { settle: 0s }");
    await host.write("/opt/policy/holdfast.yaml", spec.replace(line, mended));

    await holdfast("-f /opt/policy/holdfast.yaml apply").succeeds();

    await unit("policy-always.service").is("active");
    expect((await always()).gaveUp).toEqual([]);
  },
);

/** When systemd said so about the unit, in seconds: not when journald, which may be late, has read it. */
async function times(run: World["run"], unit: string, message: string): Promise<number[]> {
  const argv = ["journalctl", "--no-pager", "-o", "json", "-u", unit, `MESSAGE_ID=${message}`];
  const lines = (await run(argv)).stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => Number(JSON.parse(line)["_SOURCE_REALTIME_TIMESTAMP"]) / 1e6);
}

/**
 * A time that the spec says, and not a default: those are ten times shorter, or at least five times longer. systemd
 * counts from before it says that it begins, and a busy machine comes late to the end.
 */
function expectAbout(wanted: number, seconds: number): void {
  expect(seconds).toBeGreaterThan(wanted / 2);
  expect(seconds).toBeLessThan(wanted * 4);
}

function isSome(list: readonly unknown[]): boolean {
  return list.length > 0;
}

async function giveUps(holdfast: World["holdfast"]): Promise<unknown[]> {
  const { services } = (await holdfast("status policy --json").succeeds()).json();
  return services
    .filter((service: { service: string }) => service.service !== "always")
    .flatMap((service: { gaveUp: unknown[] }) => service.gaveUp);
}

async function expectInForce(
  unit: ReturnType<World["unit"]>,
  wanted: Readonly<Record<string, string>>,
): Promise<void> {
  const found = await Promise.all(Object.keys(wanted).map(async (name) => [name, await unit.show(name)]));
  expect(Object.fromEntries(found)).toEqual(wanted);
}
