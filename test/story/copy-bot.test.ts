import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { Incident, IncidentEvent, OutboxRow } from "../../src/tell/incident.ts";
import type { Severity } from "../../src/value/severity.ts";
import { order, putUpdate, received, startReceiver, waitForMessage } from "./receiver.ts";
import { checkout, sharedHost, story, waitUntil } from "./story.ts";
import { breakerOf, healsOf, putOrder, waitForEvent, waitForHeal } from "./watched.ts";

// The copy-bot example: who is told of what, when, and what happens when nobody answers.

const example = `${checkout}/examples/copy-bot`;
const directory = "/opt/copy-bot";
const second = 1000;
const minute = 60 * second;

/** Without an answer for so long, the next level: enough for somebody to answer on a busy machine. */
const acknowledge = "3s";

const beat = { beat: { within: "3s" } };
const rpc = { url: "$RPC_URL", method: "eth_blockNumber", progress: "10s", dependency: "node" };
const quick = { grace: "1s", restart: { delay: "300ms" }, stop: { timeout: "2s" } };

/** The example's own file with one environment more, whose times one can wait for. JSON is YAML. */
function spec(office = "00:00..24:00"): string {
  const story = {
    windows: { office: { days: "Mon..Sun", hours: office, zone: "UTC" } },
    services: {
      node: { run: ["/usr/bin/python3", "node.py", "--every", "0.2"] },
      bot: {
        ...quick,
        env: { set: { TICK_SECONDS: "0.2" } },
        health: [
          beat,
          { log: { name: "activity", match: "copied [0-9]+ trades", "at-least": "1 per 5s" } },
          { rpc: { ...rpc, every: "1s", timeout: "1s", fails: 2 } },
          {
            http: {
              name: "database",
              url: "http://127.0.0.1:8000/health",
              json: { "components.database.status": "ok" },
            },
          },
          { sqlite: { path: "data/trades.db" } },
        ],
        heal: { proof: "10s" },
      },
      // One whose trouble no restart mends.
      doomed: {
        ...quick,
        run: "/usr/bin/python3 bot.py",
        env: {
          file: ".env",
          set: {
            TICK_SECONDS: "0.2",
            HEALTH_PORT: "8001",
            TRADES: "data/doomed.db",
            FAULT_FILE: "state/doomed",
          },
        },
        ready: { http: "http://127.0.0.1:8001/health", within: "20s" },
        writes: ["data", "state"],
        health: [beat],
        heal: { limit: "1 per 1h", proof: "4s" },
      },
    },
    notify: {
      policy: {
        critical: { respond: "2s", acknowledge },
        error: { acknowledge },
        warning: { acknowledge },
      },
    },
  };
  return `${readFileSync(`${example}/holdfast.yaml`, "utf8")}\n  story: ${JSON.stringify(story)}\n`;
}

const world = sharedHost({
  setUp: async (world) => {
    const { host, run } = world;
    await run(`sh prepare.sh ${directory}`, { directory: example }).succeeds();
    await host.write(`${directory}/holdfast.yaml`, spec());
    await startReceiver(world);
  },
});

const apply = (more = "") => world.holdfast(`--env story apply ${more}`, { directory });

type Page = { incident: Omit<Incident, "policy">; timeline: IncidentEvent[]; messages: OutboxRow[] };

/** Declares an incident by hand; its name. */
async function open(severity: Severity, summary: string): Promise<string> {
  const { stdout } = await world
    .holdfast(["incident", "open", "--severity", severity, "--summary", summary, "--json"])
    .succeeds();
  return (JSON.parse(stdout) as { incident: string }).incident;
}

async function show(name: string): Promise<Page> {
  return (await world.holdfast(`incident show ${name} --json`).succeeds()).json() as Page;
}

async function incidentsOf(service: string): Promise<Page["incident"][]> {
  const { incidents } = (await world.holdfast("incident list --all --json").succeeds()).json() as {
    incidents: Page["incident"][];
  };
  return incidents.filter((one) => one.service === service);
}

