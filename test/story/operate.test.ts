import { join } from "node:path";
import { describe, expect } from "vitest";
import { checkout, sharedHost, story, waitUntil, type World } from "./story.ts";
import { auditTrail } from "./record.ts";
import { surroundings, terminal, worker } from "./worker.ts";

const python = "/usr/bin/python3 worker.py";
const spec = `
app: ops
user: daemon
directory: /opt/ops
services:
  steady:   { run: ${python} steady, ready: { settle: 0s }, restart: { limit: 3 per 1h } }
  first:    { run: bin/first, ready: { settle: 3s } }
  second:   { run: bin/second, after: [first], ready: { settle: 0s } }
  manual:   { run: ${python} steady, ready: { settle: 0s }, enable: false }
  reloads:  { run: ${python} reloads, ready: { settle: 100ms }, reload: { signal: SIGHUP } }
  deaf:     { run: ${python} steady, ready: { settle: 100ms }, reload: { signal: SIGHUP } }
  picky:
    run: ${python} steady
    needs-files: [needed.conf]
    before-start: [/usr/bin/test -d allowed]
    runtime-directory: ops-picky
    ready: { settle: 0s }
    restart: { on: never }
  asks:     { run: ${python} asks, start: false, ready: { settle: 0s }, stop: { signal: SIGINT } }
  whole:
    run: /usr/bin/python3 surroundings.py
    runtime: python
    ready: { settle: 0s }
    env: { file: /etc/ops/env, set: { GREETING: "good day, %h $HOME" } }
    secrets: { KEY: /etc/ops/key }
    limits: { memory: 256M, cpu: 150%, tasks: 64, files: 4096, nice: 5 }
    writes: [data]
    state-directory: ops
    runtime-directory: ops
    log-identifier: ops-whole
    hardening: strict
`;

sharedHost({
  setUp: async ({ host, holdfast }) => {
    await host.write("/opt/ops/worker.py", worker);
    await host.write("/opt/ops/surroundings.py", surroundings);
    await host.write("/opt/ops/terminal.py", terminal);
    for (const name of ["first", "second"])
      await host.write(`/opt/ops/bin/${name}`, "#!/bin/sh\nexec sleep infinity\n", 0o755);
    await host.write("/opt/ops/needed.conf", "");
    await host.write("/opt/ops/allowed/file", "");
    await host.write("/etc/ops/env", "FROM_FILE=yes it is\n", 0o600);
    await host.write("/etc/ops/key", "swordfish", 0o600);
    await host.write("/opt/ops/holdfast.yaml", spec);
    await apply(holdfast);
  },
});

