import { describe, expect } from "vitest";
import type { Incident, IncidentEvent, OutboxRow } from "../../src/tell/incident.ts";
import { order, received, startReceiver, waitForMessage } from "./receiver.ts";
import { readRecord } from "./record.ts";
import { sharedHost, story, waitUntil } from "./story.ts";
import { eventsOf, healsOf, waitForEvent } from "./watched.ts";

// When nobody is to be told, is told later, or is told of many things at once. What takes minutes is set back in the record.

const directory = "/opt/demo";
const api = "http://127.0.0.1:8025";
const minute = 60_000;
const hour = 60 * minute;
const crowd = ["s1", "s2", "s3", "s4", "s5", "s6"];

/** Ends when a file says so, and does not start while another one is there; works until it is told to be idle. */
const program = `#!/bin/sh
[ -e "${directory}/no-start-$1" ] && exit 3
while [ "$MODE" = bad ]; do
  [ -e "${directory}/end-$1" ] && exit 5
  sleep 0.1
done
while :; do
  [ -e "${directory}/crash-$1" ] && { rm "${directory}/crash-$1"; exit 4; }
  [ -e "${directory}/idle-$1" ] || : > "${directory}/work-$1"
  sleep 0.2
done
`;

const service = (name: string, more = "", settle = "0s") =>
  `  ${name}: { run: ./serve ${name}, runtime: shell, hardening: basic, writes: [.], restart: { on: failure, delay: 100ms, limit: 2 per 1m }, ready: { settle: ${settle} }${more} }\n`;

/** systemd alone: what is given up is told at once, and over with a reset. */
const demo = (web = service("web")) => `app: demo
user: demo
directory: ${directory}
windows: { always: { hours: 00:00..24:00, zone: UTC } }
services:
${web}${service("other")}${service("loud")}${crowd.map((name) => service(name)).join("")}\
notify:
  test: false
  channels:
    hook: { webhook: { url: ${api}/webhook/demo }, most: 1000 per 1h }
    room: { telegram: { token: /etc/demo/token, chat: "42", api: ${api}/telegram } }
    mail: { email: { server: "smtp://127.0.0.1:2525", from: bot@example.org, to: [ops@example.org] }, quiet: always }
    few: { discord: { webhook: /etc/demo/discord, api: ${api}/discord }, most: 3 per 1h }
    pager: { pagerduty: { key: /etc/demo/token, api: ${api}/pagerduty } }
  policy:
    critical: { steps: [{ notify: [hook, mail, few] }, { notify: [pager] }] }
    error: [hook, room]
    warning: [hook, mail]
    info: [few]
`;

const worker = (name: string, more = "", health = works(name)) =>
  service(name, `, grace: 0s, health: [${health}], heal: { ${more}limit: 9 per 1h }`);

function works(name: string): string {
  return `{ file: { name: works, path: work-${name}, fresh: 2s } }`;
}

/** Watched by the agent. */
const eye = (moved?: string) => `app: eye
user: demo
directory: ${directory}
supervision: agent
services:
${worker("bot")}${worker("twin")}${worker("lame", "do: alert-only, ")}${worker("moved", "do: alert-only, ", moved)}\
notify:
  test: false
  wait-for-heal: 0s
  channels: { hook: { webhook: { url: ${api}/webhook/eye } } }
`;

const world = sharedHost({
  setUp: async (world) => {
    const { host, holdfast, run } = world;
    await host.write(`${directory}/serve`, program, 0o755);
    await host.write("/etc/demo/token", "secret-of-the-bot-0123456789abcdef\n", 0o600);
    await host.write(
      "/etc/demo/discord",
      `${api}/discord/api/webhooks/1/secret-of-discord-0123456789\n`,
      0o600,
    );
    await host.write(`${directory}/eye.yaml`, eye());
    await host.write(`${directory}/demo.yaml`, demo());
    await startReceiver(world);
    await holdfast(`-f ${directory}/demo.yaml apply`).succeeds();
    await holdfast(`-f ${directory}/eye.yaml apply`).succeeds();
    await run(["sh", "-c", "chown -R demo: /opt/demo"]).succeeds();
  },
});

type Told = {
  kind: string;
  severity: string;
  service: string | null;
  incident: string | null;
  title: string;
  lines: string[];
  at: number;
};
type Page = { incident: Incident; timeline: IncidentEvent[]; messages: OutboxRow[] };

/** What the webhook of an application got since a moment. */
async function told(app: string, since: number): Promise<Told[]> {
  return (await received(world, { provider: "webhook", path: app, since })).map(
    ({ body }) => JSON.parse(body) as Told,
  );
}

