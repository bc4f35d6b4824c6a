import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect } from "vitest";
import type { Pending } from "./result.ts";
import { checkout, sharedHost, story, waitUntil } from "./story.ts";

// holdfast --user: an application of somebody who is not root, in his own systemd. The stories follow one another.

const app = "/home/maria/app";
const spec = `
app: homely
user: homely
directory: ${app}
network-online: true
logs: { max: 100M }
services:
  bot:
    run: /usr/bin/python3 daemon.py 9601 data
    before-start: [/usr/bin/python3 tries.py data/report --once]
    secrets: { KEY: ${app}/key }
    writes: [data]
    ready: { http: "http://127.0.0.1:9601/" }
    limits: { memory: 200M, nice: -3 }
  alone:
    run: /usr/bin/python3 tries.py alone/report
    before-start: [/usr/bin/true]
    hardening: basic
    network: none
    writes: [alone]
    ready: { settle: 0s }
`;

const world = sharedHost({
  name: "homely",
  setUp: async ({ host, run }) => {
    await run("useradd --create-home --uid 4300 maria").succeeds();
    await run("install -d -m 0777 /home/everyone").succeeds();
    // She has to reach bin/holdfast, wherever the checkout is.
    for (let above = dirname(checkout); above !== "/"; above = dirname(above))
      await run(["chmod", "o+x", above]).succeeds();
    await host.write("/usr/lib/modules/tries/module", "code for the kernel");
    for (const name of ["daemon.py", "tries.py"])
      await host.write(`${app}/${name}`, await readFile(join(import.meta.dirname, "programs", name), "utf8"));
    await host.write(`${app}/everyones-code`, "", 0o666);
    await host.write(`${app}/key`, "the first key", 0o600);
    await host.write(`${app}/holdfast.yaml`, spec);
    await run("chown -R maria: /home/maria").succeeds();
  },
});