const resolve = (name: string) => world.holdfast(["incident", "resolve", name, "--reason", "mended"]);

/** Waits until an incident has been told to a target, and that has arrived. */
function waitUntilTold(name: string, target: string): Promise<Page> {
  return waitUntil(`${target} is told of ${name}`, () => show(name), {
    accept: ({ messages }) => messages.some((row) => row.target === target && row.status === "sent"),
    interval: 200,
  });
}

/** Who was told, as "L1 admin, pager, phone", oldest first. */
function levelsOf({ timeline }: Page): string[] {
  return timeline
    .filter(({ kind }) => kind === "told" || kind === "escalated")
    .map(({ says }) => /^(.+) \((L\d)\) told/.exec(says) ?? ["", says, "?"])
    .map(([, who, level]) => `${level} ${who}`);
}

function targetsOf({ messages }: Page, kind: OutboxRow["kind"] = "open"): string[] {
  return messages
    .filter((row) => row.kind === kind)
    .map(({ target }) => target)
    .toSorted();
}

type PagerEvent = { event_action: string; dedup_key: string; payload: { summary: string } };

async function pagerEvents(pattern: RegExp): Promise<PagerEvent[]> {
  return (await received(world, { provider: "pagerduty" }))
    .filter(({ body }) => pattern.test(body))
    .map(({ body }) => JSON.parse(body) as PagerEvent);
}

/** Somebody presses a button under a message in Telegram. */
function press(who: number, act: string, incident: string): Promise<void> {
  return putUpdate(world, {
    callback_query: {
      id: `${who}-${incident}`,
      from: { id: who, first_name: who === 1001 ? "Anna" : "Eve" },
      message: { chat: { id: -1001 } },
      data: `${act}:${incident}`,
    },
  });
}

story(
  "apply shows that each channel works by a message that arrives; one that does not is told, and what runs goes on",
  { covers: "C-06, G-28, G-29, G-41" },
  async () => {
    await order(world, { telegram: "401" });
    const applied = await apply("--json").fails(1);
    const { result, tested, diagnostics } = applied.json();
    expect(result).toBe("applied");
    expect(diagnostics).toContainEqual(
      expect.objectContaining({
        code: "notify/not-delivered",
        summary: expect.stringMatching(/telegram.*401/),
        fix: expect.stringContaining("holdfast notify test telegram"),
      }),
    );
    const works = (tested as { target: string; ok: boolean }[]).map(({ target, ok }) => `${target} ${ok}`);
    expect(works.toSorted()).toEqual(
      [
        "mail true",
        "mail/admin true",
        "mail/developers true",
        "mail/devops true",
        "mail/management true",
        "pager true",
        "phone true",
        "phone/management true",
        "room true",
        "telegram false",
      ].toSorted(),
    );
    await world.unit("copy-bot-bot.service").is("active/running");
    await world
      .holdfast("notify status")
      .fails(1)
      .then((status) => status.says(/telegram.*401/));

    await order(world, {});
    await world.holdfast("notify test telegram").succeeds();
    await world.holdfast("notify status").succeeds();
    for (const provider of ["telegram", "slack", "pagerduty", "smtp", "webhook"])
      expect((await received(world, { provider })).map(({ body }) => body).join("\n")).toMatch(/works/);
  },
);

let frozen = 0;

story(
  "a bot that freezes is restarted, and nobody is told while that may help",
  { covers: "C-68, C-71, C-72, G-18" },
  async () => {
    const { run } = world;
    frozen = Date.now();
    await putOrder(world, `${directory}/state/fault`, "freeze");
    await putOrder(world, `${directory}/state/doomed`, "always:freeze");
    const heal = await waitForHeal(run, "bot", { after: frozen });
    expect(heal).toMatchObject({ act: "restart", outcome: "helped" });
    const [incident, ...more] = await incidentsOf("bot");
    expect(more).toEqual([]);
    expect(incident).toMatchObject({ state: "open", toldAt: null });
    expect((await show(incident!.name)).messages).toEqual([]);
  },
);

