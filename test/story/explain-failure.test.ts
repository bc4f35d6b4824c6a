import { dirname } from "node:path";
import { expect } from "vitest";
import { received, startReceiver } from "./receiver.ts";
import { checkout, sharedHost, story, waitUntil } from "./story.ts";

// Units that somebody wrote by hand, each made to fail in one way: the sentence names the culprit, and the fix mends it.

type Case = {
  /** Lines of its [Service] section. */
  unit: readonly string[];
  says: RegExp;
  fix: RegExp;
};

const ok = "ExecStart=/usr/bin/sleep infinity";
const run = (path: string): string => `ExecStart=${path}`;
const shell = (script: string): string => `ExecStart=/bin/sh -c '${script}'`;
const python = (script: string): string => `ExecStart=/usr/bin/python3 -c '${script}'`;

const cases: Readonly<Record<string, Case>> = {
  "no-directory": {
    unit: [ok, "WorkingDirectory=/opt/gone/deep"],
    says: /^200\/CHDIR: \/opt\/gone\/deep does not exist, nor does \/opt\/gone$/,
    fix: /WorkingDirectory=/,
  },
  "closed-directory": {
    unit: [ok, "User=daemon", "WorkingDirectory=/opt/probe/closed/in"],
    says: /^200\/CHDIR: \/opt\/probe\/closed may not be entered by daemon: it has mode 0700 and lacks x$/,
    fix: /chmod o\+x \/opt\/probe\/closed/,
  },
  "no-program": {
    unit: [run("/opt/probe/missing")],
    says: /^203\/EXEC: \/opt\/probe\/missing does not exist$/,
    fix: /ExecStart=/,
  },
  "not-executable": {
    unit: [run("/opt/probe/plain")],
    says: /^203\/EXEC: \/opt\/probe\/plain is not an executable file$/,
    fix: /chmod \+x \/opt\/probe\/plain/,
  },
  "no-interpreter": {
    unit: [run("/opt/probe/orphan")],
    says: /^203\/EXEC: \/opt\/probe\/orphan is to be run by \/opt\/gone\/python, which does not exist$/,
    fix: /first line/,
  },
  "carriage-return": {
    unit: [run("/opt/probe/windows")],
    says: /^203\/EXEC: the first line of \/opt\/probe\/windows ends with a carriage return/,
    fix: /sed -i/,
  },
  "other-machine": {
    unit: [run("/opt/probe/foreign")],
    says: /^203\/EXEC: \/opt\/probe\/foreign is built for riscv64, and this machine is \w+$/,
    fix: /build or download it/,
  },
  "no-first-line": {
    unit: [run("/opt/probe/bare")],
    says: /^203\/EXEC: \/opt\/probe\/bare is neither a program for this machine nor a script/,
    fix: /#!/,
  },
  "noexec-mount": {
    unit: [run("/mnt/probe/tool")],
    says: /^203\/EXEC: \/mnt\/probe\/tool is on \/mnt\/probe, which is mounted noexec/,
    fix: /remount,exec \/mnt\/probe/,
  },
  "hidden-program": {
    unit: [run("/home/probe/tool"), "ProtectHome=yes"],
    says: /^203\/EXEC: the program \/home\/probe\/tool is there, but ProtectHome=yes hides it/,
    fix: /ProtectHome=/,
  },
  "dynamic-account": {
    unit: [run("/opt/probe/closed/tool"), "DynamicUser=yes"],
    says: /^203\/EXEC: \/opt\/probe\/closed may not be entered by its dynamic account \S+: it has mode 0700/,
    fix: /chmod o\+x \/opt\/probe\/closed$/,
  },
  "may-not-run": {
    unit: [run("/opt/probe/tool"), "NoExecPaths=/opt/probe"],
    says: /^203\/EXEC: NoExecPaths=\/opt\/probe forbids to run \/opt\/probe\/tool$/,
    fix: /ExecPaths=/,
  },
  output: {
    unit: [ok, "StandardOutput=append:/var/log/gone/out.log"],
    says: /^209\/STDOUT: \/var\/log\/gone does not exist, so StandardOutput=append:\/var\/log\/gone\/out\.log/,
    fix: /mkdir -p \/var\/log\/gone/,
  },
  root: {
    unit: [ok, "RootDirectory=/opt/gone"],
    says: /^(210\/CHROOT|226\/NAMESPACE): \/opt\/gone does not exist$/,
    fix: /RootDirectory=/,
  },
  group: {
    unit: [ok, "Group=nogroup7"],
    says: /^216\/GROUP: the group nogroup7 does not exist$/,
    fix: /groupadd/,
  },
  user: {
    unit: [ok, "User=nobody7"],
    says: /^217\/USER: the account nobody7 does not exist$/,
    fix: /useradd/,
  },
  writable: {
    unit: [ok, "ReadOnlyPaths=-/opt/optional", "ReadWritePaths=/opt/probe /opt/gone/data"],
    says: /^226\/NAMESPACE: \/opt\/gone\/data does not exist.*ReadWritePaths=\/opt\/gone\/data needs it$/,
    fix: /mkdir -p \/opt\/gone\/data/,
  },
  bound: {
    unit: [ok, "BindPaths=/opt/gone2"],
    says: /^226\/NAMESPACE: \/opt\/gone2 does not exist, and BindPaths=\/opt\/gone2 needs it$/,
    fix: /BindPaths=-\/opt\/gone2/,
  },
  runtime: {
    unit: [ok, "RuntimeDirectory=probe-file"],
    // When the start has failed, systemd removes what is there under this name; and its own complaint comes from a process that
    // has ended so quickly that journald may not know its unit.
    says: /^233\/RUNTIME_DIRECTORY: the runtime directory could not be made(; systemd says: .*\/run: Not a directory)?$/,
    fix: /RuntimeDirectory=/,
  },
  state: {
    unit: [ok, "StateDirectory=probe-file"],
    says: /^238\/STATE_DIRECTORY: \/var\/lib\/probe-file is in the way/,
    fix: /mv/,
  },
  credential: {
    unit: [ok, "LoadCredential=token:/etc/gone/token"],
    says: /^243\/CREDENTIALS: the credential token cannot be read: \/etc\/gone\/token does not exist/,
    fix: /LoadCredential=/,
  },
  "other-hosts-credential": {
    unit: [ok, "LoadCredentialEncrypted=token:/opt/probe/encrypted"],
    says: /^243\/CREDENTIALS: an encrypted credential \(token\) could not be decrypted/,
    fix: /systemd-creds encrypt/,
  },
  environment: {
    unit: [ok, "EnvironmentFile=/etc/gone.env"],
    says: /^systemd could not prepare it: \/etc\/gone\.env does not exist, and EnvironmentFile= needs it$/,
    fix: /EnvironmentFile=/,
  },
  call: {
    unit: [python("import socket; socket.socket()"), "SystemCallFilter=~@network-io"],
    says: /^it was killed with SIGSYS/,
    fix: /SystemCallErrorNumber=EPERM/,
  },
  "machine-code": {
    unit: [python("import os; os.kill(os.getpid(), 5)"), "MemoryDenyWriteExecute=yes"],
    says: /SIGTRAP.*MemoryDenyWriteExecute=yes forbids to write machine code/,
    fix: /remove MemoryDenyWriteExecute=yes/,
  },
  limit: {
    unit: [shell("exit 3"), "Restart=always", "RestartSec=10ms"],
    says: /it ended with exit code 3/,
    fix: /log/,
  },
  watchdog: {
    unit: [ok, "WatchdogSec=200ms"],
    says: /^it did not report in time \(WatchdogSec=200 ms\) and was killed by the watchdog$/,
    fix: /WATCHDOG=1/,
  },
  "start-timeout": {
    unit: [ok, "Type=notify", "TimeoutStartSec=200ms"],
    says: /^it did not say that it is ready \(sd_notify READY=1\) within 200 ms \(TimeoutStartSec=\), and was stopped$/,
    fix: /NotifyAccess=all/,
  },
  "stop-timeout": {
    unit: [shell('trap "" TERM; while :; do sleep 0.1; done'), "TimeoutStopSec=200ms"],
    says: /^it did not end within 200 ms when it was asked to stop \(TimeoutStopSec=\), and was killed$/,
    fix: /TimeoutStopSec=/,
  },
  "run-timeout": {
    unit: [ok, "RuntimeMaxSec=200ms"],
    says: /^it ran longer than it may \(RuntimeMaxSec=200 ms\), and was stopped$/,
    fix: /RuntimeMaxSec=/,
  },
  "pid-file": {
    unit: [run("/usr/bin/true"), "Type=forking", "PIDFile=/run/gone.pid"],
    says: /systemd could not tell which process is the service: it did not write its process id to \/run\/gone\.pid/,
    fix: /Type=exec/,
  },
  "never-ready": {
    unit: [run("/usr/bin/true"), "Type=notify"],
    says: /^it did not say that it is ready \(sd_notify READY=1\) before it ended$/,
    fix: /Type=exec/,
  },
  "check-missing": {
    unit: ["ExecStartPre=/opt/probe/nocheck", ok],
    says: /^the check before its start refused: \/opt\/probe\/nocheck: 203\/EXEC: \/opt\/probe\/nocheck does not exist$/,
    fix: /ExecStartPre=/,
  },
  "post-failed": {
    unit: [ok, "ExecStartPost=/bin/sh -c 'exit 9'"],
    says: /^the command after its start failed: \/bin\/sh -c exit 9 ended with exit code 9$/,
    fix: /mend/,
  },
  "not-found": { unit: [shell("exit 127")], says: /exit code 127: .*was not found/, fix: /PATH/ },
  "not-runnable": { unit: [shell("exit 126")], says: /exit code 126: .*could not be run/, fix: /chmod \+x/ },
  "child-killed": { unit: [shell("exit 137")], says: /exit code 137: .*SIGKILL/, fix: /oom-kill/ },
  "java-stop": {
    unit: [shell("exit 143")],
    says: /exit code 143: it ended on SIGTERM/,
    fix: /SuccessExitStatus=143/,
  },
};

