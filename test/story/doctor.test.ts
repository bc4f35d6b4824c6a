import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { sharedHost, story } from "./story.ts";

// Every line of holdfast doctor: somebody breaks that promise from outside, exactly that line says so with what it found,
// and it is kept again once that is put right.

const service = "guarded-daemon.service";
const spec = `
app: guarded
user: guarded
directory: /opt/guarded
network-online: true
logs: { max: 64M, keep: 30d }
services:
  daemon:
    run: /usr/bin/python3 daemon.py 9401 data
    env: { file: .env, require: [API_URL] }
    secrets: { KEY: /etc/guarded/key }
    ports: [9401]
    ready: { http: "http://127.0.0.1:9401/" }
    restart: { on: failure, delay: 30s, limit: 10 per 1h }
    stop: { timeout: 5s }
    limits: { memory: 2G, cpu: 150%, tasks: 64, files: 4096 }
    writes: [data]
`;

const world = sharedHost({
  name: "guarded",
  setUp: async ({ host, holdfast, run }) => {
    const program = await readFile(join(import.meta.dirname, "programs/daemon.py"), "utf8");
    await host.write("/opt/guarded/daemon.py", program);
    await host.write("/opt/guarded/holdfast.yaml", spec);
    await host.write("/opt/guarded/.env", "API_URL=http://127.0.0.1:1/\nDEPTH=3\n", 0o600);
    await host.write("/etc/guarded/key", "a secret", 0o600);
    // What a host needs for network-online.target to mean something.
    await host.write(
      "/etc/systemd/system/wait-online.service",
      "[Unit]\nBefore=network-online.target\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n[Install]\nWantedBy=network-online.target\n",
    );
    await run("systemctl enable --now wait-online.service").succeeds();
    await holdfast("apply", { directory: "/opt/guarded" }).succeeds();
  },
});