story(
  "a critical incident is told at L1 at once, at L2 and L4 when nobody answers, and is late; one key for the pager",
  { covers: "C-02, C-03, C-05, C-07, C-64, C-69, C-70" },
  async () => {
    const name = await open("critical", "trades are lost");
    const atOnce = await show(name);
    expect(levelsOf(atOnce)).toEqual(["L1 admin, pager, phone"]);
    expect(targetsOf(atOnce)).toEqual(["mail/admin", "pager", "phone", "telegram"]);
    await waitUntilTold(name, "room");
    await waitUntilTold(name, "mail/devops");
    const page = await waitUntilTold(name, "phone/management");
    expect(levelsOf(page)).toEqual(["L1 admin, pager, phone", "L2 devops", "L4 management"]);
    const told = page.timeline.filter(({ kind }) => kind === "told" || kind === "escalated");
    const waits = told.slice(1).map(({ at }, index) => at - told[index]!.at);
    for (const wait of waits) expect(wait).toBeGreaterThanOrEqual(3 * second);
    expect(page.incident).toMatchObject({ late: true });
    expect(page.timeline.find(({ kind }) => kind === "late")?.says).toMatch(/nobody has answered by/);

    // Whoever is called hears what is wrong, and at which number.
    const calls = (await received(world, { provider: "webhook" })).filter(({ body }) =>
      /trades are lost/.test(body),
    );
    expect(calls.map(({ body }) => (JSON.parse(body) as { to: string }).to)).toEqual([
      "+15550100",
      "+15550199",
    ]);
    const chat = await waitForMessage(world, /trades are lost/, { provider: "slack" });
    expect(chat.body).toMatch(/Critical/);
    expect(chat.body).toMatch(/read logs and limits/);

    await world.holdfast(["incident", "ack", name, "--note", "at it"]).succeeds();
    await resolve(name).succeeds();
    const events = await waitUntil("the pager has heard all of it", () => pagerEvents(/trades are lost/), {
      accept: (found) => found.length === 3,
      interval: 200,
    });
    expect(events.map((event) => event.event_action)).toEqual(["trigger", "acknowledge", "resolve"]);
    expect(new Set(events.map((event) => event.dedup_key)).size).toBe(1);
    const ended = await waitUntilTold(name, "mail/management");
    expect(targetsOf(ended, "resolve")).toEqual(targetsOf(ended, "open"));
  },
);

story(
  "a button is obeyed when who presses it is listed; the press of another is refused, and shown",
  { covers: "C-70, G-30" },
  async () => {
    const name = await open("critical", "the leader is not followed");
    const shown = await waitForMessage(world, /the leader is not followed/, { provider: "telegram" });
    expect(shown.body).toContain(`ack:${name}`);
    await press(999, "ack", name);
    await waitForMessage(world, /may not answer here/, { provider: "telegram" });
    const refused = await show(name);
    expect(refused.incident).toMatchObject({ state: "open", ackedBy: null });
    expect(refused.timeline.map(({ who, says }) => `${who} ${says}`)).toContainEqual(
      expect.stringMatching(/telegram:999.*Eve may not answer in telegram: refused/),
    );

    await press(1001, "ack", name);
    const acked = await waitUntil("it is acknowledged", () => show(name), {
      accept: ({ incident }) => incident.state === "acknowledged",
      interval: 100,
    });
    expect(acked.incident).toMatchObject({ ackedBy: "Anna (telegram:1001) by telegram", due: null });

    // The yardstick: another one that nobody answers goes up, and this one stays.
    const other = await open("warning", "slower than it should be");
    await waitUntilTold(other, "room");
    const later = await show(name);
    expect(levelsOf(later)).toEqual(levelsOf(acked));
    expect(targetsOf(later, "ack")).toEqual(targetsOf(acked, "open"));
    for (const each of [name, other]) await resolve(each).succeeds();
  },
);

