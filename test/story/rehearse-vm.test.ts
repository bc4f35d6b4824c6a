import { rmSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bootVirtualMachine } from "../../src/host/throwaway/vm/virtual-machine.ts";
import type { Outcome } from "../../src/rehearse/outcome.ts";
import { machineStory, withoutMachine } from "./machine-story.ts";
import { checkout, sharedHost, waitUntil } from "./story.ts";

// holdfast rehearse --vm: what needs a kernel and a clock of its own. The machine of whoever rehearses is a throwaway host, and qemu
// runs on it: by emulation, so that one rehearsal has to show all.

const directory = "/opt/demo";

const program = `#!/usr/bin/python3
import http.server, os
secret = open(os.environ["CREDENTIALS_DIRECTORY"] + "/TOKEN").read().strip()
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 8101), Health)
open("${directory}/data/secret", "w").write(secret)
server.serve_forever()
`;

const spec = `app: demo
user: demo
directory: ${directory}
services:
  web:
    run: ./serve
    runtime: python
    hardening: { apparmor: true }
    writes: [data]
    ports: [8101]
    secrets: { TOKEN: /etc/demo/token }
    ready: { http: "http://127.0.0.1:8101/", within: 60s }
    health: [{ http: { url: "http://127.0.0.1:8101/", every: 2s, timeout: 5s } }]
    restart: { on: failure, limit: 5 per 1h }
    limits: { memory: 160M, memory-high: 96M }
jobs:
  nightly: { run: /bin/true, at: "*-*-* 02:30:00", late: run }
  prompt: { run: /bin/true, at: "*-*-* 03:30:00", late: refuse after 10m }
`;

const minutes = 60_000;

sharedHost({
  setUp: async ({ host }) => {
    await host.write(`${directory}/serve`, program, 0o755);
    await host.write(`${directory}/demo.yaml`, spec);
    await host.write("/etc/demo/token", "live-secret-4711\n", 0o600);
    await host.write("/root/.ssh/id_canary", "key", 0o600);
  },
});

type Report = { outcomes: Outcome[]; standIns: string[] };

machineStory(
  "time and power are real: a clock that steps, a day without power, a plug that is pulled, limits and a profile that the kernel holds",
  "O-90, A-64, P-69, G-34",
  async ({ holdfast }) => {
    // Without the reboot: a late boot is one, too.
    const faults = ["memory-high", "profile", "clock", "power-cut", "late-boot"];
    const words = ["--file", `${directory}/demo.yaml`, "--json", "rehearse", "--vm", "--fault", ...faults];
    const report = (await holdfast(words, { timeout: 18 * minutes })).json() as Report;
    const evidence = JSON.stringify(
      report.outcomes.map(({ fault, verdict, says }) => [fault, verdict, says]),
      null,
      1,
    );
    expect(
      Object.fromEntries(report.outcomes.map(({ fault, verdict }) => [fault, verdict])),
      evidence,
    ).toEqual({
      "memory-high": "kept",
      profile: "kept",
      clock: "kept",
      "power-cut": "kept",
      "late-boot": "kept",
    });
    const says = Object.fromEntries(report.outcomes.map((one) => [one.fault, one.says]));
    expect(says["memory-high"]).toMatch(/^slowed down at 96M, and not ended/);
    expect(says["profile"]).toMatch(/^enforced/);
    // What may run late has run, and what may not has a reason on record.
    expect(says["late-boot"]).toContain("nightly: succeeded");
    expect(says["late-boot"]).toContain("prompt: too-late");
    expect(report.standIns).toContain("secret TOKEN");
  },
);

machineStory("whoever kills a rehearsal leaves no virtual machine behind", "G-34", async ({ host, run }) => {
  const words = ["--file", `${directory}/demo.yaml`, "rehearse", "--vm"];
  const rehearsal = await host.spawn([`${checkout}/bin/holdfast`, ...words]);
  const ended = new Promise((resolve) => rehearsal.once("exit", resolve));
  const emulators = async () => (await run("pgrep -f qemu-system|virtiofsd")).stdout.trim();
  await waitUntil("the virtual machine is switched on", async () => (await emulators()) !== "");
  await run(["pkill", "-KILL", "-f", `${directory}/demo.yaml`]);
  await ended;
  await waitUntil("nothing of it runs any more", async () => (await emulators()) === "");
  await host.run([
    `${checkout}/bin/holdfast`,
    "--file",
    `${directory}/demo.yaml`,
    "rehearse",
    "--fault",
    "crash",
  ]);
  expect((await run("ls /run/holdfast-throwaway")).stdout.trim()).toBe("");
});

test.skipIf(withoutMachine)(
  "a virtual machine: the files stay and what was not written is lost, root finds no secret below, and nothing leads out",
  { timeout: 20 * minutes },
  async () => {
    const secret = "/etc/holdfast-test-secret";
    writeFileSync(secret, "live-secret-4711\n", { mode: 0o600 });
    try {
      await using host = await bootVirtualMachine({ withhold: [secret], hide: ["/root/.ssh"] });
      const sh = async (line: string) => (await host.run(["sh", "-c", line])).stdout.trim();
      expect(host.state).toBe("running");
      expect(await sh("ip -oneline link | cut -d: -f2")).toBe("lo");
      await sh("mkdir -p /run/below && mount -t virtiofs tree /run/below");
      expect(await sh(`cat ${secret} /run/below${secret}; ls /run/below/root/.ssh`)).toBe("");

      await host.write("/etc/kept", "it's kept, $HOME\n", 0o600);
      expect(await host.read("/etc/kept")).toBe("it's kept, $HOME\n");
      expect(await host.read("/etc/never")).toBeNull();
      await sh("sync; echo lost > /etc/lost");
      await host.powerCut();
      expect([await host.read("/etc/kept"), await host.exists("/etc/lost")]).toEqual([
        "it's kept, $HOME\n",
        false,
      ]);
    } finally {
      rmSync(secret);
    }
  },
);