describe("doctor", () => {
  story("keeps every promise after an apply", { covers: "P-65…P-73" }, async ({ holdfast }) => {
    const { services, ok } = (await holdfast("doctor --json").succeeds()).json();
    expect(ok).toBe(true);
    const checks = services[0].checks as { id: string; result: string }[];
    expect(checks.filter(({ result }) => result !== "ok")).toEqual([]);
    expect(checks.map(({ id }) => id)).toEqual([
      "program",
      "restart",
      "restart-delay",
      "environment",
      "secrets",
      "logs",
      "limits",
      "stop",
      "sandbox",
      "storage",
      "boot",
      "network",
      "as-applied",
    ]);
    await holdfast("doctor").says("guarded-daemon.service  13 of 13 promises kept");
  });

  story("restart: the limit moved to the wrong section", { covers: "P-65" }, async () => {
    await whileChanged(
      "[Unit]\nStartLimitIntervalSec=10s\n[Service]\nStartLimitIntervalSec=1h\n",
      async () => {
        await only("restart", "failed", "StartLimitIntervalSec= is 10s, not 1h");
      },
    );
    await allKept();
  });

  story("restart-delay: overridden", { covers: "P-66" }, async () => {
    await whileChanged("[Service]\nRestartSec=5s\n", async () => {
      await only("restart-delay", "failed", "RestartSec= is 5s, not 30s");
    });
    await allKept();
  });

  story(
    "environment: the file renamed, a variable lost, a value changed",
    { covers: "P-67" },
    async ({ host, run }) => {
      await run("mv /opt/guarded/.env /opt/guarded/.env.old").succeeds();
      await only("environment", "failed", "/opt/guarded/.env does not exist: the next start will fail");
      await run(["systemctl", "restart", service]).fails();
      await only("environment", "failed", "/opt/guarded/.env does not exist: the next start will fail");

      await host.write("/opt/guarded/.env", "DEPTH=3\n", 0o600);
      await restart();
      await only("environment", "failed", "the running process lacks API_URL");

      await host.write("/opt/guarded/.env", "export API_URL=x\nDEPTH=3\n", 0o600);
      await only("environment", "failed", /^\/opt\/guarded\/\.env:1: .*"export"/);

      await run("mv /opt/guarded/.env.old /opt/guarded/.env").succeeds();
      await restart();
      await allKept();

      await host.write("/opt/guarded/.env", "API_URL=http://127.0.0.1:1/\nDEPTH=4\n", 0o600);
      await only(
        "environment",
        "warning",
        "the process was started with other values of DEPTH than /opt/guarded/.env has now",
      );
      await restart();
      await allKept();
    },
  );

  story(
    "secrets: readable for others, changed, copy lost",
    { covers: "O-69" },
    async ({ host, holdfast, run }) => {
      await run("chmod 644 /etc/guarded/key").succeeds();
      await only("secrets", "failed", "others than its owner may read /etc/guarded/key (mode 0644)");
      await run("chmod 600 /etc/guarded/key").succeeds();

      await host.write("/etc/guarded/key", "another secret", 0o600);
      await only("secrets", "warning", "the process was started with another KEY than the source holds now");
      await holdfast("apply", { directory: "/opt/guarded" }).succeeds();
      await allKept();

      await run("mv /etc/credstore.encrypted/holdfast.guarded.daemon.KEY /root/copy").succeeds();
      await only("secrets", "failed", "the encrypted copy of KEY is gone: the next start will fail");
      await run("mv /root/copy /etc/credstore.encrypted/holdfast.guarded.daemon.KEY").succeeds();
      await allKept();
    },
  );

  story(
    "logs: the cap raised by hand, and a cap that journald has not read",
    { covers: "P-68, P-63" },
    async ({ host, run }) => {
      const file = "/etc/systemd/journald@guarded.conf.d/90-more.conf";
      await host.write(file, "[Journal]\nSystemMaxUse=4G\n");
      await only("logs", "failed", `SystemMaxUse= is 4G by ${file}, not 64M`);
      await run("systemctl restart systemd-journald@guarded.service").succeeds();
      await run(`rm ${file}`).succeeds();
      await only(
        "logs",
        "failed",
        "journald runs with at most 4G: it has not read its settings as they are now",
      );
      await run("systemctl restart systemd-journald@guarded.service").succeeds();
      await allKept();
    },
  );

  story("logs: a file system with too little room for the cap", { covers: "P-16, P-63" }, async ({ run }) => {
    await run("mount -t tmpfs -o size=48M none /var/log/journal").succeeds();
    await run("systemctl restart systemd-journald@guarded.service").succeeds();
    await only("logs", "warning", /^in force, but there is room for \S+ only/);
    await run("systemctl stop systemd-journald@guarded.service").succeeds();
    await run("umount /var/log/journal").succeeds();
    await run("systemctl restart systemd-journald@guarded.service").succeeds();
    await allKept();
  });

  story(
    "limits: lifted in systemd, and lowered for the process",
    { covers: "P-69" },
    async ({ run, unit }) => {
      await whileChanged("[Service]\nMemoryMax=infinity\nCPUQuota=\n", async () => {
        await only("limits", "failed", "MemoryMax= is infinity, not 2G; CPUQuota= is infinity, not 150%");
      });
      await allKept();

      const pid = await unit(service).show("MainPID");
      await run(`prlimit --pid ${pid} --nofile=1024:4096`).succeeds();
      await only("limits", "failed", "the process may open 1024 files, not 4096");
      await restart();
      await allKept();
    },
  );

  story("stop: the last one ran into the time-out", { covers: "P-70" }, async ({ host, run, unit }) => {
    await host.write("/opt/guarded/data/stubborn", "");
    await run(["systemctl", "stop", service]).succeeds();
    expect(await unit(service).show("Result")).toBe("timeout");
    await run("rm /opt/guarded/data/stubborn").succeeds();
    await run(["systemctl", "start", service]).succeeds();
    await only("stop", "warning", /^the last stop ran into the time-out and ended with SIGKILL/);

    await restart();
    await allKept();
  });

  story("stop: the time for it changed", { covers: "P-70" }, async () => {
    await whileChanged("[Service]\nTimeoutStopSec=90s\n", async () => {
      await only("stop", "failed", "TimeoutStopSec= is 90s, not 5s");
    });
    await allKept();
  });

  story("sandbox: one directive dropped, a filter emptied", { covers: "P-71" }, async () => {
    await whileChanged("[Service]\nPrivateTmp=no\n", async () => {
      await only("sandbox", "failed", /^score 1\.\d; PrivateTmp= is no, not yes$/);
    });
    await allKept();

    await whileChanged(
      "[Service]\nSystemCallFilter=\nCapabilityBoundingSet=~\nRestrictAddressFamilies=\n",
      async () => {
        await only(
          "sandbox",
          "failed",
          /^score [2-9]\.\d; RestrictAddressFamilies= is any, not .*; CapabilityBoundingSet= is .*, not empty; SystemCallFilter= is set again by /,
        );
      },
    );
    await allKept();
  });

  story("storage: kept in memory, given to somebody else, gone", { covers: "P-72" }, async ({ run }) => {
    await run("mount -t tmpfs -o uid=0 none /opt/guarded/data").succeeds();
    await run("chown guarded: /opt/guarded/data").succeeds();
    await only(
      "storage",
      "failed",
      "/opt/guarded/data is on /opt/guarded/data, which is kept in memory (tmpfs) and gone after a reboot",
    );
    await run("umount /opt/guarded/data").succeeds();
    await allKept();

    await run("chown root: /opt/guarded/data").succeeds();
    await only("storage", "failed", "/opt/guarded/data belongs to the account number 0, not to guarded");
    await run("chown guarded: /opt/guarded/data").succeeds();
    await allKept();

    await run("mv /opt/guarded/data /opt/guarded/elsewhere").succeeds();
    await only("storage", "failed", "/opt/guarded/data does not exist");
    await run("mv /opt/guarded/elsewhere /opt/guarded/data").succeeds();
    await allKept();
  });

  story("boot: disabled", { covers: "P-73" }, async ({ run }) => {
    await run(["systemctl", "disable", service]).succeeds();
    await only("boot", "failed", "it is disabled");
    await run(["systemctl", "enable", service]).succeeds();
    await allKept();
  });

  story("network: nobody waits for it", { covers: "O-19" }, async ({ run }) => {
    await run("systemctl disable wait-online.service").succeeds();
    await only(
      "network",
      "warning",
      "no service of this host waits for the network, so it may start before there is one",
    );
    await run("systemctl enable wait-online.service").succeeds();
    await allKept();
  });

  story(
    "as-applied: a variable added, the unit edited and not read",
    { covers: "O-68" },
    async ({ host, holdfast }) => {
      await whileChanged("[Service]\nEnvironment=PYTHONPATH=/tmp/swordfish\n", async () => {
        const file = `/etc/systemd/system/${service}.d/outside.conf`;
        await only("as-applied", "failed", `Environment= is set again by ${file}`);
        await holdfast("doctor").doesNotSay("swordfish");
      });
      await allKept();

      const path = `/etc/systemd/system/${service}`;
      const text = (await host.read(path)) ?? "";
      await host.write(path, text.replace("KillMode=control-group\n", ""));
      await only(
        "as-applied",
        "failed",
        `${path} was changed by hand; systemd has not read the files as they are now`,
      );
      await holdfast("apply", { directory: "/opt/guarded" }).succeeds();
      await allKept();
    },
  );
});

