import { expect } from "vitest";
import { received, startReceiver, waitForMessage } from "./receiver.ts";
import { sharedHost, story, waitUntil, type World } from "./story.ts";

// What gave up and was mended by somebody who has never heard of Holdfast: it is over by itself, and people hear of it.

const program = `#!/bin/sh
[ -e broken ] && exit 3
while :; do sleep 1000 & wait $!; done
`;
const service = (name: string): string =>
  `  ${name}: { run: ./serve, runtime: shell, hardening: basic, ready: { settle: 0s }, restart: { delay: 100ms, limit: 2 per 10s } }\n`;

const told = `app: told
user: told
directory: /opt/told
services:
${service("web")}
jobs:
  report: { run: /bin/true, env: { file: report.env, require: [API_URL] } }
notify:
  test: false
  channels: { hook: { webhook: { url: "http://127.0.0.1:8025/webhook/hook" } } }
  policy: { critical: [hook], error: [hook], warning: none, info: none }
`;
const watched = `app: watched
user: watched
directory: /opt/watched
supervision: agent
services:
${service("web").replace(" }\n", ", heal: { do: alert-only } }\n")}
`;

const world = sharedHost({
  setUp: async (from) => {
    const { host, holdfast } = from;
    await startReceiver(from);
    for (const [app, spec] of Object.entries({ told, watched })) {
      await host.write(`/opt/${app}/serve`, program, 0o755);
      await host.write(`/opt/${app}/report.env`, "API_URL=http://127.0.0.1\n", 0o600);
      await host.write(`/opt/${app}/holdfast.yaml`, spec);
      await holdfast(`--file /opt/${app}/holdfast.yaml apply`).succeeds();
    }
  },
});

async function giveUpsOf({ holdfast }: World, name: string): Promise<number> {
  const { services } = (await holdfast(`diagnose ${name} --json`).succeeds()).json() as {
    services: { giveUps: unknown[] }[];
  };
  return services[0]!.giveUps.length;
}

async function toldSince(since: number): Promise<string[]> {
  const messages = await received(world, { provider: "webhook", since });
  return messages
    .map(({ body }) => JSON.parse(body) as { kind: string; service: string })
    .map(({ kind, service: about }) => `${kind} ${about}`);
}

story(
  "a job that could not be started names what is missing, and the run that succeeds ends it",
  { covers: "A-45" },
  async ({ host, holdfast, run }) => {
    const since = Date.now();
    const report = () => run("systemctl start told-report.service");
    await run("mv /opt/told/report.env /opt/told/aside").succeeds();
    (await holdfast("run told/report").fails(1)).says(
      /"report" did not come to its gate: .*\/opt\/told\/report\.env does not exist/,
    );
    await waitForMessage(world, /report.*gave up/, { since });
    (await holdfast("diagnose told/report").succeeds()).says(
      /Cause: +systemd could not prepare it: \/opt\/told\/report\.env does not exist/,
    );
    await host.write("/opt/told/report.env", "OTHER=1\n", 0o600);
    (await holdfast("diagnose told/report").succeeds()).says(/"report" has no value for API_URL/);

    await run("mv /opt/told/aside /opt/told/report.env").succeeds();
    await report().succeeds();
    await waitForMessage(world, /"resolve"/, { since });
    expect(await toldSince(since)).toEqual(["open report", "resolve report"]);
    (await holdfast("diagnose told/report").succeeds()).says("nothing is wrong").doesNotSay("gave up");
  },
);

story(
  "a service that gave up and that systemctl starts again is over by itself, for who is told and for who watches",
  { covers: "O-99, C-07", timeout: 480_000 },
  async (from) => {
    const { holdfast, run } = from;
    const since = Date.now();
    const apps = ["told", "watched"];
    for (const app of apps) {
      await run(`touch /opt/${app}/broken`).succeeds();
      await run(`systemctl kill -s KILL ${app}-web.service`).succeeds();
      await from.unit(`${app}-web.service`).waitFor("failed");
    }
    for (const app of apps)
      await waitUntil(`${app} gave up`, async () => (await giveUpsOf(from, `${app}/web`)) === 1);
    await waitForMessage(world, /web.*gave up/, { since });

    for (const app of apps) {
      await run(`rm /opt/${app}/broken`).succeeds();
      await run(`systemctl reset-failed ${app}-web.service`).succeeds();
      await run(`systemctl start ${app}-web.service`).succeeds();
    }
    // Not at once: what fails again a moment later was not mended.
    (await holdfast("status told/web").succeeds()).says(/gave up at .*it runs again/);
    (await holdfast("diagnose told/web").succeeds()).says(/Cause: +it ended with exit code 3/);
    for (const app of apps)
      await waitUntil(`${app} is over`, async () => (await giveUpsOf(from, `${app}/web`)) === 0, {
        timeout: 180_000,
        interval: 1000,
      });
    await waitForMessage(world, /"resolve"/, { since });
    expect(await toldSince(since)).toEqual(["open web", "resolve web"]);
    await holdfast("status told/web").then((r) => r.doesNotSay("gave up"));
  },
);