describe("verbs", () => {
  story(
    "start, stop and restart act, are on record with who and why, and status tells scripts by its exit code",
    { covers: "P-37, P-55, O-72" },
    async ({ holdfast, run, unit }) => {
      const steady = unit("ops-steady.service");
      await holdfast("status --quiet ops/steady").succeeds();

      await holdfast(["stop", "ops/steady", "--why", "new disk"]).succeeds();
      await steady.is("inactive");
      await holdfast("status --quiet ops/steady").fails(1);
      await holdfast("status ops/steady").says(/root stopped it at .*: new disk/);

      await holdfast("start ops/steady").succeeds();
      await steady.is("active");
      await holdfast("status ops/steady").doesNotSay("stopped it");

      const pid = await steady.show("MainPID");
      const restart = (await holdfast("restart ops-steady.service --json").succeeds()).json();
      expect(restart.results).toMatchObject([{ unit: steady.name, verb: "restart", ok: true }]);
      expect(await steady.show("MainPID")).not.toBe(pid);

      expect((await auditTrail(run, steady.name)).slice(-3)).toMatchObject([
        { who: "root", action: "stop", why: "new disk" },
        { who: "root", action: "start", why: null },
        { who: "root", action: "restart", why: null },
      ]);
    },
  );

  story(
    "restarting twelve times in a row does not use up the limit that crashes have",
    { covers: "P-37" },
    async ({ holdfast, run, unit }) => {
      for (let i = 0; i < 12; i++) await holdfast("restart ops/steady").succeeds();
      await unit("ops-steady.service").is("active");

      // The detector: without Holdfast the same limit stops a healthy service at the fourth restart.
      for (let i = 0; i < 3; i++) await run("systemctl restart ops-steady");
      await unit("ops-steady.service").is("failed");
      await holdfast("reset ops/steady").succeeds();
    },
  );

  story(
    "what somebody stopped, apply leaves stopped, and says who it was",
    { covers: "P-01, P-37" },
    async ({ holdfast, unit }) => {
      await holdfast("stop ops/steady").succeeds();
      await holdfast("-f /opt/ops/holdfast.yaml apply").says("stays stopped: root stopped it");
      await unit("ops-steady.service").is("inactive");

      await holdfast("start ops/steady").succeeds();
      await holdfast("-f /opt/ops/holdfast.yaml plan").says("Nothing to change");
    },
  );

  story(
    "an application's name means its services: started in order, and none after one that did not start",
    { covers: "P-37, O-72" },
    async ({ host, holdfast, unit }) => {
      const [first, second] = [unit("ops-first.service"), unit("ops-second.service")];
      await holdfast("stop ops/first ops/second").succeeds();
      const [stoppedFirst, stoppedSecond] = [
        Number(await first.show("InactiveEnterTimestampMonotonic")),
        Number(await second.show("InactiveEnterTimestampMonotonic")),
      ];
      expect(stoppedSecond).toBeLessThan(stoppedFirst);

      await host.write("/opt/ops/bin/first", "#!/bin/sh\nexit 9\n", 0o755);
      const failed = await holdfast("start ops/second ops/first").fails(1);
      failed.says("exit code 9").says("it starts after ops-first.service, which did not start");
      failed.says("systemd goes on trying");
      await second.is("inactive");

      await host.write("/opt/ops/bin/first", "#!/bin/sh\nexec sleep infinity\n", 0o755);
      await holdfast("start ops/second ops/first").succeeds();
      await first.is("active");
      await second.is("active");
    },
  );

  story(
    "names that mean nothing, and a caller who may not, are refused with the way out",
    { covers: "P-37" },
    async ({ holdfast }) => {
      await holdfast("stop ops/stedy")
        .fails(2)
        .then((result) => result.says("ops/steady"));
      await holdfast("restart").fails(2);
      await holdfast("start ops/steady", { user: "nobody" }).fails(1);
    },
  );
});

story(
  "a full disk keeps nobody from stopping what fills it; it is said that this is not on record",
  { covers: "P-37" },
  async ({ holdfast, run, unit }) => {
    const small = "mount -t tmpfs -o size=1m tmpfs /mnt && cp -a /var/lib/holdfast/. /mnt";
    const full =
      "mount --bind /mnt /var/lib/holdfast && umount /mnt && ! dd if=/dev/zero of=/var/lib/holdfast/fill bs=4k";
    await run(["sh", "-c", `${small} && ${full}`]).succeeds();
    try {
      await holdfast("stop ops/steady")
        .succeeds()
        .then((result) => result.says("operate/not-recorded"));
      await unit("ops-steady.service").is("inactive");
      await holdfast("start ops/steady").says("is ready");
      await unit("ops-steady.service").is("active");
    } finally {
      await run("umount /var/lib/holdfast").succeeds();
    }
  },
);