const files: Readonly<Record<string, [text: string, mode: number]>> = {
  "/opt/probe/plain": ["#!/bin/sh\n", 0o644],
  "/opt/probe/tool": ["#!/bin/sh\n", 0o755],
  "/home/probe/tool": ["#!/bin/sh\n", 0o755],
  "/opt/probe/orphan": ["#!/opt/gone/python\n", 0o755],
  "/opt/probe/windows": ["#!/bin/sh\r\necho\r\n", 0o755],
  "/opt/probe/bare": ["echo no first line\n", 0o755],
  "/opt/probe/encrypted": ["bm9uc2Vuc2U=\n", 0o600],
  "/run/probe-file": ["", 0o644],
  "/var/lib/probe-file": ["", 0o644],
};

/** A header of elf(5) for RISC-V, in octal. */
const foreign = "\\177ELF\\002\\001\\001\\000\\000\\000\\000\\000\\000\\000\\000\\000\\002\\000\\363\\000";

const directory = "/opt/ward";
const api = "http://127.0.0.1:8025";
const good = "#!/bin/sh\nexec sleep infinity\n";
const bad = good.replace("/bin/sh", "/opt/gone/bash");

const spec = `
app: ward
user: daemon
directory: ${directory}
services:
  bot:
    run: ./bot
    ready: { settle: 0s }
    restart: { delay: 100ms, limit: 2 per 1h }
notify:
  test: false
  channels: { hook: { webhook: { url: ${api}/webhook/hook } } }
  policy: { critical: [hook], error: [hook] }
`;

