import { describe } from "vitest";
import type { Example } from "../../src/lint/rule.ts";
import { lintRules } from "../../src/lint/rules.ts";
import { sharedHost, story, type World } from "./story.ts";

// What lint says will happen does happen: units with a mistake, those that the rules themselves show, on a real systemd.

const world = sharedHost({
  name: "lint-is-true",
  setUp: async ({ host }) => {
    for (const [name, text] of Object.entries(programs))
      await host.write(`/usr/bin/${name}`, `#!/bin/sh\n${text}\n`, 0o755);
  },
});

/** The programs that the examples name. */
const programs = {
  bot: "exit 1",
  job: "exit 0",
  backup: "exit 0",
  early: "exit 0",
  check: "exit 0",
  trade: "exit 0",
};

/** Writes the bad example of a rule, with other texts in the place of some, and has systemd read it. */
async function load({ host, run }: World, id: string, other: (text: string) => string = (text) => text) {
  const rule = lintRules.find((one) => one.id === id);
  if (!rule) throw new Error(`there is no rule ${id}`);
  for (const [name, text] of Object.entries(unitsOf(rule.bad)))
    await host.write(`/etc/systemd/system/${name}`, other(text));
  await run("systemctl daemon-reload").succeeds();
  await run(["sh", "-c", "systemctl reset-failed"]).succeeds();
}

function unitsOf(example: Example): Readonly<Record<string, string>> {
  return typeof example === "string" ? { "example.service": example } : example.units;
}

describe("what lint says of a service is so", () => {
  for (const id of ["restart-ignored-failure", "restart-clean-code"])
    story(`${id}: it stays down after a failure, with success`, {}, async ({ run, unit }) => {
      await load(world, id);
      await run("systemctl start example.service");
      await unit("example.service").waitFor("inactive");
      await run("systemctl show --value --property=Result,NRestarts example.service").says(
        /^(success\s+0|0\s+success)$/m,
      );
    });
  story("oneshot-restart: systemd refuses the unit", {}, async ({ run }) => {
    await load(world, "oneshot-restart");
    await run("systemctl show --value --property=LoadState example.service").says("bad-setting");
  });
  story(
    "notify-by-tool: the start times out, and not when everybody is heard",
    {},
    async ({ host, run, unit }) => {
      await host.write("/srv/bot/warm-up", "#!/bin/sh\n", 0o755);
      await host.write("/srv/bot/run", "#!/bin/sh\nexec sleep infinity\n", 0o755);
      const asNobody = (text: string) => text.replace("User=bot", "User=nobody");
      await load(world, "notify-by-tool", (text) => `${asNobody(text)}TimeoutStartSec=3s\n`);
      await run("systemctl start example.service").fails();
      await run("systemctl show --value --property=Result example.service").says("timeout");
      await load(world, "notify-by-tool", (text) => `${asNobody(text)}NotifyAccess=all\n`);
      await run("systemctl start example.service").succeeds();
      await unit("example.service").is("active");
      await run("systemctl stop example.service").succeeds();
    },
  );
  story("notify-access-none: it is taken for main", {}, async ({ run }) => {
    await load(world, "notify-access-none");
    await run("systemctl show --value --property=NotifyAccess example.service").says("main");
  });
  story("oneshot-runtime-max: systemd says that it has no effect", {}, async ({ run }) => {
    await load(world, "oneshot-runtime-max");
    await run("systemctl start example.service");
    await run("journalctl -b -o cat --no-pager").says("RuntimeMaxSec= has no effect");
  });
  story("requisite-of-oneshot: the start fails although the other has ended well", {}, async ({ run }) => {
    await load(world, "requisite-of-oneshot");
    await run("systemctl start check.service").succeeds();
    await run("systemctl start trade.service").fails();
  });
  story("instance-of-nothing: %i is empty", {}, async ({ run }) => {
    await load(world, "instance-of-nothing");
    await run("systemctl show --property=ExecStart bot.service").says("--account  ;");
  });
  story("no-unit-name: the name is ignored", {}, async ({ run }) => {
    await load(world, "no-unit-name");
    await run("systemctl show --property=After example.service").doesNotSay("postgresql");
    await run("journalctl -b -o cat --no-pager").says("Failed to add dependency on postgresql, ignoring");
  });
  story("install-no-unit-name, template-enabled-bare: enable fails", {}, async ({ run }) => {
    await load(world, "install-no-unit-name");
    await run("systemctl enable example.service").fails();
    await load(world, "template-enabled-bare");
    await run("systemctl enable bot@.service").fails();
  });
  story("wanted-by-unknown: enable succeeds all the same", {}, async ({ run }) => {
    await load(world, "wanted-by-unknown");
    await run("systemctl enable example.service").succeeds();
    await run("systemctl disable example.service").succeeds();
  });
});

describe("what lint says of a timer is so", () => {
  story("timer-without-trigger, timer-without-service: systemd refuses them", {}, async ({ run }) => {
    await load(world, "timer-without-trigger");
    await run("systemctl start job.timer").fails();
    await run(["rm", "/etc/systemd/system/job.service"]).succeeds();
    await load(world, "timer-without-service");
    await run("systemctl start job.timer").fails();
    await run("journalctl -b -o cat --no-pager").says("to trigger not loaded");
  });
  story("timer-requires-service: the job runs when the timer is started", {}, async ({ run, unit }) => {
    await load(world, "timer-requires-service");
    await run("systemctl start job.timer").succeeds();
    await unit("job.service").waitFor("inactive/dead");
    await run("journalctl -b -o cat --no-pager --unit=job.service").says("Finished");
    await run("systemctl stop job.timer").succeeds();
  });
  story("timer-never-begins: the timer is elapsed at once", {}, async ({ run, unit }) => {
    await load(world, "timer-never-begins");
    await run(["rm", "-f", "/var/lib/systemd/timers/stamp-job.timer"]).succeeds();
    await run("systemctl start job.timer").succeeds();
    await unit("job.timer").is("active/elapsed");
    await run("systemctl stop job.timer").succeeds();
  });
  story("job-remains: once active, a run of the timer does nothing", {}, async ({ run, unit }) => {
    await load(world, "job-remains");
    await run("systemctl start job.service").succeeds();
    await unit("job.service").is("active/exited");
    const first = await unit("job.service").show("InvocationID");
    await run("systemctl start job.service").succeeds();
    if ((await unit("job.service").show("InvocationID")) !== first) throw new Error("it ran again");
    await run("systemctl stop job.service").succeeds();
  });
  for (const id of ["calendar-unreadable", "calendar-never"])
    story(`${id}: systemd-analyze agrees`, {}, async ({ run }) => {
      const text = unitsOf(lintRules.find((rule) => rule.id === id)!.bad)["job.timer"]!;
      const event = /OnCalendar=(.*)/.exec(text)![1]!;
      const asked = await run(["systemd-analyze", "calendar", event]);
      if (id === "calendar-never") asked.says("Next elapse: never");
      else asked.fails();
    });
});