const waitUntilTold = (app: string, since: number, accept: (message: Told) => boolean) =>
  waitUntil("the webhook is told", async () => (await told(app, since)).find(accept)!, { interval: 100 });

async function incidents(app: string): Promise<Incident[]> {
  return (
    (await world.holdfast(`incident list ${app} --all --json`).succeeds()).json() as {
      incidents: Incident[];
    }
  ).incidents;
}

async function show(name: string): Promise<Page> {
  return (await world.holdfast(`incident show ${name} --json`).succeeds()).json() as Page;
}

/** As if time had passed; the notifier is told to look. */
async function change(app: string, statement: string, ...values: (string | number)[]): Promise<void> {
  const program = `import sqlite3, sys
c = sqlite3.connect("/var/lib/holdfast/holdfast.db", timeout=20)
c.execute(sys.argv[1], [int(v) if v.lstrip("-").isdigit() else v for v in sys.argv[2:]])
c.commit()
open("/var/lib/holdfast/wake/" + "${app}", "w").close()`;
  await world.run(["python3", "-c", program, statement, ...values.map(String)]).succeeds();
}

/** One that systemd gives up: its program ends, and cannot be started again. */
async function breakDown(...names: string[]): Promise<void> {
  await world.run(["touch", ...names.flatMap((name) => [`${directory}/no-start-${name}`])]).succeeds();
  await world.run(["touch", ...names.map((name) => `${directory}/crash-${name}`)]).succeeds();
}

async function mend(...names: string[]): Promise<void> {
  await world.run(["rm", "-f", ...names.map((name) => `${directory}/no-start-${name}`)]).succeeds();
  for (const name of names) await world.holdfast(["reset", `demo/${name}`, "--why", "mended"]).succeeds();
}

/** Waits until an alert of a service is on record, and held back. */
const waitUntilHeld = (name: string) =>
  waitUntil(
    `an alert of ${name} is held back`,
    async () =>
      (
        await readRecord(
          world.run,
          "SELECT held_why FROM alerts WHERE service = ? AND cleared IS NULL AND incident IS NULL AND held_until IS NOT NULL",
          name,
        )
      )[0],
    { interval: 100 },
  );

/** Each once, from what a message says. */
function summariesIn(text: string): string[] {
  return [...new Set([...text.matchAll(/trouble \d/g)].map(([found]) => found))];
}

async function open(severity: string, summary: string, about: string[] = ["demo"]): Promise<string> {
  const { stdout } = await world
    .holdfast(["incident", "open", ...about, "--severity", severity, "--summary", summary, "--json"])
    .succeeds();
  return (JSON.parse(stdout) as { incident: string }).incident;
}

const resolve = (name: string) =>
  world.holdfast(["incident", "resolve", name, "--reason", "mended"]).succeeds();

