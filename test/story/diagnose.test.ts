import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { sharedHost, story, waitUntil } from "./story.ts";

// Why a service ended, what stood in its way and what to do, from what systemd, the kernel and the record know.

const spec = `
app: ward
user: daemon
directory: /opt/ward
services:
  frail:
    run: /usr/bin/python3 frail.py
    writes: [state]
    start: false
    restart: { delay: 100ms, limit: 9 per 1h }
    limits: { memory: 40M, tasks: 16 }
  weak:
    run: /opt/ward/weak
    start: false
    enable: false
    restart: { delay: 100ms, limit: 3 per 1h }
  frozen:
    run: /usr/bin/sleep infinity
    start: false
    enable: false
    watchdog: 300ms
    restart: { delay: 100ms, limit: 1 per 1h }
  picky:
    run: /usr/bin/sleep infinity
    start: false
    enable: false
    needs-files: [manifest.toml]
    restart: { on: never }
  busy:
    run: /usr/bin/sha256sum /dev/zero
    ready: { settle: 0s }
    limits: { cpu: 5% }
`;

const directory = "/opt/ward";

const world = sharedHost({
  setUp: async ({ host, holdfast }) => {
    await host.write(
      `${directory}/frail.py`,
      readFileSync(join(import.meta.dirname, "programs/frail.py"), "utf8"),
    );
    await host.write(`${directory}/weak`, "#!/bin/sh\necho ERROR out of strength\nexit 7\n", 0o755);
    await host.write(`${directory}/manifest.toml`, "", 0o644);
    await host.write(`${directory}/holdfast.yaml`, spec);
    await holdfast("apply", { directory }).succeeds();
  },
});

type End = { at: string; reason: string; words: string; ranMillis: number | null };
type Diagnosis = {
  verdict: string;
  causes: { what: string; fix: string | null }[];
  ends: End[];
  limits: { name: string; hit: boolean; words: string }[];
  restarts: { used: number; of: number; spent: boolean };
  giveUps: { result: string; reason: string }[];
};

async function diagnose(service: string, ...args: string[]): Promise<Diagnosis> {
  const { services } = (await world.holdfast(["diagnose", service, "--json", ...args]).succeeds()).json();
  return services[0];
}

/** From now on. What was said before has its time, however late it is read. */
async function now(): Promise<string> {
  await world.run("journalctl --sync").succeeds();
  return new Date().toISOString();
}

/** What frail does from its next start on. */
async function plan(...words: string[]): Promise<void> {
  await world.run(["tee", `${directory}/state/plan`], { stdin: words.join(" ") }).succeeds();
  await world.run(`chmod 0666 ${directory}/state/plan`).succeeds();
}

/** The ends of a service after a moment, once they have these reasons: each is known for sure a little after the end. */
async function ends(service: string, after: string, reasons: readonly string[]): Promise<End[]> {
  return waitUntil(
    `the ends of ${service} are told`,
    async () => {
      const found = (await diagnose(service, "--since", after)).ends;
      expect(found.map(({ reason }) => reason)).toEqual(reasons);
      return found;
    },
    { interval: 200 },
  );
}

story(
  "each restart has its reason: two ends for lack of memory and one exit code are three rows",
  { covers: "P-61, O-104" },
  async ({ run, unit, holdfast }) => {
    const began = await now();
    await plan("oom", "oom", "exit", "stay");
    await run("systemctl start ward-frail").succeeds();
    const found = await ends("frail", began, ["oom", "oom", "exit-code"]);
    await unit("ward-frail.service").waitFor("active");
    for (const end of found) expect(end.ranMillis).toBeGreaterThan(0);
    expect(found[0]!.words).toContain("MemoryMax=40M");

    const shown = await holdfast("diagnose frail --since 10m").succeeds();
    shown.says(/oom .*needed more memory than its limit \(MemoryMax=40M\)/);
    shown.says(/exit-code .*exit code 1/);
    shown.says(/starts +4 of 9 within 1 h used/);
    expect((await diagnose("frail", "--since", "1ms")).ends).toEqual([]);
  },
);

story(
  "a crash, the watchdog and a kill by hand have their own names",
  { covers: "O-104" },
  async ({ run, unit }) => {
    await run("systemctl stop ward-frail").succeeds();
    const began = await now();
    await plan("segv", "stay");
    // It may be dead before systemd has called it started.
    await run("systemctl start ward-frail");
    const [crash] = await ends("frail", began, ["signal"]);
    expect(crash).toMatchObject({ words: expect.stringContaining("SIGSEGV") });
    await unit("ward-frail.service").waitFor("active");
    await run("systemctl kill --signal=KILL ward-frail").succeeds();
    const [, kill] = await ends("frail", began, ["signal", "signal"]);
    expect(kill).toMatchObject({ words: expect.stringContaining("systemctl kill") });

    await run("systemctl start ward-frozen");
    await unit("ward-frozen.service").waitFor("failed");
    await ends("frozen", began, ["watchdog", "start-limit"]);
  },
);

