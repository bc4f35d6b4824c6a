import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { bootThrowawayHost, sweepThrowawayHosts } from "../../src/host/throwaway/throwaway.ts";
import { HoldfastError } from "../../src/report/diagnostic.ts";
import { sharedHost, story, waitUntil } from "./story.ts";
import { noTraces, pidNamespaceOf, tracesOf } from "./traces.ts";

sharedHost({ name: "story-host" });

const allocator = `
import time
held = []
while True:
    held.append(bytearray(4 << 20))
    time.sleep(0.001)
`;

const forker = `
import os, sys, time
children = 0
try:
    while children < 100:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        children += 1
except BlockingIOError:
    print("refused after", children, flush=True)
`;

describe("a throwaway host", () => {
  story("runs a real systemd with nothing failed", {}, async ({ host, run }) => {
    await run("systemctl is-system-running").says("running");
    expect(host.failed).toEqual([]);
    await run("cat /proc/1/comm").says("systemd");
    await run(
      "systemctl is-active multi-user.target dbus.service systemd-journald.service systemd-logind.service",
    ).succeeds();
  });

  story(
    "is nobody else: machine id, host name, no Holdfast, no journal of the machine",
    {},
    async ({ host, run }) => {
      expect(await host.read("/etc/machine-id")).toMatch(/^[0-9a-f]{32}\n$/);
      expect(await host.read("/etc/machine-id")).not.toBe(readFileSync("/etc/machine-id", "utf8"));
      await run("uname -n").says("story-host");
      await run("journalctl --list-boots --no-pager").says(/^ *0 /m);
      await run("ls -A /var/lib/holdfast").doesNotSay("holdfast.db");
      await run("cat /proc/sys/kernel/ostype").says("Linux");
      await run(["sh", "-c", "echo 1 > /proc/sys/vm/swappiness"]).fails();
    },
  );

  story("shows the checkout at its own path", {}, async ({ run }) => {
    await run(["test", "-f", join(import.meta.dirname, "story.ts")]).succeeds();
  });

  story("kills what passes MemoryMax=", {}, async ({ host, run, unit }) => {
    await host.write("/opt/story/allocator.py", allocator);
    const properties = ["--property=MemoryMax=64M", "--property=Restart=no"];
    await run([
      "systemd-run",
      "--unit=greedy",
      ...properties,
      "python3",
      "/opt/story/allocator.py",
    ]).succeeds();
    await unit("greedy.service").waitFor("failed");
    // systemd 252 learns of the kernel's kill from version 2 control groups only.
    const legacy = await host.exists("/sys/fs/cgroup/memory");
    expect(await unit("greedy.service").show("Result")).toBe(legacy ? "signal" : "oom-kill");
    await run("journalctl --unit=greedy.service -o cat --no-pager").says("status=9/KILL");
    await run("systemctl reset-failed greedy.service").succeeds();
  });

  story("refuses processes beyond TasksMax=", {}, async ({ host, run }) => {
    await host.write("/opt/story/forker.py", forker);
    const argv = [
      "systemd-run",
      "--wait",
      "--pipe",
      "--quiet",
      "--property=TasksMax=8",
      "python3",
      "/opt/story/forker.py",
    ];
    await run(argv).says("refused after 7");
  });

  story("throttles what passes CPUQuota=", {}, async ({ run }) => {
    // Half a second of work is two and a half seconds of a fifth of a processor, or more on a busy machine, never less.
    const busy = `from time import monotonic, process_time
began, used = monotonic(), process_time()
while process_time() < used + 0.5: pass
print(monotonic() - began)`;
    const argv = [
      "systemd-run",
      "--wait",
      "--pipe",
      "--quiet",
      "--property=CPUQuota=20%",
      "python3",
      "-c",
      busy,
    ];
    expect(Number((await run(argv).succeeds()).stdout)).toBeGreaterThan(2);
  });

  story("gives a service its credential", {}, async ({ host, run }) => {
    await host.write("/etc/story/key", "swordfish", 0o600);
    const properties = ["--property=LoadCredential=key:/etc/story/key", "--property=DynamicUser=yes"];
    await run([
      "systemd-run",
      "--wait",
      "--pipe",
      "--quiet",
      ...properties,
      "sh",
      "-c",
      "cat $CREDENTIALS_DIRECTORY/key",
    ]).says("swordfish");
  });

  story("keeps a log namespace apart", {}, async ({ run }) => {
    const argv = [
      "systemd-run",
      "--wait",
      "--quiet",
      "--description=speaker",
      "--property=LogNamespace=apart",
      "echo",
      "said-apart",
    ];
    await run(argv).succeeds();
    await waitUntil("the message is in its namespace", async () =>
      (await run("journalctl --namespace=apart -o cat --no-pager")).stdout.includes("said-apart"),
    );
    await run("journalctl -o cat --no-pager").doesNotSay("said-apart");
  });

  story("starts the manager of a lingering user", {}, async ({ run, unit }) => {
    await run("useradd --create-home --uid 4242 lingerer").succeeds();
    await run("loginctl enable-linger lingerer").succeeds();
    await unit("user@4242.service").waitFor("active");
    await waitUntil("the user's systemd runs", async () =>
      (await run("systemctl --user is-system-running", { user: "lingerer" })).stdout.includes("running"),
    );
    await run("id -un", { user: "lingerer" }).says("lingerer");
    await run("systemd-run --user --wait --pipe --quiet whoami", { user: "lingerer" }).says("lingerer");
  });

  story("reaches nobody: only its own loopback", {}, async ({ run }) => {
    const links = (await run("ip -json link").succeeds()).json() as { ifname: string }[];
    expect(links.map(({ ifname }) => ifname)).toEqual(["lo"]);
    const connect = (address: string): string[] => [
      "python3",
      "-c",
      `import socket; socket.create_connection(("${address}", 53), 2)`,
    ];
    await run(connect("1.1.1.1"))
      .fails()
      .then((result) => result.says("unreachable"));
    await run(connect("127.0.0.1"))
      .fails()
      .then((result) => result.says("refused"));
  });

  story("runs programs with input, environment, exit codes and time limits", {}, async ({ host, run }) => {
    expect((await run("cat", { stdin: "hello" })).stdout).toBe("hello");
    await run(["sh", "-c", "echo $GREETING; exit 7"], { env: { GREETING: "hi" } })
      .fails(7)
      .then((r) => r.says("hi"));
    expect((await run("sleep 30", { timeout: 200 })).signal).toBe("SIGKILL");
    const logs = await host.spawn([
      "sh",
      "-c",
      "trap 'echo interrupted; exit 3' INT; echo ready; while :; do sleep 0.05; done",
    ]);
    await once(logs.stdout!, "data");
    logs.kill("SIGINT");
    const [status] = (await once(logs, "close")) as [number];
    expect(status).toBe(3);
  });

  story("follows links inside, not those of the machine", {}, async ({ host, run }) => {
    await run("ln -s /etc/hostname /opt/story/link").succeeds();
    expect(await host.read("/opt/story/link")).toBe("story-host\n");
    expect(await host.read("/opt/story/nothing")).toBeNull();
  });

  for (const way of ["reboot", "powerCut"] as const) {
    story(`${way}: files, journal and enabled units survive`, {}, async ({ host, run, unit }) => {
      const service = "[Service]\nExecStart=sleep infinity\n[Install]\nWantedBy=multi-user.target\n";
      await host.write("/etc/systemd/system/kept.service", service);
      await host.write("/opt/story/kept", way);
      await run("systemctl daemon-reload").succeeds();
      await run("systemctl enable kept.service").succeeds();
      await run(["systemd-cat", "echo", `before-${way}`]).succeeds();
      await run("journalctl --sync").succeeds();
      const [init, machine] = [host.pid, await host.read("/etc/machine-id")];

      await host[way]();

      expect(host.pid).not.toBe(init);
      expect(host.state).toBe("running");
      expect(await host.read("/opt/story/kept")).toBe(way);
      expect(await host.read("/etc/machine-id")).toBe(machine);
      await unit("kept.service").waitFor("active/running");
      await run("journalctl -b -1 -o cat --no-pager").says(`before-${way}`);
      await run("journalctl -b -o cat --no-pager").doesNotSay(`before-${way}`);
    });
  }

  story("boots again when a program inside asks for a reboot", {}, async ({ host, run }) => {
    const { boots } = host;
    await run("systemctl reboot");
    await host.rebooted(boots);
    await run("systemctl is-system-running").says("running");
  });

  story("cannot be entered once it is off, and says so", {}, async ({ host }) => {
    await host.run(["systemctl", "poweroff"]);
    await waitUntil("the host is off", () => {
      try {
        return host.pid === 0;
      } catch (error) {
        return String(error).includes("it is off");
      }
    });
  });
});

