import { readFile } from "node:fs/promises";
import { describe, expect } from "vitest";
import { checkout, sharedHost, story, waitUntil } from "./story.ts";

// The oneiric example, installed as its README says: a service that tells systemd how it is.

const example = `${checkout}/examples/oneiric`;
const service = "oneiric.service";

const world = sharedHost({
  name: "oneiric",
  setUp: async ({ holdfast, run }) => {
    await run("sh prepare.sh /opt/oneiric", { directory: example }).succeeds();
    await holdfast("apply", { directory: example }).succeeds();
  },
});

describe("oneiric", () => {
  story(
    "runs under an account of its own without a login shell, and a second apply changes nothing",
    { covers: "O-11, O-15, O-21, O-22, O-28" },
    async ({ host, holdfast, run, unit }) => {
      await run("getent passwd oneiric").says(
        /^oneiric:x:\d+:\d+:[^:]*:\/opt\/oneiric:\/usr\/sbin\/nologin$/m,
      );
      const pid = await unit(service).show("MainPID");
      await run(`stat --format=%U:%G /proc/${pid}`).says("oneiric:oneiric");
      await run(`readlink /proc/${pid}/cwd`).says("/opt/oneiric");
      const argv = (await host.read(`/proc/${pid}/cmdline`))?.split("\0").slice(0, -1);
      expect(argv).toEqual(
        "/opt/oneiric/venv/bin/python -m oneiric orchestrate --manifest settings/manifest.toml --refresh-interval 120".split(
          " ",
        ),
      );

      const accounts = await host.read("/etc/passwd");
      await holdfast("apply", { directory: example }).says("Nothing to change for oneiric");
      expect(await host.read("/etc/passwd")).toBe(accounts);
      expect(await unit(service).show("MainPID")).toBe(pid);
    },
  );

  story(
    "is described, ordered after the network and started at boot",
    { covers: "O-18, O-19, O-41, O-87" },
    async ({ run, unit }) => {
      const own = unit(service);
      expect(await own.show("Description")).toBe("Runs workflows over resolved adapters");
      expect(await own.show("Documentation")).toBe("https://example.org/oneiric/guide");
      expect((await own.show("After")).split(" ")).toContain("network-online.target");
      expect((await own.show("Wants")).split(" ")).toContain("network-online.target");
      await run(`readlink /etc/systemd/system/multi-user.target.wants/${service}`).says(
        `/etc/systemd/system/${service}`,
      );
      await run(`stat --format=%U:%G:%a /etc/systemd/system/${service}`).says("root:root:644");
    },
  );

  story(
    "says itself when it is ready, and reports that it is alive",
    { covers: "O-06, O-20" },
    async ({ unit }) => {
      expect(await unit(service).show("Type")).toBe("notify");
      expect(await unit(service).show("StatusText")).toMatch(/^[1-9]\d* refreshes, settings [0-9a-f]{12}$/);
      expect(await unit(service).show("WatchdogUSec")).toBe("30s");
      expect(await unit(service).show("WatchdogTimestamp")).not.toBe("");
    },
  );

  story(
    "has its environment, from the spec and from a file that it cannot read itself",
    { covers: "O-23…O-26, O-44, O-69, O-77" },
    async ({ run, unit }) => {
      const environment = await environmentOf(service);
      expect(environment).toMatchObject({
        ONEIRIC_CONFIG: "/opt/oneiric/settings",
        ONEIRIC_STACK_ORDER: "production:100,staging:50,default:0",
        OTEL_SERVICE_NAME: "oneiric",
        LOG_LEVEL: "INFO",
        ONEIRIC_LOG_FORMAT: "json",
        METRICS_PORT: "9464",
      });
      const health = JSON.parse(await get("/health"));
      expect(health).toMatchObject({
        status: "ok",
        service: "oneiric",
        stack_order: "production:100,staging:50,default:0",
        pid: Number(await unit(service).show("MainPID")),
      });

      await run("stat --format=%U:%G:%a /etc/oneiric/oneiric.env").says("root:root:600");
      await run("cat /etc/oneiric/oneiric.env", { user: "oneiric" })
        .fails()
        .then((r) => r.says("Permission denied"));
      // Nobody but root can change what its PATH leads to.
      for (const directory of environment["PATH"]!.split(":"))
        await run(`test -w ${directory}`, { user: "oneiric" }).fails();
    },
  );

  story(
    "has its secrets from credentials, not from its environment",
    { covers: "O-69, O-79" },
    async ({ host }) => {
      const environment = await environmentOf(service);
      expect(Object.keys(environment)).not.toContain("API_KEY");
      const key = (await host.read("/etc/oneiric/api.key")) ?? "";
      expect(Object.values(environment).join("\n")).not.toContain(key);
      expect(await get("/settings")).toContain("the API key is required");
      expect(await get("/settings", { Authorization: `Bearer ${key}` })).toContain('"digest"');
    },
  );

  story(
    "writes its cache and logs, and can change neither its code nor its settings",
    { covers: "O-54, O-67, O-81, O-88" },
    async ({ host, run }) => {
      for (const name of ["cache", "logs"])
        await run(`stat --format=%U:%G:%a /opt/oneiric/${name}`).says("oneiric:oneiric:750");
      expect((await run("ls /opt/oneiric/cache").succeeds()).stdout).toMatch(/\.json$/m);
      expect(await host.read("/opt/oneiric/logs/oneiric.log")).toContain('"level": "info"');
      await run("find /opt/oneiric/oneiric /opt/oneiric/settings /opt/oneiric/venv -not -user root")
        .succeeds()
        .then((r) => expect(r.stdout).toBe(""));
      await run("stat --format=%U:%G:%a /opt/oneiric/settings").says("root:root:755");

      // Even where the permissions would let it: the sandbox is read-only.
      await run("install -m 0666 /dev/null /opt/oneiric/settings/open.toml").succeeds();
      const inside = async (path: string): Promise<string> => {
        const pid = await world.unit(service).show("MainPID");
        const write = [
          "nsenter",
          "--target",
          pid,
          "--mount",
          "setpriv",
          "--reuid=oneiric",
          "--clear-groups",
          "tee",
          path,
        ];
        return (await run(write)).stderr;
      };
      expect(await inside("/opt/oneiric/cache/probe")).toBe("");
      expect(await inside("/opt/oneiric/logs/probe")).toBe("");
      expect(await inside("/opt/oneiric/settings/open.toml")).toContain("Read-only file system");
      expect(await inside("/opt/oneiric/oneiric/daemon.py")).toContain("Read-only file system");
      await run("rm /opt/oneiric/settings/open.toml").succeeds();
    },
  );

  story(
    "has its limits and its priority; doctor tells where the machine gives less",
    { covers: "O-38…O-40, O-48, O-49" },
    async ({ host, holdfast, unit }) => {
      const values = {
        MemoryMax: "2147483648",
        CPUQuotaPerSecUSec: "2s",
        TasksMax: "4096",
        LimitNOFILE: "65536",
        Nice: "-5",
      };
      for (const [name, value] of Object.entries(values)) expect(await unit(service).show(name)).toBe(value);
      const pid = await unit(service).show("MainPID");
      // proc(5): the 17th after the name in parentheses.
      expect(/\) (.*)/.exec((await host.read(`/proc/${pid}/stat`)) ?? "")?.[1]?.split(" ")[16]).toBe("-5");

      const files = Number(
        /^Max open files +(\d+)/m.exec((await host.read(`/proc/${pid}/limits`)) ?? "")?.[1],
      );
      const { services } = (await holdfast("doctor --json")).json();
      const limits = services[0].checks.find(({ id }: { id: string }) => id === "limits");
      if (files >= 65_536) expect(limits.result).toBe("ok");
      else {
        expect(limits.result).toBe("failed");
        expect(limits.found).toBe(
          `the process may open ${files} files, not 65536: this host gives no service more`,
        );
      }
    },
  );

  story("logs under its own name", { covers: "O-05, O-37" }, async ({ run }) => {
    const lines = await run(
      "journalctl --namespace=oneiric --identifier=oneiric -o cat --no-pager",
    ).succeeds();
    lines.says('"message": "started, settings');
  });

  story(
    "reads its settings again in the same process",
    { covers: "O-31, O-73" },
    async ({ host, holdfast, unit }) => {
      const pid = await unit(service).show("MainPID");
      const path = "/opt/oneiric/settings/app.toml";
      await host.write(
        path,
        ((await host.read(path)) ?? "").replace(/title = .*/, 'title = "Another title"'),
      );
      await holdfast("reload oneiric").says(`has reloaded, and is ready (pid ${pid} as before)`);
      await waitUntil("it has read them", async () => (await get("/health")).includes("Another title"));
      expect(await unit(service).show("MainPID")).toBe(pid);
    },
  );

  story(
    "does not start when a precondition fails, and says which",
    { covers: "O-29, O-30" },
    async ({ host, holdfast, run, unit }) => {
      const manifest = "/opt/oneiric/settings/manifest.toml";
      await run(`chmod 000 ${manifest}`).succeeds();
      await run(`systemctl restart ${service}`).fails();
      await holdfast("status oneiric").says(
        `it needs ${manifest}, which is missing, or which its account may not read`,
      );
      await run(`chmod 644 ${manifest}`).succeeds();
      await startAgain();

      const settings = "/opt/oneiric/settings/tasks.toml";
      const text = (await host.read(settings)) ?? "";
      await host.write(settings, `${text}\n[[task]]\nname = "lost"\nservice = "nowhere"\n`);
      await run(`systemctl restart ${service}`).fails();
      expect(await unit(service).show("ExecMainPID")).toBe("0");
      await holdfast("status oneiric").says(
        "the check before its start refused: /opt/oneiric/venv/bin/python",
      );
      await logSays(/task lost names an unknown service: nowhere/);

      await host.write(settings, text);
      await startAgain();
    },
  );

  story(
    "does not start without its environment file, and apply refuses before it touches anything",
    { covers: "O-27, P-58" },
    async ({ host, holdfast, run, unit }) => {
      const pid = await unit(service).show("MainPID");
      await run("mv /etc/oneiric/oneiric.env /etc/oneiric/away").succeeds();
      const spec = await readFile(`${example}/holdfast.yaml`, "utf8");
      await host.write("/opt/oneiric/changed.yaml", spec.replace("delay: 10s", "delay: 11s"));
      const refused = await holdfast("--file /opt/oneiric/changed.yaml apply").fails(1);
      refused.says("Cannot find the environment file /etc/oneiric/oneiric.env").says("Nothing was changed");
      expect(await unit(service).show("MainPID")).toBe(pid);

      await run(`systemctl restart ${service}`).fails();
      expect(await unit(service).show("Result")).toBe("resources");
      await run("mv /etc/oneiric/away /etc/oneiric/oneiric.env").succeeds();
      await startAgain();
    },
  );

  story(
    "differs between environments in what they state, and in nothing else",
    { covers: "O-42, O-78" },
    async ({ holdfast }) => {
      const compiled = async (...environment: string[]): Promise<string[]> => {
        const argv = ["--file", `${example}/holdfast.yaml`, ...environment, "compile"];
        return (await holdfast(argv).succeeds()).stdout.split("\n");
      };
      const plain = await compiled();
      const production = await compiled("--env", "production");
      expect(production.filter((line) => !plain.includes(line))).toEqual([
        "Environment=OTEL_SERVICE_NAME=oneiric-production",
      ]);
      const staging = await compiled("--env", "staging");
      expect(staging.filter((line) => !plain.includes(line))).toEqual([
        "Environment=ONEIRIC_STACK_ORDER=staging:100,default:0",
        "Environment=OTEL_SERVICE_NAME=oneiric-staging",
        "MemoryMax=512M",
        "CPUQuota=50%",
      ]);
      expect(plain.join("\n")).not.toContain("oneiric-production");
    },
  );
});