story(
  "three crashes stay on record when somebody starts the service again",
  { covers: "P-51, P-61" },
  async ({ host, run, holdfast, unit }) => {
    await run("systemctl start ward-weak");
    await unit("ward-weak.service").waitFor("failed");
    await waitUntil("the give-up is on record", async () => (await diagnose("weak")).giveUps.length > 0);
    const found = await diagnose("weak");
    expect(found.ends.map(({ reason }) => reason)).toEqual([
      "exit-code",
      "exit-code",
      "exit-code",
      "start-limit",
    ]);
    expect(found.restarts).toMatchObject({ used: 3, of: 3, spent: true });
    expect(found.causes[0]).toMatchObject({
      what: expect.stringMatching(/exit code 7 \(3 times.*ERROR out of strength/),
    });
    expect(found.causes[1]!.fix).toContain("holdfast reset weak");
    await holdfast("diagnose weak").says("gave up");

    await host.write(`${directory}/weak`, "#!/bin/sh\nexec sleep infinity\n", 0o755);
    await run("systemctl reset-failed ward-weak").succeeds();
    await run("systemctl start ward-weak").succeeds();
    expect(await unit("ward-weak.service").show("NRestarts")).toBe("0");
    const { events } = (await holdfast("history --json").succeeds()).json();
    const crashes = events.filter(
      (event: { service: string; outcome: string }) =>
        event.service === "weak" && event.outcome === "exit-code",
    );
    expect(crashes).toHaveLength(3);
    await holdfast("history").says(/end +weak: it ended with exit code 7/);
    const own = (await holdfast("history weak --json").succeeds()).json();
    expect(own).toMatchObject({ app: "ward", service: "weak" });
    const about = new Set(own.events.map((event: { service: string }) => event.service));
    expect([...about]).toEqual(["weak"]);
    const ofWeak = events.filter((event: { service: string }) => event.service === "weak");
    expect(own.events).toEqual(ofWeak);
    await holdfast("history weka")
      .fails()
      .then((result) => result.says('Cannot find "weka"').says("weak"));
  },
);

story(
  "a service that cannot start names the file that is missing",
  { covers: "P-57, O-100" },
  async ({ run, unit, holdfast }) => {
    const tryAgain = async (): Promise<void> => {
      await run("systemctl reset-failed ward-weak");
      await run("systemctl restart ward-weak");
      await unit("ward-weak.service").waitFor("failed");
    };
    await world.host.write(`${directory}/weak`, "#!/bin/sh\necho ERROR out of ideas\nexit 7\n", 0o755);
    await tryAgain();
    await run(`mv ${directory}/weak ${directory}/gone`).succeeds();
    await tryAgain();
    const result = await holdfast("diagnose weak").succeeds();
    result.says(/Cause: +203\/EXEC: \/opt\/ward\/weak does not exist/);
    result.says(/could-not-start +203\/EXEC: \/opt\/ward\/weak does not exist/);
    result.says(/^ +log +its last lines\n[^]*ERROR out of ideas/m);
    await run(`mv ${directory}/gone ${directory}/weak`).succeeds();

    await world.host.write(`${directory}/weak`, "#!/opt/ward/venv/bin/python\n", 0o755);
    await tryAgain();
    await holdfast("diagnose weak").says("to be run by /opt/ward/venv/bin/python, which does not exist");
  },
);

story(
  "a file that the account may not read is named, with the missing bit",
  { covers: "O-101" },
  async ({ run, holdfast }) => {
    await run(`chmod 0640 ${directory}/manifest.toml`).succeeds();
    await run("systemctl start ward-picky").fails();
    const file = await holdfast("diagnose picky").succeeds();
    file.says("/opt/ward/manifest.toml may not be read by daemon: it has mode 0640 and lacks r");
    file.says(/precondition +it needs \/opt\/ward\/manifest\.toml/);

    await run(`chmod 0644 ${directory}/manifest.toml`).succeeds();
    await run(`chmod 0700 ${directory}`).succeeds();
    await run("systemctl start ward-picky").fails();
    await holdfast("diagnose picky").says(
      "/opt/ward may not be entered by daemon: it has mode 0700 and lacks x",
    );
    await run(`chmod 0755 ${directory}`).succeeds();
  },
);

story(
  "limits that hold a service back are named by their directive",
  { covers: "P-62" },
  async ({ run, unit }) => {
    const busy = await waitUntil("it was held back", () => diagnose("busy"), {
      accept: ({ verdict }) => verdict === "trouble",
    });
    expect(busy.causes).toEqual([
      { what: expect.stringContaining("CPUQuota=5%"), fix: expect.stringContaining("limits.cpu") },
    ]);

    await plan("fork");
    await run("systemctl restart ward-frail").succeeds();
    const frail = await waitUntil("a child was refused", () => diagnose("frail"), {
      accept: ({ limits }) => limits.some(({ name, hit }) => name === "tasks" && hit),
    });
    expect(frail.causes.map(({ what }) => what)).toContainEqual(
      expect.stringMatching(/tasks: .*refused a new process/),
    );
    await plan("stay");
    await run("systemctl restart ward-frail").succeeds();
    expect((await diagnose("frail")).limits.some(({ hit, name }) => hit && name === "tasks")).toBe(false);
    await unit("ward-frail.service").is("active");
  },
);

story("a stop on purpose is told from a fault, with who and why", {}, async ({ holdfast }) => {
  await holdfast(["stop", "busy", "--why", "too warm"]).succeeds();
  const found = await diagnose("busy");
  expect(found).toMatchObject({ verdict: "stopped", causes: [{ fix: "holdfast start busy" }] });
  expect(found.causes[0]!.what).toMatch(/^root stopped it at .* \(too warm\)$/);
  expect(found.ends.at(-1)).toMatchObject({
    reason: "stopped",
    words: "stopped on purpose: holdfast stop (too warm) by root",
  });
  const { events } = (await holdfast("history --json").succeeds()).json();
  expect(events[0]).toMatchObject({
    kind: "action",
    service: "busy",
    who: "root",
    what: "stop",
    why: "too warm",
  });
});

story("a reboot and a power cut are no crashes of the service", {}, async ({ host, run, unit }) => {
  await run("systemctl start ward-frail").succeeds();
  const began = await now();
  await host.reboot();
  await unit("ward-frail.service").waitFor("active");
  await ends("frail", began, ["shutdown"]);
  await host.powerCut();
  await unit("ward-frail.service").waitFor("active");
  await ends("frail", began, ["shutdown", "host-down"]);
});
