import { expect } from "vitest";
import type { Incident, IncidentEvent } from "../../src/tell/incident.ts";
import type { Run } from "../../src/store/runs.ts";
import { stayWithinOneDay } from "./clock.ts";
import { received, startReceiver, waitForMessage } from "./receiver.ts";
import { sharedHost, story, waitUntil } from "./story.ts";

// Jobs that fail, are blocked, take too long or do not run: who is told, and what ends it.

const directory = "/opt/desk";
const api = "http://127.0.0.1:8025";

const program = `#!/bin/sh
[ -e "${directory}/fail-$1" ] && { echo "$1 cannot go on"; exit 1; }
[ "$1" = endless ] && exec sleep inf
echo "$1 is done"
`;

/** The days around now are closed in a calendar of its own. */
const closed = [-1, 0, 1].map((days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10));

const job = (name: string, more = "") => `  ${name}: { run: ./job ${name}, hardening: off${more} }\n`;

const spec = `app: desk
user: desk
directory: ${directory}
calendars: { shut: { base: 24x7, closed: [${closed.join(", ")}] } }
services: {}
jobs:
${job("preflight", ", critical: true")}\
${job("trading", ", critical: true, needs: [preflight]")}\
${job("fetch", ", critical: true")}\
${job("status")}\
${job("endless", ", timeout: 1s")}\
${job("holiday", ", critical: true, calendar: shut")}\
${job("eod", ', critical: true, at: "*:*:0/3", late: refuse after 1s, timeout: 5s')}\
notify:
  test: false
  channels:
    hook: { webhook: { url: ${api}/webhook/hook } }
    pager: { pagerduty: { key: /etc/desk/pagerduty, api: ${api}/pagerduty } }
  policy: { critical: [hook, pager], error: [hook], warning: [hook], info: [hook] }
`;

const world = sharedHost({
  setUp: async (world) => {
    const { host, run } = world;
    await stayWithinOneDay("UTC");
    await host.write(`${directory}/job`, program, 0o755);
    await host.write(`${directory}/holdfast.yaml`, spec);
    await host.write("/etc/desk/pagerduty", "secret-of-pagerduty-0123456789abcdef\n", 0o600);
    await startReceiver(world);
    await world.holdfast("apply", { directory }).succeeds();
    // Its slots come every three seconds, and none of them is wanted before its own story.
    await run("systemctl stop desk-eod.timer").succeeds();
    await run("systemctl start desk-eod.service");
  },
});

type Told = {
  kind: string;
  severity: string;
  service: string | null;
  incident: string | null;
  title: string;
};

/** What the webhook got since a moment, of which each message is one line. */
async function told(since: number): Promise<string[]> {
  return (await received(world, { provider: "webhook", since }))
    .map(({ body }) => JSON.parse(body) as Told)
    .map(({ kind, severity, service }) => `${kind} ${severity} ${service}`);
}

async function paged(since: number): Promise<string[]> {
  return (await received(world, { provider: "pagerduty", since })).map(
    ({ body }) => (JSON.parse(body) as { event_action: string }).event_action,
  );
}

async function incidentsOf(service: string): Promise<Incident[]> {
  const { incidents } = (await world.holdfast("incident list --all --json").succeeds()).json() as {
    incidents: Incident[];
  };
  return incidents.filter((one) => one.service === service);
}

async function timelineOf({ name }: Incident): Promise<string[]> {
  const { timeline } = (await world.holdfast(`incident show ${name} --json`).succeeds()).json() as {
    timeline: IncidentEvent[];
  };
  return timeline.map(({ kind, says }) => `${kind}: ${says}`);
}

/** Newest first. */
async function runsOf(name: string): Promise<Run[]> {
  return (await world.holdfast(`runs --json desk/${name}`).succeeds()).json().jobs[0].runs;
}

/** As its timer does, or somebody who has never heard of Holdfast. */
const start = (name: string) => world.run(`systemctl start desk-${name}.service`);

const fail = (name: string) => world.host.write(`${directory}/fail-${name}`, "");
const mend = (name: string) => world.run(["rm", "-f", `${directory}/fail-${name}`]).succeeds();

function isOver(service: string): Promise<Incident[]> {
  return waitUntil(`the incident of ${service} is over`, () => incidentsOf(service), {
    accept: (found) => found.length > 0 && found.every(({ state }) => state === "resolved"),
  });
}

story(
  "a critical job that fails is a critical incident, told and paged at once; one that it blocks is told, too",
  { covers: "A-03, A-08, A-13, C-68" },
  async () => {
    const since = Date.now();
    await fail("preflight");
    await start("preflight").fails(1);
    const page = await waitForMessage(world, /preflight: failed: exit code 1/, {
      provider: "pagerduty",
      since,
    });
    expect(JSON.parse(page.body)).toMatchObject({
      event_action: "trigger",
      payload: { severity: "critical" },
    });

    await start("trading");
    expect((await runsOf("trading"))[0]).toMatchObject({ result: "blocked" });
    await waitForMessage(world, /trading: blocked: preflight is failed for \d{4}-\d\d-\d\d/, {
      provider: "webhook",
      since,
    });
    await waitForMessage(world, /trading: blocked/, { provider: "pagerduty", since });
    for (const name of ["preflight", "trading"]) {
      const found = await incidentsOf(name);
      expect(found.map(({ severity, state }) => `${severity} ${state}`)).toEqual(["critical open"]);
    }
    // It has been told once, though systemd reports the failure of the unit as well.
    expect(await told(since)).toEqual(["open critical preflight", "open critical trading"]);

    // The same again is the same incident, and nobody is told twice.
    await start("preflight").fails(1);
    await start("trading");
    expect(await incidentsOf("preflight")).toHaveLength(1);
    expect(await incidentsOf("trading")).toHaveLength(1);
  },
);