describe("user scope", () => {
  story(
    "without a systemd of the user there is nothing to talk to, and it is said how to get one",
    {},
    async () => {
      const refused = await asMaria("apply").fails(10);
      refused.says("Cannot reach systemd").says("loginctl enable-linger");
    },
  );

  story("the plan says in words what user scope cannot give", {}, async ({ run, unit }) => {
    // As a log-in would.
    await run("systemctl start user@4300.service").succeeds();
    await unit("user@4300.service").waitFor("active");

    const plan = await asMaria("plan").succeeds();
    plan.says("user: has no effect in user scope: the services run as you");
    plan.says("network-online: has no effect in user scope");
    plan.says("logs: limits have no effect in user scope");
    plan.says("a priority below 0 has no effect in user scope");
    plan.says(/user services cannot use .*ProtectProc=/);
    if (await world.host.exists("/sys/fs/cgroup/memory"))
      plan.says("limits memory have no effect in user scope: that needs cgroup v2, and this host runs v1");
    plan.says("Apply with: holdfast --user apply");
  });

  story("apply needs no root, and warns that everything ends with the log-out", {}, async ({ host, run }) => {
    const applied = await asMaria("apply").succeeds();
    applied.says("Services in user scope stop when you log out and do not start at boot: lingering is off");
    applied.says("Fix: loginctl enable-linger");
    applied.says("holdfast --user status homely");

    await show("ActiveState").then((state) => expect(state).toBe("active"));
    const pid = await show("MainPID");
    await run(`stat --format=%U /proc/${pid}`).says("maria");
    const unit = "/home/maria/.config/systemd/user/homely-bot.service";
    await run(["stat", "--format=%U:%a", unit]).says("maria:644");
    expect(await host.read(unit)).toMatch(/^# Written by Holdfast for the application "homely"\./);
    await run("find /etc /var/lib/holdfast -name *homely*").then((found) => expect(found.stdout).toBe(""));
    await asMaria("apply").says("Nothing to change for homely");
  });

  story("the sandbox is real there too", { covers: "O-50…O-60" }, async ({ host }) => {
    const found = JSON.parse((await host.read(`${app}/data/report`)) ?? "") as Record<string, string>;
    expect(found).toMatchObject({
      "write /usr": "EROFS",
      "write /home": "EROFS",
      "write its own code": "EROFS",
      "write its data": "ok",
      "write a sysctl": "EROFS",
      "make a control group": "EROFS",
      "read a kernel module": "EACCES",
      "make a namespace": "EPERM",
      "change its personality": "EPERM",
      "make a setuid file": "EPERM",
      "be traced": "EPERM",
      "write and execute memory": "EPERM",
    });
    expect(await host.exists(`/tmp/tries-data-4300`)).toBe(false);

    await waitUntil("the other one has tried", () => host.exists(`${app}/alone/report`));
    const alone = JSON.parse((await host.read(`${app}/alone/report`)) ?? "") as Record<string, string>;
    expect(found["reach the host"]).toBe("ECONNREFUSED");
    expect(alone).toMatchObject({
      "write /usr": "EROFS",
      "write its own code": "EROFS",
      "write its data": "ok",
      "reach the host": "EAFNOSUPPORT",
    });
  });

  story("doctor and status work, and doctor wants lingering", { covers: "P-73" }, async ({ run }) => {
    const status = (await asMaria("status --json").succeeds()).json();
    expect(status.services[0]).toMatchObject({
      app: "homely",
      active: "active",
      enabled: "enabled",
      pid: Number(await show("MainPID")),
      drift: [],
    });
    await asMaria("status").says(/bot +active for/);

    expect(await broken()).toContainEqual([
      "boot",
      "it starts when you log in and stops when you log out: lingering is off",
    ]);
    await run("loginctl enable-linger maria").succeeds();
    expect((await broken()).filter(([id]) => id !== "limits")).toEqual([]);
  });

  story(
    "a secret that changed restarts the service, though there is no encrypted copy",
    { covers: "O-79" },
    async ({ host }) => {
      const pid = await show("MainPID");
      const loaded = "/run/user/4300/credentials/homely-bot.service/KEY";
      expect(await host.read(loaded)).toBe("the first key");
      await world.run(["tee", `${app}/key`], { stdin: "the second key" }).succeeds();
      await asMaria("plan").says(/homely-bot\.service +restart, about 2 s down: its secret KEY has changed/);
      await asMaria("apply")
        .succeeds()
        .then((result) => result.doesNotSay("the second key"));
      expect(await host.read(loaded)).toBe("the second key");
      expect(await show("MainPID")).not.toBe(pid);
      await asMaria("apply").says("Nothing to change for homely");
    },
  );

  story("a lingering user's service is back after a reboot, without a log-in", {}, async ({ host }) => {
    await host.reboot();
    await waitUntil("the service runs", async () => (await show("ActiveState")) === "active");
    await waitUntil(
      "it answers",
      async () =>
        (
          await world.run([
            "python3",
            "-c",
            "import urllib.request as u; u.urlopen('http://127.0.0.1:9601/')",
          ])
        ).status === 0,
    );
    expect((await broken()).filter(([id]) => id !== "limits")).toEqual([]);
    await asMaria("plan").says("Nothing to change for homely");
  });

  story("remove leaves the data and nothing else", {}, async ({ host, run }) => {
    await asMaria("remove homely").succeeds();
    expect(await show("LoadState")).toBe("not-found");
    await run("find /home/maria/.config -name *homely*").then((found) => expect(found.stdout).toBe(""));
    expect(await host.exists(`${app}/data/report`)).toBe(true);
  });
});

function asMaria(command: string): Pending {
  return world.holdfast(`--user ${command}`, { user: "maria", directory: app });
}

/** A property of the service in the user's own systemd. */
async function show(property: string): Promise<string> {
  const argv = ["systemctl", "--user", "show", "--value", `--property=${property}`, "homely-bot.service"];
  return (await world.run(argv, { user: "maria" })).stdout.trim();
}

/** The lines of doctor that are not kept, with what it found. */
async function broken(): Promise<[string, string][]> {
  const { services } = (await asMaria("doctor --json")).json();
  const checks = services[0].checks as { id: string; result: string; found: string }[];
  return checks.filter(({ result }) => result !== "ok").map(({ id, found }) => [id, found]);
}
