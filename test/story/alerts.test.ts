import { expect } from "vitest";
import { order, received, startReceiver, waitForMessage } from "./receiver.ts";
import { readRecord } from "./record.ts";
import { sharedHost, story, waitUntil, type World } from "./story.ts";

// From a failure to a message that arrives, and what keeps it from arriving.

const directory = "/opt/demo";
const api = "http://127.0.0.1:8025";

const program = `#!/bin/sh
[ -e "${directory}/no-start-$1" ] && exit 3
echo "demo starts"
while :; do
  [ -e "${directory}/crash-$1" ] && { rm "${directory}/crash-$1"; exit 4; }
  sleep 0.1
done
`;

const spec = (more = "") => `app: demo
user: demo
directory: ${directory}
services:
  web:
    run: ./serve web
    runtime: shell
    hardening: basic
    env: { file: .env }
    writes: [.]
    ready: { settle: 0s }
    restart: { on: failure, delay: 100ms, limit: 3 per 1m }
  other: { run: ./serve other, runtime: shell, hardening: basic, writes: [.], ready: { settle: 0s } }
notify:
  channels:
    room: { telegram: { token: /etc/demo/telegram, chat: "42", api: ${api}/telegram }, may-answer: ["telegram:7"] }
    mail: { email: { server: "smtp://127.0.0.1:2525", from: bot@example.org, to: [ops@example.org] } }
    pager: { pagerduty: { key: /etc/demo/pagerduty, api: ${api}/pagerduty }, fallback: mail }
    hook: { webhook: { url: ${api}/webhook/hook, key: /etc/demo/hook } }
    book: { journal: {} }
  policy:
    critical: [room, pager, hook, book]
    error: [room, mail]
    warning: [room]
    info: [room]
${more}`;

const world = sharedHost({
  setUp: async (world) => {
    const { host, run } = world;
    await host.write(`${directory}/serve`, program, 0o755);
    await host.write(`${directory}/.env`, "API_TOKEN=canary-env-4711\n", 0o600);
    await host.write(`${directory}/holdfast.yaml`, spec());
    await run(["mkdir", "-p", "/etc/demo"]).succeeds();
    for (const name of ["telegram", "pagerduty", "hook"])
      await host.write(`/etc/demo/${name}`, `secret-of-${name}-0123456789abcdef\n`, 0o600);
    await startReceiver(world);
  },
});

async function incidents({ holdfast }: World) {
  const { incidents: list } = (await holdfast("incident list --all --json").succeeds()).json() as {
    incidents: {
      name: string;
      severity: string;
      state: string;
      title: string;
      service: string;
      outcome: string;
    }[];
  };
  return list;
}

story(
  "a plan says when no one will be told, and that is no error",
  { covers: "G-44" },
  async ({ host, holdfast }) => {
    await host.write(`${directory}/quiet.yaml`, spec().replace(/\nnotify:[^]*$/, "\n"));
    await holdfast("--file quiet.yaml plan", { directory }).says("no one will be told");
    await holdfast("plan", { directory }).says("people are told by room, mail, pager, hook, book");
  },
);

story(
  "apply shows that each channel works, by a message that arrives",
  { covers: "G-28, G-29, G-41, C-06" },
  async () => {
    const result = await world.holdfast("apply --json", { directory }).succeeds();
    const { tested } = result.json() as { tested: { target: string; ok: boolean; says: string }[] };
    expect(tested.map(({ target, ok, says }) => `${target} ${ok} ${ok ? "" : says}`.trim())).toEqual([
      "room true",
      "mail true",
      "pager true",
      "hook true",
      "book true",
    ]);
    for (const provider of ["telegram", "smtp", "pagerduty", "webhook"])
      expect((await received(world, { provider })).map(({ body }) => body).join("\n")).toMatch(/works/);
    await world.unit("demo-notify.path").is("active/running");
  },
);

story("a second apply has nothing to show", {}, async () => {
  const since = Date.now();
  await world.holdfast("apply", { directory }).succeeds();
  expect(await received(world, { since })).toEqual([]);
});