describe("starting at boot", () => {
  story(
    "apply treats starting now and starting at boot as two decisions",
    { covers: "P-36" },
    async ({ run, unit }) => {
      await unit("ops-manual.service").is("active");
      await run("systemctl is-enabled ops-manual")
        .fails()
        .then((result) => result.says("disabled"));
    },
  );

  story(
    "enable and disable change the boot only, hold against the spec, and are taken back by their opposite",
    { covers: "P-39, P-40, O-74" },
    async ({ holdfast, run, unit }) => {
      const steady = unit("ops-steady.service");
      const pid = await steady.show("MainPID");
      await holdfast("disable ops/steady").succeeds();
      expect(await steady.show("UnitFileState")).toBe("disabled");
      expect(await steady.show("MainPID")).toBe(pid);

      await holdfast("enable ops/manual").says("this goes before it");
      await run("systemctl is-enabled ops-manual").says("enabled");

      await holdfast("-f /opt/ops/holdfast.yaml apply").says("Nothing to change");
      expect(await steady.show("UnitFileState")).toBe("disabled");

      await holdfast("enable ops/steady").succeeds();
      await holdfast("disable ops/manual").succeeds();
      await run("systemctl is-enabled ops-manual").says("disabled");
      await run("systemctl is-enabled ops-steady").says("enabled");
    },
  );

  story("--now also stops and starts", { covers: "O-74" }, async ({ holdfast, unit }) => {
    const manual = unit("ops-manual.service");
    await holdfast("disable --now ops/manual").succeeds();
    await manual.is("inactive");
    await holdfast("enable --now ops/manual").succeeds();
    await manual.is("active");
    expect(await manual.show("UnitFileState")).toBe("enabled");
    await holdfast("disable ops/manual").succeeds();
  });
});

describe("status", () => {
  story("says in JSON what systemctl show says", { covers: "P-38, P-54" }, async ({ holdfast, unit }) => {
    const whole = unit("ops-whole.service");
    // Without the controller for it, systemd does not count.
    const shown = async (name: string) => {
      const text = await whole.show(name);
      return text === "[not set]" ? null : Number(text);
    };
    // Asked one after the other, about a program that may still be starting: they agree once it rests.
    const status = await waitUntil("both say the same", async () => {
      const { services } = (await holdfast("status ops/whole --json").succeeds()).json();
      const [said] = services;
      expect(said).toMatchObject({
        active: await whole.show("ActiveState"),
        sub: await whole.show("SubState"),
        enabled: await whole.show("UnitFileState"),
        result: await whole.show("Result"),
        pid: await shown("MainPID"),
        restarts: await shown("NRestarts"),
        memoryMax: await shown("MemoryMax"),
        tasks: await shown("TasksCurrent"),
        tasksMax: await shown("TasksMax"),
      });
      const [memory, cpu] = [await shown("MemoryCurrent"), await shown("CPUUsageNSec")];
      if (memory !== null) expect(said.memory / memory).toBeCloseTo(1, 1);
      expect(said.cpuSeconds).toBe(cpu === null ? null : cpu / 1e9);
      return said;
    });
    expect(status.cpuQuota).toBe(100 * Number.parseFloat(await whole.show("CPUQuotaPerSecUSec")));
    const since = Date.parse((await whole.show("StateChangeTimestamp")).replace(/^\w+ /, ""));
    expect(Math.floor(status.sinceMillis / 1000)).toBe(since / 1000);
  });
});

describe("starting", () => {
  story(
    "a failing precondition refuses the start and is named",
    { covers: "O-29, O-30" },
    async ({ host, holdfast, run, unit }) => {
      await run("chmod 000 /opt/ops/needed.conf").succeeds();
      const refused = await holdfast("restart ops/picky").fails(1);
      refused.says("it needs /opt/ops/needed.conf, which is missing, or which its account may not read");
      await unit("ops-picky.service").is("failed");
      await holdfast("status ops/picky").says("it needs /opt/ops/needed.conf");
      await run("chmod 644 /opt/ops/needed.conf").succeeds();

      await run("rm -r /opt/ops/allowed").succeeds();
      await holdfast("start ops/picky")
        .fails(1)
        .then((r) => r.says("/usr/bin/test -d allowed ended with"));
      await host.write("/opt/ops/allowed/file", "");
      await holdfast("reset ops/picky").succeeds();
    },
  );

  story("its directory below /run goes with it", { covers: "O-47" }, async ({ host, holdfast }) => {
    expect(await host.exists("/run/ops-picky")).toBe(true);
    await holdfast("stop ops/picky").succeeds();
    expect(await host.exists("/run/ops-picky")).toBe(false);
    await holdfast("start ops/picky").succeeds();
  });

  story(
    "a program that is gone fails at the start, with its name, instead of being active for a moment",
    { covers: "O-20" },
    async ({ holdfast, run, unit }) => {
      await run("mv /opt/ops/bin/second /opt/ops/bin/aside").succeeds();
      const result = await holdfast("restart ops/second").fails(1);
      result.says("203/EXEC").says("/opt/ops/bin/second");
      expect(await unit("ops-second.service").show("ActiveState")).not.toBe("active");

      await run("mv /opt/ops/bin/aside /opt/ops/bin/second").succeeds();
      await holdfast("reset ops/second").succeeds();
    },
  );
});