/** Changes the unit from outside, as an administrator would, and takes it back. */
async function whileChanged(text: string, look: () => Promise<void>): Promise<void> {
  const file = `/etc/systemd/system/${service}.d/outside.conf`;
  await world.host.write(file, text);
  await world.run("systemctl daemon-reload").succeeds();
  try {
    await look();
  } finally {
    await world.run(`rm ${file}`).succeeds();
    await world.run("systemctl daemon-reload").succeeds();
  }
}

async function restart(): Promise<void> {
  await world.run(["systemctl", "reset-failed", service]).succeeds();
  await world.run(["systemctl", "restart", service]).succeeds();
}

/** Exactly this line is not kept, with exactly this found. */
async function only(id: string, result: "failed" | "warning", found: string | RegExp): Promise<void> {
  const doctor = await world.holdfast("doctor --json");
  expect(doctor.status).toBe(result === "failed" ? 1 : 0);
  expect(brokenIn(doctor.json())).toEqual([
    {
      id,
      result,
      found: typeof found === "string" ? found : expect.stringMatching(found),
      fix: expect.any(String),
    },
  ]);
}

async function allKept(): Promise<void> {
  expect(brokenIn((await world.holdfast("doctor --json").succeeds()).json())).toEqual([]);
}

type Line = { id: string; result: string; found: string; fix: string | null };

/** Nothing was rehearsed here; the evidence of rehearsals has stories of its own. */
function brokenIn(doctor: { services: { checks: Line[] }[] }): Line[] {
  return doctor.services
    .flatMap(({ checks }) => checks)
    .filter(({ id, result }) => result !== "ok" && id !== "rehearsed")
    .map(({ id, result, found, fix }) => ({ id, result, found, fix }));
}
