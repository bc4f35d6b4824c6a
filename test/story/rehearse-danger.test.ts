import { describe, expect } from "vitest";
import type { Outcome } from "../../src/rehearse/outcome.ts";
import { checkout, sharedHost, story, waitUntil, type World } from "./story.ts";
import { reachProgram, startMachine } from "./reach.ts";

// Machines as strangers have them, and programs as nobody would want them. The machine is a throwaway host, so the copies are hosts
// within a host.

const directory = "/opt/danger";

/** Answers on a port, after it has done what its name says. */
const program = `#!/usr/bin/python3
import http.server, os, subprocess, sys
port, mode = int(sys.argv[1]), (sys.argv[2:] or [""])[0]
def daemon(work):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0: work()
        os._exit(0)
def away():
    for path in ["/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup"]:
        if os.path.exists(path + "/cgroup.procs"): open(path + "/cgroup.procs", "w").write(str(os.getpid()))
    os.execvp("sleep", ["sleep", "4711"])
def forbidden(what):
    try: what()
    except OSError as error: return error.strerror
    sys.exit("allowed on the copy, and not on the machine")
if mode == "away": daemon(away)
if mode == "forks": daemon(lambda: os.execvp("sleep", ["sleep", "4712"]))
if mode == "big": open("${directory}/data/big", "r+b").write(b"x")
if mode == "reach": subprocess.run(["python3", "${directory}/reach.py", "${directory}/data/found"], check=True)
if mode == "mounts":
    assert open("/srv/store/deep/text").read() == "deep"
    open("/srv/store/deep/new", "w").write("only there")
    forbidden(lambda: open("/srv/fixed/new", "w"))
    forbidden(lambda: subprocess.run(["/srv/fixed/program"]))
if mode == "fails": sys.exit("the key is not valid")
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("127.0.0.1", port), Health).serve_forever()
`;

const service = (name: string, port: number, more = "hardening: basic") =>
  `  ${name}: { run: ./serve ${port} ${name}, runtime: python, ${more}, ports: [${port}], ready: { http: "http://127.0.0.1:${port}/", within: 20s }, restart: { on: failure, limit: 3 per 1h } }\n`;

const spec = (app: string, services: string, user = app) =>
  `app: ${app}\nuser: ${user}\n${user === "root" ? "allow-root: to see what root can reach\n" : ""}directory: ${directory}\nservices:\n${services}`;

const specs = {
  good: spec("good", service("good", 8201, "hardening: basic, writes: [data]")),
  mounts: spec("mounts", service("mounts", 8202, "hardening: basic, writes: [data, /srv/store/deep]")),
  big: spec("big", service("big", 8203, "hardening: basic, writes: [data]")),
  fails: spec("fails", service("fails", 8204)),
  left: spec(
    "left",
    service("away", 8205, "hardening: off") + service("forks", 8206, "hardening: off"),
    "root",
  ),
  root: spec("root", service("reach", 8207, "hardening: off, writes: [data]"), "root"),
  strict: spec("strict", service("reach", 8208, "writes: [data]"), "root"),
  plain: spec("plain", service("reach", 8209, "hardening: off, writes: [data]")),
};

sharedHost({
  setUp: async ({ host, run }) => {
    await host.write(`${directory}/serve`, program, 0o755);
    await host.write(`${directory}/reach.py`, reachProgram);
    for (const [name, text] of Object.entries(specs)) await host.write(`${directory}/${name}.yaml`, text);
    await run(["install", "-d", "-m", "0777", `${directory}/data`]).succeeds();
  },
});

type Report = { outcomes: Outcome[]; unlike: string[] };

async function rehearse({ holdfast }: World, name: keyof typeof specs, ...words: string[]) {
  const result = await holdfast(["--file", `${directory}/${name}.yaml`, "--json", "rehearse", ...words], {
    timeout: 200_000,
  });
  return { report: result.json() as Report, status: result.status, said: result.stdout + result.stderr };
}

/** Nothing is there any more of a copy that was on the machine. */
async function expectNothingLeft({ run, host }: World): Promise<void> {
  if (await host.exists("/run/holdfast-throwaway"))
    expect((await run("ls /run/holdfast-throwaway").succeeds()).stdout).toBe("");
  expect((await run("findmnt --noheadings --output TARGET").succeeds()).stdout).not.toContain("throwaway/");
  const groups = await run(["find", "/sys/fs/cgroup", "-maxdepth", "2", "-name", "holdfast-throwaway-*"]);
  expect(groups.stdout).toBe("");
}