describe("windows", () => {
  story(
    "what breaks while apply works is told when it still fails at its end; a change that goes back is no incident",
    { covers: "C-68" },
    async () => {
      const since = Date.now();
      // The new one works for a while, and fails before it counts as ready.
      const bad = service("web", ", env: { set: { MODE: bad } }", "60s");
      await world.host.write(`${directory}/demo.yaml`, demo(bad));
      const applying = world.holdfast(`-f ${directory}/demo.yaml apply`);
      await waitUntil("apply has opened its window", async () =>
        (
          await readRecord(
            world.run,
            "SELECT why FROM silences WHERE app = 'demo' AND ended IS NULL AND kind = ?",
            "maintenance",
          )
        ).some(({ why }) => why === "holdfast apply"),
      );
      await breakDown("other");
      expect((await waitUntilHeld("other"))!["held_why"]).toMatch(/^maintenance by root.*: holdfast apply$/);
      expect(await told("demo", since)).toEqual([]);
      await world.run(["touch", `${directory}/end-web`]).succeeds();
      await applying.then((result) => result.fails());
      const message = await waitUntilTold("demo", since, ({ title }) => title.includes("gave up"));
      expect(message).toMatchObject({ kind: "open", severity: "critical", service: "other" });
      expect((await told("demo", since)).map((one) => one.service)).toEqual(["other"]);
      expect((await incidents("demo")).map((one) => one.service)).toEqual(["other"]);
      await mend("other");
      await waitUntilTold("demo", since, ({ kind }) => kind === "resolve");
      await world.host.write(`${directory}/demo.yaml`, demo());
      await world.unit("demo-web.service").is("active/running");
    },
  );

  story(
    "in a maintenance window nobody is told; what still fails at its end is told then, with since when",
    { covers: "C-68" },
    async () => {
      const since = Date.now();
      await world.holdfast("maintenance start demo/web --for 1h").fails(2);
      await world
        .holdfast(["maintenance", "start", "demo/web", "--for", "1h", "--reason", "a new disk"])
        .succeeds();
      const broke = Date.now();
      await breakDown("web");
      const held = await waitUntilHeld("web");
      expect(held!["held_why"]).toMatch(/^maintenance by root.*: a new disk$/);
      // Another service is not in the window.
      await breakDown("other");
      await waitUntilTold("demo", since, (one) => one.service === "other");
      expect((await told("demo", since)).map((one) => one.service)).toEqual(["other"]);
      await mend("other");

      const ended = Date.now();
      await world.holdfast("maintenance end demo/web").succeeds();
      const message = await waitUntilTold("demo", ended, (one) => one.service === "web");
      expect(message).toMatchObject({ kind: "open", severity: "critical" });
      const [, from = ""] = /since (\S+Z)/.exec(message.lines.join("\n")) ?? [];
      expect(Date.parse(from)).toBeGreaterThanOrEqual(broke);
      expect(Date.parse(from)).toBeLessThan(ended);
      await mend("web");
      await waitUntilTold("demo", ended, (one) => one.service === "web" && one.kind === "resolve");
    },
  );

  story(
    "a mute puts off what comes next, and the end is told to exactly those who heard the beginning",
    { covers: "C-70" },
    async () => {
      const since = Date.now();
      await breakDown("loud");
      await waitUntilTold("demo", since, (one) => one.service === "loud");
      await world.holdfast(["mute", "demo/loud", "--for", "1h", "--reason", "we know"]).succeeds();
      const { name } = (await incidents("demo"))[0]!;
      await change("demo", "UPDATE incidents SET due = 1 WHERE name = ?", name);
      const { timeline, incident } = await waitUntil("the next step is put off", () => show(name), {
        accept: (page) => page.timeline.some(({ kind }) => kind === "held"),
      });
      expect(timeline.find(({ kind }) => kind === "held")!.says).toMatch(/^mute by root .*: we know$/);
      expect(incident.due).toBeGreaterThan(Date.now() + hour / 2);
      await mend("loud");
      await waitUntilTold("demo", since, (one) => one.service === "loud" && one.kind === "resolve");
      const ended = await show(name);
      expect(targetsOf(ended, "resolve")).toEqual(targetsOf(ended, "open"));
      expect(await received(world, { provider: "pagerduty", since })).toEqual([]);

      // What begins while it is muted is told to nobody, and so is its end.
      const muted = Date.now();
      await breakDown("loud");
      const [fresh] = await waitUntil("it is an incident", () => incidents("demo"), {
        accept: ([latest]) => latest!.name !== name,
      });
      await mend("loud");
      await waitUntil("it is over", () => show(fresh!.name), {
        accept: (page) => page.incident.state === "resolved",
      });
      expect((await show(fresh!.name)).messages.filter(({ kind }) => kind !== "notice")).toEqual([]);
      expect((await told("demo", muted)).filter((one) => one.service === "loud")).toEqual([]);
      await world.holdfast("unmute demo/loud").succeeds();
    },
  );
});

function targetsOf({ messages }: Page, kind: string): string[] {
  return messages
    .filter((row) => row.kind === kind)
    .map(({ target }) => target)
    .toSorted();
}

