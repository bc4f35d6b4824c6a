import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { checkout, sharedHost, story, waitUntil } from "./story.ts";

// The polybot example, installed as its README says.

const example = `${checkout}/examples/polybot`;
const bot = "polybot-bot.service";
const before = { journald: "", settings: "" };

const world = sharedHost({
  name: "polybot",
  setUp: async ({ holdfast, run, unit }) => {
    before.journald = await unit("systemd-journald.service").show("MainPID");
    before.settings = (await run("sha256sum /etc/systemd/journald.conf").succeeds()).stdout;
    await run("sh prepare.sh /opt/polybot", { directory: example }).succeeds();
    await holdfast("apply", { directory: example }).succeeds();
  },
});

describe("polybot", () => {
  story(
    "is installed as plain unit files that systemd has nothing to say about",
    { covers: "P-31, P-32, P-34, P-79" },
    async ({ host, holdfast, run, unit }) => {
      await unit(bot).is("active/running");
      await unit("polybot-market.service").is("active/running");
      for (const name of [bot, "polybot-market.service", "polybot-give-up@.service", "polybot.slice"]) {
        const path = `/etc/systemd/system/${name}`;
        expect((await run(["stat", "--format=%U:%G %a", path]).succeeds()).stdout).toBe("root:root 644\n");
        expect(await host.read(path)).toMatch(/^# Written by Holdfast for the application "polybot"\./);
        if (!name.includes("@")) {
          const verified = await run(["systemd-analyze", "--man=no", "verify", path]).succeeds();
          expect(verified.stdout + verified.stderr).toBe("");
        }
      }
      const text = await host.read(`/etc/systemd/system/${bot}`);
      expect(text).toContain("# Reference: T-12\n# Reference: R-3.2\n");
      expect(text).toContain("Documentation=https://example.org/polybot/runbook\n");
      expect(await unit(bot).show("NeedDaemonReload")).toBe("no");

      const pid = await unit(bot).show("MainPID");
      await holdfast("apply", { directory: example }).says("Nothing to change for polybot");
      expect(await unit(bot).show("MainPID")).toBe(pid);
    },
  );

  story(
    "runs the interpreter of its virtual environment with the variables of the file and of the runtime",
    { covers: "P-10…P-12, P-67, O-28" },
    async ({ host, unit }) => {
      const pid = await unit(bot).show("MainPID");
      const argv = (await host.read(`/proc/${pid}/cmdline`))?.split("\0").slice(0, -1);
      expect(argv).toEqual(["/opt/polybot/venv/bin/python", "bot.py"]);
      expect(await environment(bot)).toMatchObject({
        PYTHONUNBUFFERED: "1",
        VIRTUAL_ENV: "/opt/polybot/venv",
        PATH: expect.stringMatching(/^\/opt\/polybot\/venv\/bin:/),
        MODE: "paper",
        POLYGON_RPC_URL: "http://127.0.0.1:9100/",
        TICK_SECONDS: "2",
      });
      expect(await environment(bot)).not.toHaveProperty("WALLET_KEY");
    },
  );

  story("has the directories it writes to, as its own", { covers: "P-33" }, async ({ run, host }) => {
    for (const name of ["logs", "data", "state"]) {
      const { stdout } = await run(`stat --format=%U:%G:%a /opt/polybot/${name}`).succeeds();
      expect(stdout).toBe("polybot:polybot:750\n");
    }
    expect(await host.exists("/opt/polybot/data/trades.db")).toBe(true);
    expect((await run("stat --format=%U:%a /opt/polybot/bot.py").succeeds()).stdout).toBe("root:644\n");
  });

  story(
    "has its limits in systemd and in the kernel",
    { covers: "P-02…P-04, P-08, P-09, P-20…P-23" },
    async ({ host, unit }) => {
      const values = {
        MemoryMax: "2147483648",
        MemoryHigh: "1610612736",
        CPUQuotaPerSecUSec: expect.stringMatching(/^1\.50*s$/),
        TasksMax: "512",
        RestartUSec: "30s",
        StartLimitIntervalUSec: "1h",
        StartLimitBurst: "10",
        TimeoutStopUSec: "1min",
        KillMode: "mixed",
      };
      for (const [name, value] of Object.entries(values)) expect(await unit(bot).show(name)).toEqual(value);

      const group = await unit(bot).show("ControlGroup");
      const kernel = async (v1: string, v2: string): Promise<string | undefined> =>
        (
          (await host.read(`/sys/fs/cgroup/${v1.replace("/", `${group}/`)}`)) ??
          (await host.read(`/sys/fs/cgroup${group}/${v2}`))
        )?.trim();
      expect(await kernel("memory/memory.limit_in_bytes", "memory.max")).toBe("2147483648");
      expect(await kernel("pids/pids.max", "pids.max")).toBe("512");
      expect(await kernel("cpu/cpu.cfs_quota_us", "cpu.max")).toMatch(/^150000\b/);
    },
  );

  story(
    "keeps its logs in a store of its own, and leaves the host's journal alone",
    { covers: "P-15, P-17, P-19, P-35" },
    async ({ run, unit }) => {
      const settings = (await run("systemd-analyze cat-config systemd/journald@polybot.conf").succeeds())
        .stdout;
      for (const line of [
        "Storage=persistent",
        "Compress=yes",
        "SystemMaxUse=1G",
        "SystemMaxFileSize=100M",
        "SystemKeepFree=2G",
        "MaxRetentionSec=30d",
      ])
        expect(settings.split("\n")).toContain(line);
      await run("journalctl --namespace=polybot -o cat --no-pager").says("polybot started, mode paper");
      await run("journalctl -o cat --no-pager").doesNotSay("polybot started");

      await run("sha256sum /etc/systemd/journald.conf").says(before.settings);
      await run("ls /etc/systemd/journald.conf.d").fails();
      expect(await unit("systemd-journald.service").show("MainPID")).toBe(before.journald);
    },
  );

  story("status shows what systemd shows", { covers: "P-38, P-54" }, async ({ holdfast, unit }) => {
    const { services } = (await holdfast("status --json").succeeds()).json();
    const [market, own] = services;
    expect(market).toMatchObject({ service: "market", active: "active" });
    const shown = async (name: string): Promise<string> => unit(bot).show(name);
    expect(own).toMatchObject({
      app: "polybot",
      service: "bot",
      unit: bot,
      active: await shown("ActiveState"),
      sub: await shown("SubState"),
      enabled: await shown("UnitFileState"),
      pid: Number(await shown("MainPID")),
      restarts: Number(await shown("NRestarts")),
      memoryMax: Number(await shown("MemoryMax")),
      tasksMax: Number(await shown("TasksMax")),
      cpuQuota: 150,
      result: "success",
      drift: [],
    });
    const since = Date.parse(await shown("ActiveEnterTimestamp"));
    expect(Math.floor(own.sinceMillis / 1000)).toBe(since / 1000);
    // systemd 252 counts no CPU time where version 1 and 2 control groups are mixed, and status invents none.
    expect(own.cpuSeconds === null).toBe((await shown("CPUUsageNSec")) === "[not set]");
    await holdfast("status").says(/bot +active for/);
    await holdfast("status --quiet polybot").succeeds();
  });

  story(
    "finishes its work when it is asked to stop",
    { covers: "P-07, P-55" },
    async ({ holdfast, run, unit }) => {
      await run(`systemctl stop ${bot}`).succeeds();
      await unit(bot).is("inactive/dead");
      expect(await unit(bot).show("Result")).toBe("success");
      const log = await run("journalctl --namespace=polybot -o cat --no-pager").succeeds();
      log.says("SIGTERM received, finishing").says("stopped cleanly");
      await holdfast("status --quiet polybot").fails(1);
      await run(`systemctl start ${bot}`).succeeds();
    },
  );

  story(
    "cannot do in its own unit what it has no business to do",
    { covers: "P-24…P-30, O-04" },
    async ({ host, holdfast, run, unit }) => {
      const tries = await readFile(join(import.meta.dirname, "programs/tries.py"), "utf8");
      await host.write("/opt/polybot/tries.py", tries);
      await run("install -m 4755 /usr/bin/id /opt/polybot/setuid-id").succeeds();
      await run("install -m 0666 /dev/null /opt/polybot/everyones-code").succeeds();
      const spec = await readFile(`${example}/holdfast.yaml`, "utf8");
      const trying = spec.replace(
        "    run: venv/bin/python bot.py\n",
        "    run: venv/bin/python bot.py\n    before-start: [venv/bin/python tries.py data/report --once]\n",
      );
      await host.write("/opt/polybot/trying.yaml", trying);
      await holdfast("--file /opt/polybot/trying.yaml apply").succeeds();
      await run(`systemctl restart ${bot}`).succeeds();

      const found = JSON.parse((await host.read("/opt/polybot/data/report")) ?? "") as Record<string, string>;
      expect(found).toMatchObject({
        "write /etc": "EROFS",
        "write its own code": "EROFS",
        "write its data": "ok",
        "write a temporary file": "ok",
        "write a sysctl": "EROFS",
        "make a namespace": "EPERM",
        "run in real time": "EPERM",
        "become root": "EPERM",
      });
      const uid = (await run("id -u polybot")).stdout.trim();
      expect(await host.exists(`/tmp/tries-data-${uid}`)).toBe(false);
      await run(`find /tmp -name tries-data-${uid}`).says(/^\/tmp\/systemd-private-.*-polybot-bot\.service-/);
      const pid = await unit(bot).show("MainPID");
      expect(await host.read(`/proc/${pid}/status`)).toContain("NoNewPrivs:\t1\n");
      expect(await unit(bot).show("NRestarts")).toBe("0");
    },
  );
});

describe("a Python service", () => {
  story(
    "shows what it prints at once, without flushing",
    { covers: "P-11" },
    async ({ host, holdfast, run }) => {
      await host.write(
        "/opt/talker/talk.py",
        'import os, signal\nprint("said aloud")\nopen("said/" + os.environ["WHO"], "w").close()\nsignal.pause()\n',
      );
      const service = (name: string, set: string): string =>
        `  ${name}: { run: /usr/bin/python3 talk.py, writes: [said], env: { set: { WHO: ${name}${set} } }, ready: { settle: 0s }, log-identifier: ${name} }\n`;
      await host.write(
        "/opt/talker/holdfast.yaml",
        `app: talker\nuser: talker\ndirectory: /opt/talker\nservices:\n${service("direct", "")}${service("held", ', PYTHONUNBUFFERED: ""')}`,
      );
      await holdfast("--file /opt/talker/holdfast.yaml apply").succeeds();
      for (const name of ["direct", "held"])
        await waitUntil(`${name} has spoken`, () => host.exists(`/opt/talker/said/${name}`));
      await waitUntil("the line is in the journal", async () =>
        (await run("journalctl --namespace=talker -t direct -o cat --no-pager")).stdout.includes(
          "said aloud",
        ),
      );
      // The other one has spoken into its own buffer.
      await run("journalctl --namespace=talker -t held -o cat --no-pager").doesNotSay("said aloud");
    },
  );
});

async function environment(unit: string): Promise<Record<string, string>> {
  const pid = await world.unit(unit).show("MainPID");
  const entries = ((await world.host.read(`/proc/${pid}/environ`)) ?? "").split("\0").filter(Boolean);
  return Object.fromEntries(entries.map((entry) => entry.split(/=(.*)/s).slice(0, 2) as [string, string]));
}