const world = sharedHost({
  setUp: async (world) => {
    const { host, run } = world;
    for (const [path, [text, mode]] of Object.entries(files)) await host.write(path, text, mode);
    for (const [name, { unit }] of Object.entries(cases))
      await host.write(
        `/etc/systemd/system/probe-${name}.service`,
        `[Service]\n${unit.some((line) => line.startsWith("Type=")) ? "" : "Type=exec\n"}${unit.join("\n")}\n`,
      );
    await run([
      "sh",
      "-ec",
      `mkdir -p -m 0700 /opt/probe/closed/in; chmod 0700 /opt/probe/closed
       cp /opt/probe/tool /opt/probe/closed/
       mkdir -p /mnt/probe; mount -t tmpfs -o noexec tmpfs /mnt/probe; cp /opt/probe/tool /mnt/probe/
       printf '${foreign}' >/opt/probe/foreign; chmod 755 /opt/probe/foreign
       systemctl daemon-reload
       systemctl start --no-block ${Object.keys(cases)
         .map((name) => `probe-${name}`)
         .join(" ")}`,
    ]).succeeds();
    await host.write(`${directory}/bot`, bad, 0o755);
    await host.write(`${directory}/holdfast.yaml`, spec);
    await startReceiver(world);
  },
});

type Diagnosis = { unit: string; causes: { what: string; fix: string | null }[]; ending: string | null };

