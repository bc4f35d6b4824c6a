import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { expect } from "vitest";
import type { Pending } from "./result.ts";
import { checkout, sharedHost, story, waitUntil } from "./story.ts";

// Health of services in a user's own systemd, who is not root.

const app = "/home/maria/desk";
const spec = `
app: homely
user: homely
directory: ${app}
services:
  bot:
    run: bin/bot
    ready: { settle: 0s }
    grace: 1s
    health:
      - beat: { within: 3s }
      - log: { match: Position, fresh: 5s }
    heal: { proof: 5s }
`;
const bot = `#!/bin/sh
while :; do
  ${app}/bin/holdfast beat || exit 1
  echo "Position 1.0"
  sleep 0.2
done
`;

const world = sharedHost({
  name: "homely",
  setUp: async ({ host, run }) => {
    await run("useradd --create-home --uid 4300 maria").succeeds();
    // She has to reach bin/holdfast, wherever the checkout is.
    for (let above = dirname(checkout); above !== "/"; above = dirname(above))
      await run(["chmod", "o+x", above]).succeeds();
    await host.write(`${app}/bin/bot`, bot, 0o755);
    // A copy, because the sandbox hides a checkout that is in /tmp.
    await host.write(`${app}/bin/holdfast`, await readFile(`${checkout}/bin/holdfast`, "utf8"), 0o755);
    await host.write(`${app}/holdfast.yaml`, spec);
    await run("chown -R maria: /home/maria").succeeds();
    await run("loginctl enable-linger maria").succeeds();
  },
});

function asMaria(words: string): Pending {
  return world.holdfast(`--user ${words}`, { user: "maria", directory: app });
}

story(
  "a user's bot beats, is watched by the user's agent, and is asked for its health without root",
  { covers: "C-36, G-20, G-22" },
  async ({ run, unit }) => {
    await unit("user@4300.service").waitFor("active");
    await asMaria("apply").succeeds();
    await waitUntil(
      "it is healthy",
      async () => (await asMaria("health --json")).json().status === "healthy",
    );
    const { checks_performed: checks, services } = (await asMaria("health --json").succeeds()).json();
    expect(checks.map(({ name, result }: { name: string; result: string }) => [name, result])).toEqual([
      ["unit", "ok"],
      ["beat", "ok"],
      ["log", "ok"],
    ]);
    expect(services[0]).toMatchObject({ watched_by: "agent", watcher_alive: true, progressing: true });
    const doctor = (await asMaria("doctor --json")).json().services[0].checks;
    for (const id of ["watcher", "watch-rules"])
      expect(doctor).toContainEqual(expect.objectContaining({ id, result: "ok" }));

    const [before] = services;
    await run(["/bin/kill", "-STOP", String(before.pid)]).succeeds();
    await waitUntil("it was healed", async () => {
      const { events } = (await asMaria("history --json").succeeds()).json();
      return events.some(
        (event: { kind: string; outcome: string }) => event.kind === "heal" && event.outcome === "helped",
      );
    });
    await asMaria("status").says(/watched by the agent[^]*: active, ready[^]*1 of 3 heals used/);
    await asMaria("logs --only-checks").says("[checks] beat of bot has failed");
  },
);
