import { expect } from "vitest";
import { sharedHost, story, waitUntil, type World } from "./story.ts";

const service = "{ run: /usr/bin/sleep infinity, ready: { settle: 0s }, restart: { delay: 100ms } }";
const spec = (time: string) => `
app: trial
user: daemon
directory: /opt/trial
probation: { for: ${time}, enable: after }
notify: { test: false, channels: { room: { journal: {} } } }
services:
  calm: ${service}
  shaky: ${service}
`;

sharedHost({
  setUp: async ({ host }) => {
    await host.write("/opt/trial/holdfast.yaml", spec("24h"));
  },
});

const failures = async (holdfast: World["holdfast"]) => {
  const { incidents } = (await holdfast("--json incident list trial --all").succeeds()).json() as {
    incidents: { severity: string; state: string; title: string }[];
  };
  return incidents
    .filter(({ title }) => title.includes("probation"))
    .map(({ severity, state, title }) => ({ severity, state, title }));
};

const apply = (holdfast: World["holdfast"]) => holdfast("--file /opt/trial/holdfast.yaml apply");

story(
  "what is new starts at boot only after its probation, which one crash fails with the reason",
  { covers: "P-76, P-77, G-42" },
  async ({ holdfast, host, run, unit }) => {
    const [calm, shaky] = [unit("trial-calm.service"), unit("trial-shaky.service")];
    await apply(holdfast).succeeds();
    await calm.is("active");
    expect(await calm.show("UnitFileState")).toBe("disabled");

    // Before the verdict.
    (await holdfast("enable trial/calm").fails(1)).says(
      /after its probation, and it is on probation for another/,
    );
    (await holdfast("enable trial/calm --override").fails(1)).says("without a reason");
    await holdfast("status trial").says("trial/calm: on probation for another");
    await holdfast("doctor trial/calm").says("not before it has passed its probation");
    (await apply(holdfast).succeeds()).says("Nothing to change");
    expect(await calm.show("UnitFileState")).toBe("disabled");

    // One crash.
    await run("systemctl kill --signal=KILL trial-shaky.service").succeeds();
    const stands = async () => (await holdfast("--json status trial/shaky")).json().probations[0].state;
    await waitUntil("systemd has said that it restarted it", stands, {
      accept: (state) => state === "failed",
    });
    await shaky.waitFor("active");
    (await holdfast("probation trial").fails(1)).says(
      /trial\/shaky: failed its probation: 1 crash, where none may be/,
    );
    (await holdfast("doctor trial/shaky").fails(1)).says("failed its probation: 1 crash");

    // It pages, with the reason, once.
    await holdfast("probation trial").fails(1);
    await run("systemctl start trial-probation.service").succeeds();
    expect(await failures(holdfast)).toEqual([
      {
        severity: "error",
        state: "open",
        title: expect.stringMatching(/^shaky failed its probation: 1 crash, where none may be/),
      },
    ]);
    const messages = async () => (await run("journalctl --no-pager -o cat -u trial-notify.service")).stdout;
    await waitUntil("it is told", messages, {
      accept: (text) => /shaky failed its probation: 1 crash/.test(text),
    });
    const pages = (await messages())
      .split("\n")
      .filter((line) => /\[error\] trial\/shaky on \S+: shaky failed its probation/.test(line));
    expect(pages).toHaveLength(1);

    // The time is over: it is shortened, which changes no service and so begins nothing anew.
    await host.write("/opt/trial/holdfast.yaml", spec("1s"));
    await apply(holdfast).succeeds();
    const { probations, enabled } = (await holdfast("--json probation trial").fails(1)).json();
    expect(probations).toMatchObject([
      { service: "calm", state: "passed", reasons: [] },
      { service: "shaky", state: "failed", reasons: [expect.stringMatching(/^1 crash, where none may be/)] },
    ]);
    // The timer of the probation may have been there first.
    if (enabled.length > 0) expect(enabled).toEqual([calm.name]);
    expect(await calm.show("UnitFileState")).toBe("enabled");
    expect(await shaky.show("UnitFileState")).toBe("disabled");

    (await holdfast("enable trial/shaky").fails(1)).says("it failed its probation: 1 crash");
    await holdfast(["enable", "trial/shaky", "--override", "--why", "we killed it ourselves"]).succeeds();
    expect(await shaky.show("UnitFileState")).toBe("enabled");
    await holdfast("history trial").says(/probation.*failed/);
    await holdfast("history trial").says("before it has passed its probation: we killed it ourselves");
    await apply(holdfast).succeeds();
    expect(await shaky.show("UnitFileState")).toBe("enabled");

    // The change that mends it begins a new probation, and ends the incident of the old one.
    expect((await failures(holdfast)).map(({ state }) => state)).toEqual(["open"]);
    await host.write(
      "/opt/trial/holdfast.yaml",
      spec("24h").replace("shaky: { run", "shaky: { stop: { timeout: 7s }, run"),
    );
    await apply(holdfast).succeeds();
    expect((await failures(holdfast)).map(({ state }) => state)).toEqual(["resolved"]);
  },
);

story(
  "its timer gives the verdict when nobody asks",
  { covers: "P-76" },
  async ({ holdfast, host, run, unit }) => {
    const calm = unit("trial-calm.service");
    // A change of the service begins a new probation.
    await host.write(
      "/opt/trial/holdfast.yaml",
      spec("1s").replace("calm: { run", "calm: { stop: { timeout: 5s }, run"),
    );
    await run("systemctl disable trial-calm.service");
    await apply(holdfast).succeeds();
    await calm.is("active");
    expect(await calm.show("UnitFileState")).toBe("disabled");
    expect(await unit("trial-probation.timer").show("UnitFileState")).toBe("enabled");
    await unit("trial-probation.timer").is("active");
    const state = async () => (await holdfast("--json status trial/calm")).json().probations[0].state;
    await waitUntil("its time is over", state, { accept: (word) => word === "passed" });
    expect(await calm.show("UnitFileState")).toBe("disabled");
    await run("systemctl start trial-probation.service").succeeds();
    await run("journalctl --no-pager -u trial-probation.service").says("trial/calm: passed its probation");
    expect(await calm.show("UnitFileState")).toBe("enabled");
  },
);

story(
  "a crash that the agent has seen counts once, and with its cause",
  { covers: "P-76" },
  async ({ holdfast, host, run }) => {
    await host.write(
      "/opt/trial/holdfast.yaml",
      `${spec("24h").replace("shaky: { run", "shaky: { stop: { timeout: 6s }, run")}supervision: agent\n`,
    );
    await apply(holdfast).succeeds();
    const shaky = async () => (await holdfast("--json status trial/shaky")).json().probations[0];
    expect(await shaky()).toMatchObject({ state: "running", counts: { crashes: 0 } });
    const watching = async () =>
      (await holdfast("--json status trial/shaky")).json().services[0].watch.watching.alive;
    await waitUntil("the agent watches", watching);
    await run("systemctl kill --signal=KILL trial-shaky.service").succeeds();
    const seen = await waitUntil("the agent has seen it", shaky, {
      accept: ({ reasons }) => reasons.some((reason: string) => reason.includes("restarted it: ")),
    });
    expect(seen).toMatchObject({ state: "failed", counts: { crashes: 1 } });
  },
);