describe("a service whose program cannot run", () => {
  story(
    "fails to start instead of counting as active, and is taken back",
    { covers: "O-20, P-57" },
    async ({ host, holdfast, run, unit }) => {
      await host.write("/opt/broken/program", "#!/opt/broken/nowhere\n", 0o755);
      await host.write(
        "/opt/broken/holdfast.yaml",
        "app: broken\nuser: broken\ndirectory: /opt/broken\nservices:\n  one: { run: ./program, ready: { settle: 0s } }\n",
      );
      const failed = await holdfast("--file /opt/broken/holdfast.yaml apply").fails(12);
      failed.says("203/EXEC");
      await run("systemctl is-active broken-one.service").fails();
      expect(await unit("broken-one.service").show("LoadState")).toBe("not-found");
    },
  );

  story(
    "is refused without a user: root is not a default",
    { covers: "O-10" },
    async ({ host, holdfast, unit }) => {
      const spec =
        "app: nobody\ndirectory: /opt/broken\nservices:\n  one: { run: /usr/bin/sleep infinity }\n";
      await host.write("/opt/broken/nobody.yaml", spec);
      const refused = await holdfast("--file /opt/broken/nobody.yaml apply").fails(2);
      refused.says("the spec names no user").says("Fix: user: nobody");

      await host.write("/opt/broken/nobody.yaml", `user: root\n${spec}`);
      await holdfast("--file /opt/broken/nobody.yaml apply")
        .fails(2)
        .then((r) => r.says("Cannot run services as root without a reason"));
      expect(await unit("nobody-one.service").show("LoadState")).toBe("not-found");
    },
  );
});