describe("the copy shows the machine as it is", () => {
  story("file systems below others, and their flags", { covers: "G-34" }, async (story) => {
    const { run, host } = story;
    await run(["mkdir", "-p", "/srv"]).succeeds();
    const mount = (...words: string[]) => run(["mount", ...words]).succeeds();
    await mount("-t", "tmpfs", "srv", "/srv");
    await run(["mkdir", "-p", "/srv/store", "/srv/fixed"]).succeeds();
    await mount("-t", "tmpfs", "store", "/srv/store");
    await run(["install", "-d", "-m", "0777", "/srv/store/deep"]).succeeds();
    await mount("--bind", "/srv/store/deep", "/srv/store/deep");
    await host.write("/srv/store/deep/text", "deep");
    await host.write("/srv/fixed/program", "#!/bin/sh\n", 0o755);
    await mount("--bind", "/srv/fixed", "/srv/fixed");
    await mount("-o", "remount,bind,ro,noexec", "/srv/fixed");
    const { report, said } = await rehearse(story, "mounts", "--fault", "crash");
    expect(report.outcomes?.[0]?.verdict, said).toBe("kept");
    expect(await host.exists("/srv/store/deep/new")).toBe(false);
    await run("umount --recursive /srv").succeeds();
  });

  story(
    "200 GB, 200,000 files: neither is copied, and a write to one of them is explained",
    { timeout: 600_000 },
    async (story) => {
      const { run, holdfast } = story;
      const many = `import os
for d in range(200):
    os.makedirs("${directory}/data/many/%d" % d)
    for f in range(1000): open("${directory}/data/many/%d/%d" % (d, f), "w").close()
os.truncate(os.open("${directory}/data/hollow", os.O_CREAT | os.O_WRONLY), 200 << 30)
big = open("${directory}/data/big", "wb")
for _ in range(150): big.write(os.urandom(1 << 20))
os.chmod("${directory}/data/big", 0o666)`;
      await run(["python3", "-c", many], { timeout: 200_000 }).succeeds();
      const good = await rehearse(story, "good", "--fault", "crash", "--size", "96M");
      expect(good.report.outcomes[0]?.verdict, good.said).toBe("kept");
      expect(good.report.unlike.join("\n")).toContain(
        `${directory}/data/big can be read and not written: it holds 150M`,
      );
      // Nothing of it was copied: it would not fit.
      const at = ["--file", `${directory}/big.yaml`, "rehearse", "--fault", "crash"];
      (await holdfast([...at, "--size", "96M"]).fails(1))
        .says("No space left on device")
        .says(
          `Cannot write to ${directory}/data/big on the copy: that needs 150M, and the copy is bounded to 96M`,
        )
        .says(`--empty ${directory}/data`);
      (await holdfast([...at, "--size", "96M", "--empty", `${directory}/data`]).fails(1)).says(
        "No such file",
      );
      expect(
        (await rehearse(story, "big", "--fault", "crash", "--size", "1G")).report.outcomes[0]?.verdict,
      ).toBe("kept");
      await run([
        "rm",
        "-r",
        `${directory}/data/many`,
        `${directory}/data/big`,
        `${directory}/data/hollow`,
      ]).succeeds();
    },
  );
});