async function diagnose(...units: string[]): Promise<Diagnosis[]> {
  return (await world.holdfast(["diagnose", ...units, "--json"]).succeeds()).json().services;
}

story(
  "each way to fail has a sentence that names the culprit, and a fix, for units that others wrote",
  { covers: "P-57, O-104" },
  async ({ host, run, unit }) => {
    await unit("probe-stop-timeout.service").waitFor("active");
    await run("systemctl stop probe-stop-timeout.service");
    const names = Object.keys(cases);
    for (const name of names) await unit(`probe-${name}.service`).waitFor("failed");
    const found = new Map(
      (await diagnose(...names.map((name) => `probe-${name}.service`))).map((one) => [one.unit, one]),
    );
    const told = names.map((name) => {
      const { causes } = found.get(`probe-${name}.service`)!;
      return { name, what: causes[0]?.what, fix: causes[0]?.fix };
    });
    expect(told).toEqual(
      names.map((name) => ({
        name,
        what: expect.stringMatching(cases[name]!.says),
        fix: expect.stringMatching(cases[name]!.fix),
      })),
    );
    await host.write(
      "/etc/systemd/system/probe-refused.service",
      `[Service]\nExecCondition=/usr/bin/test -e /opt/gone\n${ok}\n`,
    );
    await run("systemctl start probe-refused.service");
    const [refused] = await diagnose("probe-refused.service");
    expect(refused!.causes).toEqual([
      {
        what: expect.stringMatching(
          /^its condition \(ExecCondition=\/usr\/bin\/test -e \/opt\/gone.*no failure$/,
        ),
        fix: "see what ExecCondition= tests",
      },
    ]);
    // Where the kernel writes its audit into a log that can be read here, as it does on most machines, the call has its name.
    if ((await run("dmesg")).stdout.includes("type=1326"))
      expect(told.find(({ name }) => name === "call")).toMatchObject({
        what: expect.stringMatching(
          /does not allow socket \(number \d+ on \w+, of systemd's group @network-io\)$/,
        ),
        fix: expect.stringContaining("SystemCallFilter=socket"),
      });
    // Nobody who has no spec is told to change one.
    expect(told.filter(({ fix }) => /holdfast/.test(fix ?? ""))).toEqual([]);
  },
);

story(
  "a user's own units are told what they cannot have",
  { covers: "P-57" },
  async ({ host, run, unit }) => {
    const units: Readonly<Record<string, readonly [line: string, says: RegExp, fix: RegExp]>> = {
      group: [
        "Group=daemon",
        /^216\/GROUP: a user service runs as its user: User=, Group= and SupplementaryGroups= cannot change that$/,
        /system service/,
      ],
      journal: [
        "LogNamespace=own",
        /^226\/NAMESPACE: a user service cannot have a journal of its own \(LogNamespace=own\)/,
        /remove LogNamespace=/,
      ],
      power: [
        "AmbientCapabilities=CAP_NET_RAW",
        /^218\/CAPABILITIES: a user service has no capabilities to set, and AmbientCapabilities= needs them$/,
        /system service/,
      ],
    };
    const home = "/home/ida/.config/systemd/user";
    await run("useradd --create-home --uid 4301 ida").succeeds();
    for (const [name, [line]] of Object.entries(units))
      await host.write(`${home}/${name}.service`, `[Service]\nType=exec\n${ok}\n${line}\n`);
    for (let above = dirname(checkout); above !== "/"; above = dirname(above))
      await run(["chmod", "o+x", above]).succeeds();
    await run("chown -R ida: /home/ida").succeeds();
    await run("systemctl start user@4301.service").succeeds();
    await unit("user@4301.service").waitFor("active");
    const names = Object.keys(units).map((name) => `${name}.service`);
    await run(["systemctl", "--user", "start", ...names], { user: "ida" }).fails();
    const shown = await world
      .holdfast(["--user", "diagnose", ...names, "--json"], { user: "ida", directory: "/home/ida" })
      .succeeds();
    const services = shown.json().services as Diagnosis[];
    for (const [index, [, says, fix]] of Object.values(units).entries())
      expect(services[index]!.causes[0]).toEqual({
        what: expect.stringMatching(says),
        fix: expect.stringMatching(fix),
      });
  },
);

story(
  "apply, diagnose and the message that goes out say the same sentence",
  { covers: "P-57, O-97" },
  async ({ holdfast, host, run, unit }) => {
    const sentence = "203/EXEC: /opt/ward/bot is to be run by /opt/gone/bash, which does not exist";
    const failed = await holdfast("apply", { directory }).fails(12);
    failed.says(sentence).says("Fix: install /opt/gone/bash, or correct the first line of /opt/ward/bot");

    await host.write(`${directory}/bot`, good, 0o755);
    await holdfast("apply", { directory }).succeeds();
    await host.write(`${directory}/bot`, bad, 0o755);
    await run("systemctl restart ward-bot");
    await unit("ward-bot.service").waitFor("failed");
    const [found] = await diagnose("ward/bot");
    expect(found!.causes[0]).toMatchObject({ what: expect.stringContaining(sentence) });
    expect(found!.causes.filter(({ what }) => what.includes("/opt/gone/bash"))).toHaveLength(1);
    await holdfast("status ward/bot").says(sentence);
    await waitUntil("somebody is told", async () =>
      (await received(world, { provider: "webhook" })).some(({ body }) => body.includes(sentence)),
    );
  },
);

story(
  "a code, a signal or a result can be asked for; a key of the spec with the same name comes first",
  { covers: "P-57" },
  async ({ holdfast }) => {
    const general = {
      "226": "226/NAMESPACE",
      "203/EXEC": "203/EXEC",
      SIGSYS: "SIGSYS",
      "31/SYS": "SIGSYS",
      "start-limit-hit": "Result=start-limit-hit",
    };
    for (const [asked, name] of Object.entries(general)) {
      const { ending } = (await holdfast(["explain", asked, "--json"]).succeeds()).json();
      expect(ending).toMatchObject({ name, inSpec: expect.any(String), inUnit: expect.any(String) });
    }
    const key = await holdfast("explain watchdog").succeeds();
    key.says("WatchdogSec=").says("holdfast explain Result=watchdog");
    await holdfast("explain Result=watchdog").says("did not report in time");
    await holdfast("explain 226/EXEC").fails(2);
  },
);