describe("channels", () => {
  story("quiet hours hold a warning back, and nothing that is critical", { covers: "C-01" }, async () => {
    const since = Date.now();
    const warning = await open("warning", "the disk fills");
    const critical = await open("critical", "all is lost");
    await waitForMessage(world, /all is lost/, { provider: "smtp", since });
    await waitUntilTold("demo", since, ({ title }) => title.includes("the disk fills"));
    const mails = await received(world, { provider: "smtp", since });
    expect(mails.map(({ body }) => body).join("\n")).not.toContain("the disk fills");
    const { messages } = await show(warning);
    expect(messages.find(({ target }) => target === "mail")).toMatchObject({
      status: "pending",
      why: "quiet hours of mail",
    });
    for (const name of [warning, critical]) await resolve(name);
  });

  story(
    "what has waited out an outage of a channel is one message when it is back, in the order in which it came",
    { covers: "O-98, G-29" },
    async () => {
      const since = Date.now();
      await order(world, { telegram: "500" });
      const names: string[] = [];
      for (const number of [1, 2, 3, 4, 5, 6]) names.push(await open("error", `trouble ${number}`));
      await waitUntilTold("demo", since, ({ title }) => title.includes("trouble 6"));
      await waitUntil(
        "it was tried",
        async () => (await received(world, { provider: "telegram", since })).length > 0,
      );
      // Grown old while it is still broken: an attempt between two of these lines must not send one alone.
      await change(
        "demo",
        "UPDATE outbox SET created = created - ? WHERE target = 'room' AND status = 'pending'",
        2 * minute,
      );
      await order(world, {});
      const back = Date.now();
      await change(
        "demo",
        "UPDATE outbox SET next_attempt = 1 WHERE target = ? AND status = 'pending'",
        "room",
      );
      await change("demo", "UPDATE targets SET retry_at = 1 WHERE target = ?", "room");
      const { body } = await waitForMessage(world, /trouble 6/, { provider: "telegram", since: back });
      expect(summariesIn((JSON.parse(body) as { text: string }).text)).toEqual(
        [1, 2, 3, 4, 5, 6].map((number) => `trouble ${number}`),
      );
      await waitUntil("nothing waits", async () => {
        const rows = await readRecord(
          world.run,
          "SELECT id FROM outbox WHERE target = ? AND status = 'pending'",
          "room",
        );
        return rows.length === 0;
      });
      expect(await received(world, { provider: "telegram", since: back })).toHaveLength(1);
      for (const name of names) await resolve(name);
    },
  );

  story(
    "more than a channel is to get is put together, and what is critical goes all the same",
    { covers: "C-68" },
    async () => {
      // What it got so far was of other stories.
      await change(
        "demo",
        "UPDATE outbox SET sent = sent - ? WHERE target = 'few' AND sent IS NOT NULL",
        2 * hour,
      );
      const since = Date.now();
      const names: string[] = [];
      for (const number of [1, 2, 3, 4, 5]) names.push(await open("info", `trouble ${number}`));
      await waitForMessage(world, /trouble 3/, { provider: "discord", since });
      const critical = await open("critical", "all is lost");
      await waitForMessage(world, /all is lost/, { provider: "discord", since });
      const before = (await received(world, { provider: "discord", since }))
        .map(({ body }) => body)
        .join("\n");
      expect(summariesIn(before)).toEqual(["trouble 1", "trouble 2", "trouble 3"]);
      expect((await show(names[3]!)).messages[0]).toMatchObject({
        status: "pending",
        why: "more than 3 messages within 60 min",
      });
      const later = Date.now();
      await change(
        "demo",
        "UPDATE outbox SET sent = sent - ? WHERE target = 'few' AND sent IS NOT NULL",
        2 * hour,
      );
      await change(
        "demo",
        "UPDATE outbox SET next_attempt = 1 WHERE target = ? AND status = 'pending'",
        "few",
      );
      const { body } = await waitForMessage(world, /trouble 5/, { provider: "discord", since: later });
      expect(summariesIn(body)).toEqual(["trouble 4", "trouble 5"]);
      for (const name of [...names, critical]) await resolve(name);
    },
  );

  story(
    "six services that break at once are one incident after the second, told in a few messages",
    { covers: "C-68" },
    async () => {
      const since = Date.now();
      await breakDown(...crowd);
      await waitUntil("all six are on record", async () => {
        const rows = await readRecord(
          world.run,
          "SELECT service FROM alerts WHERE cleared IS NULL AND incident IS NOT NULL AND service LIKE ?",
          "s_",
        );
        return rows.length === crowd.length;
      });
      const found = (await incidents("demo")).filter(({ state }) => state !== "resolved");
      expect(found.length).toBeLessThanOrEqual(2);
      const wide = found.find((one) => one.service === null)!;
      expect(wide).toMatchObject({ severity: "critical", openedBy: "several services" });
      await waitUntilTold("demo", since, ({ incident }) => incident === wide.name);
      expect((await told("demo", since)).length).toBeLessThanOrEqual(4);
      await mend(...crowd);
      await waitUntilTold(
        "demo",
        since,
        ({ incident, kind }) => incident === wide.name && kind === "resolve",
      );
      expect((await incidents("demo")).every(({ state }) => state === "resolved")).toBe(true);
    },
  );
});