/** What the service answers, whatever the status. */
async function get(path: string, headers: Record<string, string> = {}): Promise<string> {
  const ask = [
    "import json, sys, urllib.error, urllib.request",
    'request = urllib.request.Request("http://127.0.0.1:9464" + sys.argv[1], headers=json.loads(sys.argv[2]))',
    "try: answer = urllib.request.urlopen(request)",
    "except urllib.error.HTTPError as error: answer = error",
    "print(answer.read().decode())",
  ].join("\n");
  return (await world.run(["python3", "-c", ask, path, JSON.stringify(headers)]).succeeds()).stdout;
}

/** Stopped first: a start waits for the end of a restart's delay. */
async function startAgain(): Promise<void> {
  for (const verb of ["stop", "reset-failed", "start"])
    await world.run(["systemctl", verb, service]).succeeds();
}

async function logSays(text: RegExp): Promise<void> {
  await waitUntil(`the log says ${text}`, async () =>
    text.test((await world.run("journalctl --namespace=oneiric -o cat --no-pager")).stdout),
  );
}

async function environmentOf(unit: string): Promise<Record<string, string>> {
  const pid = await world.unit(unit).show("MainPID");
  const entries = ((await world.host.read(`/proc/${pid}/environ`)) ?? "").split("\0").filter(Boolean);
  return Object.fromEntries(entries.map((entry) => entry.split(/=(.*)/s).slice(0, 2) as [string, string]));
}