story(
  "each severity has its deadline and its ladder: High ends at L3, Medium at L2, Low at L1",
  { covers: "C-04, C-65, C-66, C-67" },
  async () => {
    const high = await open("error", "orders are slow");
    const medium = await open("warning", "memory grows");
    const low = await open("info", "a line in the log is odd");
    await waitUntilTold(high, "mail/developers");
    const pages = await Promise.all([high, medium, low].map(show));
    expect(pages.map(levelsOf)).toEqual([
      ["L1 admin", "L2 devops", "L3 developers"],
      ["L1 admin", "L2 devops"],
      ["L1 admin"],
    ]);
    // Nothing is to come, and what is loud was told of none of them.
    expect(pages.map(({ incident }) => incident.due)).toEqual([null, null, null]);
    const everybody = pages.flatMap(({ messages }) => messages.map(({ target }) => target));
    for (const target of ["pager", "phone", "phone/management", "mail/management"])
      expect(everybody).not.toContain(target);
    const deadlines = pages.map(({ incident }) => (incident.respondBy! - incident.opened) / minute);
    expect(deadlines).toEqual([15, 60, 240]);
    for (const each of [high, medium, low]) await resolve(each).succeeds();
  },
);

story("the ladder can be seen before anything happens", { covers: "C-64…C-67" }, async () => {
  const { stdout } = await world.holdfast("notify preview bot").succeeds();
  expect(stdout).toMatch(/Critical \(critical\)[^]*at once: admin, pager, phone \(L1\)[^]*\(L2\)[^]*\(L4\)/);
  expect(stdout).toMatch(/High \(error\)[^]*\(L1\)[^]*\(L2\)[^]*\(L3\)/);
  expect(stdout).toMatch(/Low \(info\)\n[^]*admin \(L1\)/);
});

story(
  "a mail server that is down holds up nobody else, and is told once when it is up again",
  { covers: "O-98" },
  async () => {
    await order(world, { smtp: "drop-before" });
    const name = await open("info", "the digest is late");
    await waitUntilTold(name, "telegram");
    await waitUntil("the mail was tried", () => show(name), {
      accept: ({ messages }) => messages.some((row) => row.target === "mail/admin" && row.attempts > 0),
      interval: 100,
    });
    await order(world, {});
    await waitUntilTold(name, "mail/admin");
    const mails = (await received(world, { provider: "smtp" })).filter(({ body }) => body.includes(name));
    expect(mails).toHaveLength(1);
    await resolve(name).succeeds();
  },
);