describe("reload", () => {
  story(
    "reaches the handler of the same process, and reports that it is ready",
    { covers: "O-31, O-73" },
    async ({ holdfast, run, unit }) => {
      const pid = await unit("ops-reloads.service").show("MainPID");
      await hasSaid(run, "reloads started");
      await holdfast("reload ops/reloads").says(`is ready (pid ${pid} as before)`);
      expect(await unit("ops-reloads.service").show("MainPID")).toBe(pid);
      await hasSaid(run, "reloads got SIGHUP");
    },
  );

  story(
    "of a program without a handler is reported as what ended it",
    { covers: "O-31, O-73" },
    async ({ holdfast, unit }) => {
      const result = await holdfast("reload ops/deaf").fails(1);
      result.says("did not survive its reload").says("SIGHUP");
      await holdfast("start ops/deaf").succeeds();
      await unit("ops-deaf.service").is("active");
    },
  );

  story("that is not declared is refused, unharmed", { covers: "O-31" }, async ({ holdfast, unit }) => {
    const pid = await unit("ops-steady.service").show("MainPID");
    const result = await holdfast("reload ops/steady").fails(1);
    result.says("operate/no-reload").says("holdfast restart ops/steady");
    expect(await unit("ops-steady.service").show("MainPID")).toBe(pid);
  });

  story("works with oneiric", { covers: "O-31, O-73" }, async ({ host, holdfast, run, unit }) => {
    const example = join(checkout, "examples/oneiric");
    await run(["sh", join(example, "prepare.sh"), "/opt/oneiric"]).succeeds();
    await holdfast(["-f", join(example, "holdfast.yaml"), "apply"]).succeeds();
    const pid = await unit("oneiric.service").show("MainPID");
    await host.write("/opt/oneiric/settings/app.toml", 'title = "Told anew"\n');

    await holdfast("reload oneiric").says(`pid ${pid} as before`);

    const told = { status: "ok", title: "Told anew", pid: Number(pid) };
    await waitUntil("it has read them", async () => {
      const health = await run(["python3", "-c", fetch("http://127.0.0.1:9464/health")]);
      expect(health.json()).toMatchObject(told);
      return true;
    });
    await holdfast("remove oneiric").succeeds();
  });
});

