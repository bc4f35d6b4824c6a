import { expect } from "vitest";
import { sharedHost, story, waitUntil } from "./story.ts";

// Units that keep their names, systemd's defaults and directives of their own: everything that Holdfast does finds them.

const directory = "/opt/old";

const spec = (directives: string): string => `app: desk
user: root
allow-root: it was so before
directory: /
services:
  bot:
    unit: oldbot.service
    defaults: systemd
    run: ${directory}/bot
    ready: { settle: 0s }
    restart: { on: always, delay: 100ms, limit: 2 per 1m }
    systemd: ${directives}
jobs:
  clean:
    unit: old-clean.service
    defaults: systemd
    run: ${directory}/clean
    systemd: { Timer: { OnBootSec: 10h, OnUnitActiveSec: 1d } }
`;

const first = "{ Unit: { ConditionPathExists: /opt }, Service: { LimitCORE: infinity, SendSIGHUP: 'true' } }";

sharedHost({
  name: "kept-units",
  async setUp({ host, holdfast }) {
    await host.write(
      `${directory}/bot`,
      "#!/bin/sh\necho the bot starts\n[ -e /opt/old/bad ] && exit 3\nwhile :; do sleep 1000 & wait $!; done\n",
      0o755,
    );
    await host.write(`${directory}/clean`, "#!/bin/sh\necho cleaned\n[ ! -e /opt/old/bad ]\n", 0o755);
    await host.write(`${directory}/holdfast.yaml`, spec(first));
    await holdfast("apply", { directory }).succeeds();
  },
});

story(
  "a service under its old name has status, log and doctor, and nothing that it did not have",
  {},
  async ({ holdfast, unit, run }) => {
    await unit("oldbot.service").waitFor("active/running");
    await holdfast("status bot").says("active for");
    await holdfast("logs bot").says("the bot starts");
    await holdfast("doctor").succeeds();
    await holdfast("plan", { directory }).says("Nothing to change");
    const one = unit("oldbot.service");
    expect(await one.show("Slice")).toBe("system.slice");
    expect(await one.show("LogNamespace")).toBe("");
    expect(await one.show("NoNewPrivileges")).toBe("no");
    expect(await one.show("LimitCORE")).toBe("infinity");
    expect(await one.show("SendSIGHUP")).toBe("yes");
    expect(await one.show("User")).toBe("");
    await run("systemctl list-unit-files desk*.service desk.slice --no-legend").doesNotSay("desk-bot");
  },
);

story(
  "a directive of its own is applied as its kind needs, and put right when it drifts",
  {},
  async ({ holdfast, host, unit }) => {
    const invocation = await unit("oldbot.service").show("InvocationID");
    const change = async (directives: string): Promise<string> => {
      await host.write(`${directory}/holdfast.yaml`, spec(directives));
      const plan = await holdfast("plan", { directory }).succeeds();
      await holdfast("apply", { directory }).succeeds();
      return plan.stdout;
    };
    const live = await change(first.replace("{ LimitCORE", "{ CPUWeight: 50, LimitCORE"));
    expect(live).toContain("CPUWeight=50 (new)");
    expect(live).toContain("live, without a restart");
    expect(await unit("oldbot.service").show("CPUWeight")).toBe("50");
    const reload = await change(first.replace("/opt }", "/opt/old }"));
    expect(reload).toContain("ConditionPathExists");
    expect(await unit("oldbot.service").show("InvocationID")).toBe(invocation);
    const restart = await change(first.replace("infinity", "0"));
    expect(restart).toContain("LimitCORE: infinity -> 0");
    expect(await unit("oldbot.service").show("InvocationID")).not.toBe(invocation);

    await host.write("/etc/systemd/system/oldbot.service.d/x.conf", "[Service]\nSendSIGHUP=no\n");
    await host.run(["systemctl", "daemon-reload"]);
    await holdfast("status bot").says("SendSIGHUP= is no, not true");
    await host.run(["rm", "-r", "/etc/systemd/system/oldbot.service.d"]);
    await host.run(["systemctl", "daemon-reload"]);
  },
);

story(
  "a job under its old name is run, recorded and not refused the second time",
  {},
  async ({ holdfast, host, run, unit }) => {
    expect(await unit("old-clean.timer").show("ActiveState")).toBe("active");
    await holdfast("run clean").succeeds();
    await run("systemctl start old-clean.service").succeeds();
    await holdfast("status").says("clean");
    await host.write(`${directory}/bad`, "");
    await holdfast("run clean").fails(1);
    const history = await holdfast("history").succeeds();
    history.says("clean");
    await holdfast("logs clean").says("cleaned");
  },
);

story("giving up under its old name is recorded for the service", {}, async ({ holdfast, run, unit }) => {
  await run("systemctl restart oldbot.service");
  await waitUntil("systemd gives up", () => unit("oldbot.service").show("ActiveState"), {
    accept: (state) => state === "failed",
  });
  await waitUntil("it is on record", async () => (await holdfast("status bot")).stdout, {
    accept: (text) => text.includes("gave up"),
  });
  await holdfast("diagnose bot").says("oldbot.service");
});