story(
  "duties of each level are ticked by name; a review is written from the record, and is not closed without a cause",
  { covers: "C-71, C-74, C-76, C-81, C-83…C-91" },
  async () => {
    const { holdfast } = world;
    const name = await open("critical", "the copier has stood still");
    expect(name).toMatch(/^INC-\d{8}-\d{6}(-\d+)?$/);
    const { duties } = (await holdfast(`incident duty ${name} --json`).succeeds()).json() as {
      duties: { number: number; level: string; says: string }[];
    };
    expect([...new Set(duties.map(({ level }) => level))]).toEqual(["L1", "L2", "L4"]);
    const [first] = duties;
    await holdfast(`incident duty ${name} ${first!.number}`).says(/\[x\] L1: acknowledge  root/);
    await holdfast(["incident", "note", name, "the node lagged"]).succeeds();
    // Gathered by itself as soon as people have been told.
    const { incident } = await waitUntil("there is evidence", () => show(name), {
      accept: (page) => page.incident.evidence !== null,
      interval: 200,
    });
    const manifest = (await world.host.read(`${incident.evidence}/manifest.json`))!;
    const { files } = JSON.parse(manifest) as { files: { name: string }[] };
    expect(files.map((file) => file.name).join(" ")).toMatch(/checks.*journal.*processes/);
    await holdfast(`incident evidence ${name} --verify`).says(/as it was gathered/);
    await resolve(name).succeeds();

    const refused = await holdfast(`incident review ${name} --close`).fails(1);
    refused.says(/Cannot close the review of INC-.*: the cause is missing/);
    const answers = {
      cause: "a fork of the chain",
      impact: "no copies for a minute",
      why: "one node alone",
      factor: "no second provider",
      well: "told at once",
      wrong: "nobody looked",
      improve: "answer sooner",
      lesson: "nodes lag",
      training: "reading diagnose",
      attendee: "admin",
      "prevent-technical": "a second node",
      action: "devops: P1 by 2027-01-10",
      "next-review": "2027-02-01",
    };
    const words = Object.entries(answers).flatMap(([option, text]) => [`--${option}`, text]);
    await holdfast(["incident", "review", name, ...words]).says(/Complete/);
    await holdfast(`incident review ${name} --close`).says(/is closed/);
    const { stdout } = await holdfast(`incident review ${name}`).succeeds();
    for (const part of [
      /^# INC-.*: the copier has stood still/,
      /\| Severity \| critical \(Critical\) \|/,
      /\| Duration \| [^|]* \|/,
      /\| First message delivered \|/,
      /## Timeline[^]*the node lagged/,
      /## Duties[^]*\[x\] 1\. L1: acknowledge \(root/,
      /## Cause\s+a fork of the chain/,
      /## Contributing factors[^]*no second provider/,
      /## Actions[^]*devops \| a second node \| 2027-01-10/,
      /## Lessons[^]*nodes lag/,
      /## Next review\s+2027-02-01/,
    ])
      expect(stdout).toMatch(part);
    await holdfast(`incident export ${name} --status`).says(/no copies for a minute/);
  },
);

story(
  "the heal budget is spent: the breaker opens, and all that was found is one critical incident, told once",
  { covers: "C-68, C-77, C-78, G-15, G-18" },
  async () => {
    const { run, holdfast } = world;
    await waitForEvent(run, "doomed", "breaker-opened", { after: frozen });
    expect(await breakerOf(run, "doomed")).toBe("open");
    const heals = await healsOf(run, "doomed");
    expect(heals.filter(({ counts }) => counts === 1)).toHaveLength(1);
    expect(heals[0]!["outcome"]).toMatch(/failed|did-not-help/);

    const [incident, ...more] = await incidentsOf("doomed");
    expect(more).toEqual([]);
    expect(incident).toMatchObject({ severity: "critical", state: "open" });
    const page = await waitUntilTold(incident!.name, "pager");
    const words = page.timeline.map(({ kind, says }) => `${kind}: ${says}`).join("\n");
    expect(words).toMatch(/opened: beat of doomed/);
    expect(words).toMatch(/heal: .*restart/);
    expect(words).toMatch(/worse: from High to Critical/);
    const triggers = (await pagerEvents(/doomed/)).filter((event) => event.event_action === "trigger");
    expect(triggers).toHaveLength(1);
    const call = await waitForMessage(world, /doomed/, { provider: "webhook" });
    expect(call.body).toMatch(/1 of 1 heals within 1 h are spent/);
    const chat = await waitForMessage(world, /\[Critical[^\]]*\] copy-bot\/doomed/, { provider: "telegram" });
    for (const fact of [
      /since \d{4}-/,
      /holdfast incident show INC-/,
      /beat of doomed/,
      /an answer is due by/,
    ])
      expect(chat.body).toMatch(fact);
    await run("systemctl start copy-bot-doomed").fails();
    await holdfast("status copy-bot/doomed").says(/held|breaker/);
    await holdfast("reset copy-bot/doomed").fails();
  },
);