describe("watching", () => {
  story(
    "what somebody calls over and still fails is the same incident again",
    { covers: "C-68" },
    async () => {
      const since = Date.now();
      await world.run(["touch", `${directory}/idle-lame`]).succeeds();
      const first = await waitUntilTold("eye", since, (one) => one.service === "lame");
      await resolve(first.incident!);
      await waitUntilTold("eye", since, (one) => one.service === "lame" && one.kind === "resolve");
      const again = Date.now();
      await change(
        "eye",
        "UPDATE incidents SET resolved = resolved - ? WHERE name = ?",
        2 * minute,
        first.incident!,
      );
      const message = await waitUntilTold("eye", again, (one) => one.service === "lame");
      expect(message).toMatchObject({ incident: first.incident });
      const page = await show(first.incident!);
      expect(page.incident).toMatchObject({ state: "open" });
      expect(page.timeline.map(({ kind }) => kind)).toContain("reopened");
      await world.run(["rm", "-f", `${directory}/idle-lame`]).succeeds();
      await resolve(first.incident!);
    },
  );

  story(
    "a failure ends with its check, when that looks at something else or is declared no more",
    { covers: "C-07" },
    async () => {
      const apply = async (health: string): Promise<void> => {
        await world.host.write(`${directory}/eye.yaml`, eye(health));
        await world.holdfast(`-f ${directory}/eye.yaml apply`).succeeds();
      };
      const ended = (since: number) =>
        waitUntilTold("eye", since, (one) => one.service === "moved" && one.kind === "resolve");
      const outcome = async (of: Told) => (await show(of.incident!)).incident.outcome;
      const wrong = works("nowhere");
      const since = Date.now();
      await apply(wrong);
      await waitUntilTold("eye", since, (one) => one.service === "moved" && one.kind === "open");
      // It was the check that was wrong.
      await apply(works("moved"));
      const over = await ended(since);
      expect(over.lines.join("\n")).toContain("works of moved looks at something else now");
      expect(await outcome(over)).toBe("no-data");
      const { stdout } = await world.holdfast("health eye/moved").succeeds();
      expect(stdout).toContain("works");

      const again = Date.now();
      await apply(wrong);
      await waitUntilTold("eye", again, (one) => one.service === "moved" && one.kind === "open");
      await apply("");
      const gone = await ended(again);
      expect(gone.lines.join("\n")).toContain("works of moved is not declared any more");
      expect(await outcome(gone)).toBe("no-data");
      expect(gone.incident).not.toBe(over.incident);
    },
  );

  story(
    "a paused service is not looked at, healed or told of, beside one that is; resume brings all of it back",
    { covers: "G-12" },
    async () => {
      const { run, holdfast } = world;
      await holdfast(["pause", "bot", "--reason", "the exchange is shut"]).succeeds();
      const since = Date.now();
      await run(["touch", `${directory}/idle-bot`, `${directory}/idle-twin`]).succeeds();
      await waitForEvent(run, "twin", "check-failing", { after: since });
      await waitForEvent(run, "twin", "heal-begun", { after: since });
      await waitUntilTold("eye", since, (one) => one.service === "twin");
      const ofBot = (await eventsOf(run, "bot")).filter(({ at }) => Number(at) >= since);
      expect(ofBot.map(({ kind }) => kind)).not.toContain("check-failing");
      expect(await healsOf(run, "bot")).toEqual([]);
      expect((await told("eye", since)).filter((one) => one.service === "bot")).toEqual([]);
      await holdfast("status eye").says(/pause/);

      const resumed = Date.now();
      await holdfast("resume bot").succeeds();
      await waitForEvent(run, "bot", "check-failing", { after: resumed });
      await waitForEvent(run, "bot", "heal-begun", { after: resumed });
      await waitUntilTold("eye", resumed, (one) => one.service === "bot");
      await run(["rm", "-f", `${directory}/idle-bot`, `${directory}/idle-twin`]).succeeds();
    },
  );

  story(
    "that nobody watches is told by the notifier, and that somebody does again",
    { covers: "G-06, G-33" },
    async () => {
      const since = Date.now();
      await world.run("systemctl stop holdfast-agent.service").succeeds();
      await change(
        "eye",
        "UPDATE watchers SET last_tick = last_tick - ?, stopped = NULL WHERE name = 'agent'",
        10 * minute,
      );
      const message = await waitUntilTold("eye", since, ({ title }) =>
        title.includes("nobody watches since"),
      );
      expect(message).toMatchObject({ kind: "open", severity: "warning", service: null });
      expect(message.title).toMatch(/the agent does not answer$/);
      const back = Date.now();
      await world.run("systemctl start holdfast-agent.service").succeeds();
      await waitUntil("the agent has ticked", async () => {
        const [row] = await readRecord(world.run, "SELECT last_tick FROM watchers WHERE name = ?", "agent");
        return Number(row!["last_tick"]) >= back;
      });
      await change("eye", "UPDATE watchers SET pid = pid WHERE name = ?", "agent");
      const over = await waitUntilTold(
        "eye",
        back,
        ({ incident, kind }) => incident === message.incident && kind === "resolve",
      );
      expect(over.lines.join("\n")).toContain("the agent watches again");
    },
  );
});