describe("a machine that cannot is told what it lacks, and nothing is left on it", () => {
  story("capabilities, control groups, ordinary users", {}, async (story) => {
    const { run } = story;
    const holdfast = `${checkout}/bin/holdfast --file ${directory}/good.yaml rehearse --fault crash`;
    const without = ["setpriv", "--bounding-set", "-sys_admin,-setuid", "--"];
    (await run([...without, ...holdfast.split(" ")]).fails(1)).says(
      "does not have CAP_SETUID, CAP_SYS_ADMIN",
    );
    const frozen = `for path in /sys/fs/cgroup /sys/fs/cgroup/*; do mountpoint -q $path && mount -o remount,bind,ro $path; done; exec ${holdfast}`;
    (await run(["unshare", "--mount", "sh", "-c", frozen]).fails(1)).says("is mounted read-only");
    await run("useradd --create-home ordinary").succeeds();
    (await run(holdfast, { user: "ordinary" }).fails()).says("sudo");
    await expectNothingLeft(story);
  });

  story("little memory: refused with the numbers, or bounded and said", {}, async (story) => {
    const { run, host } = story;
    const within = (memory: string) =>
      run(
        [
          ...`systemd-run --wait --pipe --quiet --property=MemoryMax=${memory}`.split(" "),
          ...`${checkout}/bin/holdfast --file ${directory}/good.yaml --json rehearse --fault crash`.split(
            " ",
          ),
        ],
        { timeout: 200_000 },
      );
    // Without limits there is nothing to be short of.
    if (!host.limits) return;
    (await within("300M").fails(1)).says("of memory is available, and 448M is needed");
    const report = (await within("900M")).json() as Report;
    expect(report.unlike.join("\n")).toContain("a program that wants more is ended there");
    expect(report.outcomes[0]?.verdict).toBe("kept");
    await expectNothingLeft(story);
  });

  story("what is named wrong, or does not start, is told exactly", {}, async ({ holdfast }) => {
    const at = (name: keyof typeof specs, ...words: string[]) =>
      holdfast(["--file", `${directory}/${name}.yaml`, "rehearse", ...words]);
    (await at("good", "--fault", "crash", "freze").fails(2))
      .says('"freze": there is no such fault')
      .says("--fault freeze");
    (await at("good", "god").fails(2))
      .says("Cannot rehearse god: the spec has no such service")
      .says("one of: good");
    (await at("good", "--size", "much").fails(2)).says("--size much is not a size");
    (await at("good", "--empty", "/nowhere").fails(2)).says("--empty /nowhere: there is no such directory");
    (await at("good", "--size", "900G").fails(1)).says("its files are in memory").says("--empty DIRECTORY");
    (await at("fails").fails(1))
      .says("the application does not start on the copy of this machine")
      .says("the key is not valid")
      .says("exit code 1");
  });
});

describe("what a service tries, it tries in vain", () => {
  story(
    "a daemon that leaves its control group is found, and does not outlive the copy",
    { covers: "P-14" },
    async (story) => {
      const { report, said } = await rehearse(story, "left", "--fault", "left-behind");
      const [away, forks] = report.outcomes;
      expect(away, said).toMatchObject({ service: "away", verdict: "broken" });
      expect(away?.says).toBe('"sleep 4711" (in no unit) went on');
      expect(away?.fix).toContain("make it a service of the spec");
      // What only forks twice is still in the control group, and systemd ends it.
      expect(forks).toMatchObject({ service: "forks", verdict: "kept" });
      expect((await story.run("pgrep -af sleep.471").fails()).stdout).toBe("");
      await expectNothingLeft(story);
    },
  );

  for (const name of ["root", "strict", "plain"] as const)
    story(`nothing of the machine can be reached: ${name}`, { covers: "C-109" }, async (story) => {
      const { run, host } = story;
      await using machine = await startMachine(story);
      // On the machine itself the same program finds what it looks for: it is able to.
      await run(["python3", `${directory}/reach.py`, "/opt/on-the-machine"], { timeout: 60_000 }).succeeds();
      expect((await host.read("/opt/on-the-machine"))!.split("\n")).toEqual(
        expect.arrayContaining(machine.within),
      );
      const [found, rehearsed] = await Promise.all([
        machine.findOnCopy(`${directory}/data/found`),
        rehearse(story, name, "--fault", "crash"),
      ]);
      expect(found).toBe("nothing");
      expect(rehearsed.report.outcomes?.[0]?.verdict, rehearsed.said).toBe("kept");
    });
});

story(
  "a rehearsal is killed at any moment, and the next one leaves nothing of it",
  { covers: "G-43", timeout: 480_000 },
  async (story) => {
    const { host, run } = story;
    const until = performance.now() + 60_000;
    let kills = 0;
    // From before the first directory to the middle of a fault, each time another moment.
    for (let delay = 0; performance.now() < until && kills < 20; delay += 700, kills += 1) {
      const child = await host.spawn([
        `${checkout}/bin/holdfast`,
        "--file",
        `${directory}/good.yaml`,
        "rehearse",
      ]);
      const ended = new Promise((resolve) => child.once("close", resolve));
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill("SIGKILL");
      await ended;
    }
    expect(kills).toBeGreaterThan(3);
    const { report, said } = await rehearse(story, "good", "--fault", "crash");
    expect(report.outcomes?.[0]?.verdict, said).toBe("kept");
    await expectNothingLeft(story);
    // Neither is a process of them there, in whatever namespace.
    await waitUntil("no systemd but the machine's own runs", async () => {
      const { stdout } = await run(["pgrep", "-c", "-f", "systemd --system"]);
      return stdout.trim() === "1";
    });
  },
);