story(
  "a service that systemd gives up is one incident, told by every channel of its severity",
  { covers: "P-05, O-99, C-68, G-18" },
  async () => {
    const since = Date.now();
    await world.host.write(`${directory}/no-start-web`, "");
    await world.run(["touch", `${directory}/crash-web`]).succeeds();
    const page = await waitForMessage(world, /gave up/, { provider: "pagerduty", since });
    expect(JSON.parse(page.body)).toMatchObject({
      event_action: "trigger",
      payload: { severity: "critical" },
    });
    await waitForMessage(world, /gave up/, { provider: "telegram", since });
    await waitForMessage(world, /gave up/, { provider: "webhook", since });
    const open = (await incidents(world)).filter(({ state }) => state === "open");
    expect(open.map(({ service, severity }) => `${service} ${severity}`)).toEqual(["web critical"]);
    const { stdout } = await world.run(["journalctl", "-t", "holdfast", "-o", "cat", "--no-pager"]);
    expect(stdout).toMatch(/gave up/);
    // The other channel of its severity is not one of these.
    expect(await received(world, { provider: "smtp", since })).toEqual([]);
  },
);

story("what is mended is told to exactly those who were told of it", { covers: "C-07" }, async () => {
  const since = Date.now();
  await world.run(["rm", "-f", `${directory}/no-start-web`]).succeeds();
  await world.holdfast(["reset", "demo/web", "--why", "mended"]).succeeds();
  const over = await waitForMessage(world, /resolve/, { provider: "pagerduty", since });
  const [trigger] = (await received(world, { provider: "pagerduty" })).filter(({ body }) =>
    body.includes("gave up"),
  );
  expect((JSON.parse(over.body) as { dedup_key: string }).dedup_key).toBe(
    (JSON.parse(trigger!.body) as { dedup_key: string }).dedup_key,
  );
  await waitForMessage(world, /recovered/, { provider: "telegram", since });
  await waitForMessage(world, /"kind":"resolve"/, { provider: "webhook", since });
  expect(await received(world, { provider: "smtp", since })).toEqual([]);
  expect((await incidents(world))[0]).toMatchObject({ state: "resolved", outcome: "recovered" });
});

story(
  "a channel that is down delays no other, and is told once it is up again",
  { covers: "O-98" },
  async () => {
    await order(world, { telegram: "500" });
    const since = Date.now();
    await world
      .holdfast(["incident", "open", "web", "--severity", "error", "--summary", "orders are rejected"])
      .succeeds();
    await waitForMessage(world, /orders are rejected/, { provider: "smtp", since });
    await waitUntil(
      "Telegram was tried",
      async () => (await received(world, { provider: "telegram", since })).length > 0,
    );
    await order(world, {});
    const again = Date.now();
    await waitUntil("it is delivered", async () => {
      const rows = await readRecord(
        world.run,
        "SELECT status FROM outbox WHERE target = ? ORDER BY id DESC LIMIT 1",
        "room",
      );
      return rows[0]?.["status"] === "sent";
    });
    const delivered = (await received(world, { provider: "telegram", since: again })).filter(({ body }) =>
      body.includes("orders are rejected"),
    );
    expect(delivered).toHaveLength(1);
    const [{ name } = { name: "" }] = await incidents(world);
    await world.holdfast(["incident", "resolve", name, "--reason", "done"]).succeeds();
  },
);

story("a channel that refuses is told by another one, and its own failure is an incident", {}, async () => {
  await order(world, { pagerduty: "401" });
  const since = Date.now();
  await world
    .holdfast(["incident", "open", "web", "--severity", "critical", "--summary", "all is lost"])
    .succeeds();
  await waitForMessage(world, /all is lost[^]*instead of pager/, { provider: "smtp", since });
  await waitForMessage(world, /notification-channel-broken/, { provider: "telegram", since });
  const status = await world.holdfast("notify status").fails(1);
  expect(status.stdout).toMatch(/pager.*401/);
  await order(world, {});
  await world.holdfast("notify test pager").succeeds();
  await waitUntil("the incident of the channel is over", async () => {
    const open = (await incidents(world)).filter(({ state }) => state === "open");
    return open.every(({ title }) => !title.includes("channel-broken"));
  });
  await world.holdfast("notify status").succeeds();
});

story("with the notifier killed, what was recorded is told by the next one", {}, async () => {
  const since = Date.now();
  await order(world, { telegram: "hang" });
  await world
    .holdfast(["incident", "open", "other", "--severity", "warning", "--summary", "half told"])
    .succeeds();
  await waitUntil(
    "it is being sent",
    async () => (await received(world, { provider: "telegram", since })).length > 0,
  );
  await world.run(["systemctl", "kill", "--signal=KILL", "demo-notify.service"]).succeeds();
  await order(world, {});
  const again = Date.now();
  const message = await waitForMessage(world, /half told/, {
    provider: "telegram",
    since: again,
    timeout: 90_000,
  });
  // The first may have got through: a person sees that it is the same.
  expect(message.body).toMatch(/\(repeat\)/);
});