describe("the machine around throwaway hosts", () => {
  // Other runs of these stories on the same machine must not be taken for ours.
  const named = (name: string): string => `${name}-${process.pid}`;

  story("destroy leaves no process, mount, control group or directory", {}, async () => {
    const name = named("destroyed");
    const host = await bootThrowawayHost({ name });
    await host.spawn(["setsid", "sleep", "1000"]);
    const namespace = pidNamespaceOf(host.pid);
    const before = tracesOf(name, namespace);
    expect(before.cgroups.length).toBeGreaterThan(0);
    expect(before.processes.length).toBeGreaterThan(3);
    expect(before.directories).toHaveLength(1);
    expect(before.mounts).toEqual([]);

    await host.destroy();
    await host.destroy();

    expect(tracesOf(name, namespace)).toEqual(noTraces);
    expect(() => host.pid).toThrow(/it is off/);
  });

  story("a killed owner takes its host along, and a sweep removes the rest", {}, async () => {
    const name = named("orphan");
    await using living = await bootThrowawayHost({ name: named("living") });
    const { owner, pid } = await startOwner(name);
    const namespace = pidNamespaceOf(pid);
    expect(tracesOf(name, namespace).processes.length).toBeGreaterThan(3);

    // Until its death is noticed, its host is not abandoned.
    const noticed = once(owner, "exit");
    owner.kill("SIGKILL");
    await noticed;
    await waitUntil("its processes are gone", () => tracesOf(name, namespace).processes.length === 0);
    // Every boot sweeps, so a story of another file may be at it already.
    await waitUntil("a sweep has removed the rest", async () => {
      await sweepThrowawayHosts();
      expect(tracesOf(name, namespace)).toEqual(noTraces);
      return true;
    });
    expect((await living.run(["systemctl", "is-system-running"])).stdout).toBe("running\n");
  });

  story("a host that does not boot says why and leaves nothing", {}, async () => {
    const name = named("broken");
    const boot = bootThrowawayHost({ name, hide: ["/usr/lib/systemd/system"], timeout: 60_000 });
    const failure: unknown = await boot.then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(HoldfastError);
    const [diagnostic] = (failure as HoldfastError).diagnostics;
    expect(diagnostic?.code).toBe("throwaway/boot-failed");
    expect(diagnostic?.summary).toContain("its init ended");
    expect(diagnostic?.detail).toContain("Unit default.target not found");
    expect(tracesOf(name)).toEqual(noTraces);
  });

  story("a checkout below /tmp is seen inside, and cannot be changed there", {}, async () => {
    const directory = mkdtempSync(join(tmpdir(), "checkout-"));
    writeFileSync(join(directory, "file"), "seen");
    await using host = await bootThrowawayHost({ visible: [directory] });
    expect(await host.read(join(directory, "file"))).toBe("seen");
    expect((await host.run(["touch", join(directory, "file")])).stderr).toContain("Read-only");
    rmSync(directory, { recursive: true });
  });

  story("what is written inside stays inside, and is limited", {}, async () => {
    const path = `/var/lib/written-by-${process.pid}`;
    await using host = await bootThrowawayHost({ sizeLimit: "64M" });
    await host.write(path, "inside");
    expect(existsSync(path)).toBe(false);
    const fill = await host.run(["dd", "if=/dev/zero", `of=${path}`, "bs=1M", "count=100"]);
    expect(fill.stderr).toContain("No space left on device");
  });

  story("two hosts of one name are refused", {}, async () => {
    const name = named("twin");
    await using host = await bootThrowawayHost({ name });
    await expect(bootThrowawayHost({ name })).rejects.toThrow(/already has one/);
    expect(host.state).toBe("running");
  });
});

async function startOwner(name: string): Promise<{ owner: ChildProcess; pid: number }> {
  const script = join(import.meta.dirname, "throwaway-owner.ts");
  const owner = spawn(process.execPath, [script, name], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(owner.stdout, "data")) as [Buffer];
  return { owner, pid: (JSON.parse(String(line)) as { pid: number }).pid };
}