story(
  "outside office hours only who is always there is told, and the others when they come",
  { covers: "C-01" },
  async () => {
    const { holdfast, host, unit } = world;
    const pid = await unit("copy-bot-bot.service").show("MainPID");
    const hour = new Date().getUTCHours();
    const clock = (hours: number): string => `${String((hour + hours) % 24).padStart(2, "0")}:00`;
    await host.write(`${directory}/holdfast.yaml`, spec(`${clock(10)}..${clock(11)}`));
    await apply("--no-notify-test").succeeds();
    expect(await unit("copy-bot-bot.service").show("MainPID")).toBe(pid);

    const name = await open("error", "orders are slow at night");
    const page = await waitUntil("it is held", () => show(name), {
      accept: ({ timeline }) => timeline.some(({ kind }) => kind === "held"),
      interval: 200,
    });
    expect(levelsOf(page)).toEqual(["L1 admin"]);
    expect(targetsOf(page)).toEqual(["mail/admin", "telegram"]);
    const until = new Date(page.incident.due!).toISOString().slice(11, 16);
    expect(until).toBe(clock(10));
    expect(page.timeline.find(({ kind }) => kind === "held")?.says).toMatch(/nobody is on duty before/);
    await holdfast("notify preview bot --severity critical").says(/at once: admin, pager, phone \(L1\)/);
    await resolve(name).succeeds();
  },
);

story("the example's own receivers take whatever is told", { covers: "C-06" }, async () => {
  const { run, holdfast } = world;
  await run("systemctl stop receiver").succeeds();
  await run([
    "systemd-run",
    "--quiet",
    "--unit=own",
    "/usr/bin/python3",
    `${example}/receivers.py`,
  ]).succeeds();
  await waitUntil("they listen", () => run("journalctl -u own -o cat --no-pager"), {
    accept: ({ stdout }) => stdout.includes("ready"),
  });
  await holdfast("notify test").succeeds();
  const { stdout } = await run("journalctl -u own -o cat --no-pager");
  for (const line of [
    /telegram +\[test\]/,
    /slack +\[test\]/,
    /pagerduty resolve/,
    /mail +to admin@example.org/,
  ])
    expect(stdout).toMatch(line);
  expect(stdout).toMatch(/phone +rings at \+15550199/);
});

story(
  "what has mended itself is one incident, over, and on record as info; nothing loud was told of it",
  { covers: "C-68, C-84, G-18" },
  async () => {
    const found = await waitUntil("it is over", () => incidentsOf("bot"), {
      accept: ([incident]) => incident?.state === "resolved",
      timeout: 120_000,
      interval: 500,
    });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ severity: "info", outcome: "self-healed", toldAt: null });
    const page = await show(found[0]!.name);
    expect(page.timeline.map(({ kind }) => kind)).toContain("heal");
    // Low is told to the admin here: that it was, and is over already.
    expect(page.messages.map(({ target, kind }) => `${kind} ${target}`).toSorted()).toEqual([
      "notice mail/admin",
      "notice telegram",
    ]);
  },
);

story(
  "a node that is down degrades the bot, which is left alone, and its component says so",
  { covers: "C-08, C-36" },
  async () => {
    const { holdfast, run, unit } = world;
    const pid = await unit("copy-bot-bot.service").show("MainPID");
    await putOrder(world, `${directory}/state/node-fault`, "refuse");
    const health = await waitUntil(
      "it is degraded by its node",
      async () => {
        const [service] = (await holdfast("health copy-bot/bot --json")).json().services;
        return service.dependency === "node" ? service : null;
      },
      { interval: 200 },
    );
    expect(health).toMatchObject({ overall: "degraded", active: true });
    const { checks_performed: checks } = (
      await holdfast("health copy-bot/bot --component rpc --json")
    ).json();
    expect(checks).toMatchObject([{ name: "rpc", result: "fail" }]);
    expect(await unit("copy-bot-bot.service").show("MainPID")).toBe(pid);
    await run(["rm", `${directory}/state/node-fault`]).succeeds();
  },
);