story(
  "a run that succeeds ends it, and whoever was told hears of that",
  { covers: "A-03, A-08, C-07" },
  async () => {
    const since = Date.now();
    await mend("preflight");
    await start("preflight").succeeds();
    await isOver("preflight");
    await start("trading").succeeds();
    const [incident] = await isOver("trading");
    expect(incident).toMatchObject({ outcome: "recovered" });
    expect(await timelineOf(incident!)).toContainEqual(
      expect.stringMatching(/^cleared: it has run and succeeded/),
    );
    await waitUntil("both ends are told", () => told(since), {
      accept: (list) => list.length >= 2,
    });
    expect(await told(since)).toEqual(["resolve critical preflight", "resolve critical trading"]);
    await waitUntil("both ends are paged", () => paged(since), { accept: (list) => list.length >= 2 });
    expect(await paged(since)).toEqual(["resolve", "resolve"]);
  },
);

story(
  "a job that is not critical and fails is an error, and wakes nobody; a critical one with nothing before it pages",
  { covers: "A-10, A-14" },
  async () => {
    const since = Date.now();
    await fail("status");
    await start("status").fails(1);
    await waitForMessage(world, /status: failed/, { provider: "webhook", since });
    await fail("fetch");
    await start("fetch").fails(1);
    await waitForMessage(world, /fetch: failed/, { provider: "pagerduty", since });
    expect(await told(since)).toEqual(["open error status", "open critical fetch"]);
    expect(await paged(since)).toEqual(["trigger"]);
    for (const name of ["status", "fetch"]) {
      await mend(name);
      await start(name).succeeds();
      await isOver(name);
    }
  },
);

story(
  "a job over its time limit is ended, and the message says that it took too long",
  { covers: "A-02, A-06" },
  async () => {
    const since = Date.now();
    await start("endless").fails(1);
    expect((await runsOf("endless"))[0]).toMatchObject({ result: "timed-out" });
    const message = await waitForMessage(world, /endless/, { provider: "webhook", since });
    expect(JSON.parse(message.body)).toMatchObject({
      kind: "open",
      severity: "error",
      title: "endless: timed-out: it took longer than its time-out",
    });
    const [incident] = await incidentsOf("endless");
    await world.holdfast(["incident", "resolve", incident!.name, "--reason", "it always does"]).succeeds();
  },
);

story(
  "a run that is skipped on purpose tells nobody: paused, on a closed day, done already",
  { covers: "A-41, A-42, A-94" },
  async () => {
    await waitUntil("what came before is told", async () => {
      const { messages } = (await world.holdfast("notify list --json").succeeds()).json() as {
        messages: { status: string }[];
      };
      return messages.every(({ status }) => status !== "pending");
    });
    const since = Date.now();
    await world.holdfast(["pause", "desk/fetch", "--for", "1h", "--why", "audit"]).succeeds();
    for (const name of ["fetch", "holiday", "trading"]) await start(name).succeeds();
    expect((await runsOf("fetch"))[0]).toMatchObject({ result: "paused" });
    expect((await runsOf("holiday"))[0]).toMatchObject({ result: "closed-day" });
    expect((await runsOf("trading"))[0]).toMatchObject({ result: "already-done" });
    await world.holdfast("resume desk/fetch").succeeds();
    expect((await incidentsOf("fetch")).filter(({ state }) => state !== "resolved")).toEqual([]);
    expect(await incidentsOf("holiday")).toEqual([]);
    // The yardstick: what is to be told arrives.
    await world
      .holdfast(["incident", "open", "status", "--severity", "warning", "--summary", "a yardstick"])
      .succeeds();
    await waitForMessage(world, /a yardstick/, { provider: "webhook", since });
    expect(await told(since)).toEqual(["open warning status"]);
    expect(await paged(since)).toEqual([]);
  },
);

story(
  "a critical job that nothing starts at its time is told as missed; the next run that succeeds ends it",
  { covers: "A-13, A-14, A-29" },
  async () => {
    const since = Date.now();
    const missed = await waitUntil(
      "a slot is over",
      async () => {
        await world.run("systemctl start desk-expect.service").succeeds();
        return (await runsOf("eod")).filter(({ result }) => result === "missed");
      },
      { accept: (runs) => runs.length > 0, interval: 500 },
    );
    const page = await waitForMessage(world, /eod: missed/, { provider: "pagerduty", since });
    expect(JSON.parse(page.body)).toMatchObject({
      event_action: "trigger",
      payload: { severity: "critical" },
    });
    expect(page.body).toMatch(/eod: missed: nothing started it/);
    expect(missed[0]).toMatchObject({ trigger: "timer" });
    const open = await incidentsOf("eod");
    expect(open.map(({ severity, state }) => `${severity} ${state}`)).toEqual(["critical open"]);

    // On a busy machine even this job may take longer than it may.
    await waitUntil("a run has succeeded", async () => (await world.holdfast("run desk/eod")).status === 0);
    await isOver("eod");
    await waitForMessage(world, /"resolve"/, { provider: "pagerduty", since });
  },
);