describe("run --foreground", () => {
  story(
    "gives the program the surroundings that the service has, in all but the terminal",
    { covers: "P-60, O-100" },
    async ({ holdfast, run }) => {
      const inService = await waitUntil("the service has told", async () => {
        const { stdout } = await run("journalctl --namespace=ops --no-pager -o cat -t ops-whole");
        return JSON.parse(stdout.trim().split("\n").at(-1)!);
      });
      await holdfast("stop ops/whole").succeeds();

      const here = await holdfast("run --foreground ops/whole -- --exit 7").fails(7);

      const inForeground = JSON.parse(here.stdout);
      expect(inForeground.environment.FROM_FILE).toBe("yes it is");
      expect(inForeground.credentials).toEqual({ KEY: "swordfish" });
      expect(inForeground.status.NoNewPrivs).toBe("1");
      expect(inForeground).toEqual(inService);
      await holdfast("start ops/whole").succeeds();
    },
  );

  story(
    "passes input, output, arguments and the exit code",
    { covers: "P-60" },
    async ({ holdfast, run }) => {
      const direct = await holdfast(["run", "--foreground", "ops/asks", "--", "a b", "$HOME"], {
        stdin: "seven\n",
      }).fails(7);
      expect(direct.stdout).toBe("asks started a b $HOME\nanswer: seven False\n");
      expect(direct.stderr).toContain("told on stderr");

      const piped = [
        "sh",
        "-c",
        `echo seven | ${join(checkout, "bin/holdfast")} run --foreground asks 2>/err | cat`,
      ];
      expect((await run(piped)).stdout).toBe("asks started\nanswer: seven False\n");
      await run("cat /err").says("told on stderr");
      await nothingLeft(run);
    },
  );

  story(
    "in a terminal: Ctrl-C stops it with the service's own signal",
    { covers: "P-60" },
    async ({ run }) => {
      const argv = [join(checkout, "bin/holdfast"), "run", "--foreground", "ops/asks"];
      const shown = await run(["python3", "/opt/ops/terminal.py", "told on stderr", ...argv], {
        env: { TERM: "vt220" },
      }).fails(130);
      shown.says("asks got SIGINT").says("terminal: True vt220");
      await nothingLeft(run);
    },
  );

  story("is refused while the service runs", { covers: "P-60" }, async ({ holdfast }) => {
    const refused = await holdfast("run --foreground ops/steady").fails(1);
    refused.says("one copy runs").says("holdfast stop ops/steady");
    await holdfast("run ops/asks")
      .fails(2)
      .then((result) => result.says("--foreground"));
  });

  story(
    "ends when the service is started, and when holdfast is killed",
    { covers: "P-60" },
    async ({ host, holdfast, run, unit }) => {
      const begin = async () => {
        const child = await host.spawn([join(checkout, "bin/holdfast"), "run", "--foreground", "ops/asks"]);
        const said = { text: "" };
        const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
        for (const stream of [child.stdout!, child.stderr!])
          stream.on("data", (chunk: Buffer) => (said.text += String(chunk)));
        await waitUntil("it has started", () => said.text.includes("asks started"));
        return { child, said, ended };
      };
      const first = await begin();
      await holdfast("start ops/asks").succeeds();
      await first.ended;
      expect(first.said.text).toContain("one copy runs");
      await unit("ops-asks.service").is("active");
      await holdfast("stop ops/asks").succeeds();

      const second = await begin();
      second.child.kill("SIGKILL");
      await second.ended;
      await nothingLeft(run);
    },
  );
});

story(
  "after a reboot everything enabled is active, without a login",
  { covers: "P-39, O-01, P-40" },
  async ({ host, holdfast, unit }) => {
    await holdfast("disable ops/second").succeeds();
    await host.reboot();
    await unit("ops-steady.service").waitFor("active");
    await unit("ops-reloads.service").waitFor("active");
    await unit("ops-manual.service").is("inactive");
    await unit("ops-second.service").is("inactive");
  },
);

async function apply(holdfast: World["holdfast"]): Promise<void> {
  await holdfast("-f /opt/ops/holdfast.yaml apply").succeeds();
}

async function hasSaid(run: World["run"], text: string): Promise<void> {
  await waitUntil(`the log says ${text}`, async () =>
    (await run("journalctl --namespace=ops --no-pager -o cat")).stdout.includes(text),
  );
}

/** No unit, file or process of a run in the foreground. */
async function nothingLeft(run: World["run"]): Promise<void> {
  await waitUntil("nothing is left", async () => {
    const files = await run(["find", "/run", "-name", "holdfast-run-*"]);
    const units = await run("systemctl list-units --all --no-legend holdfast-run-*");
    const processes = await run(["sh", "-c", "grep -lzx '[a]sks' /proc/[0-9]*/cmdline"]);
    return files.stdout + units.stdout + processes.stdout === "";
  });
}

function fetch(url: string): string {
  return `import urllib.request; print(urllib.request.urlopen("${url}").read().decode())`;
}
