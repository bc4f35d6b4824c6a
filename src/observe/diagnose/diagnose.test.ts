import { expect, test } from "vitest";
import type { JournalEntry } from "../../host/journal-entry.ts";
import type { Properties } from "../../host/host.ts";
import { unitName } from "../../value/unit-name.ts";
import { messageId } from "../message-ids.ts";
import { diagnose } from "./diagnose.ts";
import type { Diagnosis, Evidence } from "./diagnosis.ts";

const unit = unitName("polybot-bot.service");
const minute = 60e6;
const boots = ["a", "b"].map((letter) => letter.repeat(32));

/** systemd's messages as it really sends them; `at` in milliseconds, `run` counts the invocations. */
class Tale {
  readonly entries: JournalEntry[] = [];
  boot = 0;

  say(
    at: number,
    run: number,
    message: string,
    id?: keyof typeof messageId,
    fields: Record<string, string> = {},
  ): this {
    this.entries.push({
      time: at * 1000,
      cursor: `s=1;i=${this.entries.length};b=${boots[this.boot]};m=1`,
      unit,
      from: "systemd",
      pid: 1,
      priority: 6,
      message,
      ...(id === undefined ? {} : { messageId: messageId[id] }),
      invocation: `run${run}`,
      fields,
    });
    return this;
  }

  starts(at: number, run: number): this {
    return this.say(at, run, "Starting", "starting", { JOB_TYPE: "start" }).say(
      at + 10,
      run,
      "Started",
      "started",
      {
        JOB_TYPE: "start",
        JOB_RESULT: "done",
      },
    );
  }

  exits(at: number, run: number, code: string, status: number, result: string): this {
    return this.say(at, run, `${unit}: Main process exited, code=${code}, status=${status}`, "processExit", {
      EXIT_CODE: code,
      EXIT_STATUS: String(status),
    }).fails(at, run, result);
  }

  fails(at: number, run: number, result: string): this {
    return this.say(at, run, `${unit}: Failed with result '${result}'.`, "failureResult", {
      UNIT_RESULT: result,
    });
  }

  again(at: number, run: number): this {
    return this.say(at, run, `${unit}: Scheduled restart job`, "restartScheduled", { N_RESTARTS: "1" });
  }

  stops(at: number, run: number, job = "stop"): this {
    return this.say(at, run, "Stopping", "stopping", { JOB_TYPE: job })
      .say(at + 5, run, `${unit}: Deactivated successfully.`, "success")
      .say(at + 6, run, "Stopped", "stopped", { JOB_TYPE: job, JOB_RESULT: "done" });
  }
}

const failed: Properties = {
  ActiveState: "failed",
  SubState: "failed",
  LoadState: "loaded",
  Restart: "on-failure",
  StartLimitBurst: 3,
  StartLimitIntervalUSec: 3_600_000_000n,
  MemoryMax: 2n ** 64n - 1n,
  CPUQuotaPerSecUSec: 2n ** 64n - 1n,
  TasksMax: 2n ** 64n - 1n,
};
const running: Properties = { ...failed, ActiveState: "active", SubState: "running" };

function judge(tale: Tale, more: Partial<Evidence> = {}): Diagnosis {
  return diagnose({
    app: "polybot",
    service: "bot",
    unit,
    job: false,
    now: 10 * minute,
    since: 0,
    properties: failed,
    entries: tale.entries,
    kernel: { kills: [], from: 0 },
    closings: [],
    use: { memory: null, cpu: null, tasks: null },
    troubles: [],
    failure: null,
    intent: null,
    giveUps: [],
    deeds: [],
    log: [],
    ...more,
  });
}

const reasons = (found: Diagnosis): string[] => found.ends.map(({ reason }) => reason);

test("what gave up before the time that is looked at, and was not called mended, is still the cause", () => {
  const evidence = '{"reason":"it ended with exit code 3"}';
  const giveUp = { id: 1, at: "2026-03-01T02:00:00.000Z", app: "polybot", unit, invocation: "run1" };
  const ending = { result: "exit-code", exitCode: "exited", exitStatus: "3", evidence, closed: null };
  const found = (job: boolean) =>
    judge(new Tale(), { job, properties: running, giveUps: [{ ...giveUp, ...ending }] });
  expect(found(false)).toMatchObject({
    verdict: "trouble",
    causes: [
      {
        what: expect.stringContaining("it gave up at 2026-03-01T02:00:00.000Z: "),
        fix: "holdfast reset bot",
      },
    ],
  });
  expect(found(true).causes[0]!.fix).toMatch(/holdfast run bot/);
});

test("each end has its reason and the time it had run", () => {
  const tale = new Tale()
    .starts(0, 1)
    .exits(500, 1, "exited", 1, "exit-code")
    .again(600, 1)
    .starts(700, 2)
    .exits(900, 2, "dumped", 11, "core-dump")
    .again(1000, 2)
    .starts(1100, 3)
    .say(1200, 3, `${unit}: Watchdog timeout (limit 1s)!`)
    .exits(1300, 3, "killed", 6, "watchdog")
    .again(1400, 3)
    .starts(1500, 4)
    .say(1600, 4, "A process of this unit has been killed by the OOM killer.", "outOfMemory")
    .exits(1700, 4, "killed", 9, "oom-kill");
  const found = judge(tale);
  expect(reasons(found)).toEqual(["exit-code", "signal", "watchdog", "oom"]);
  expect(found.ends.map(({ ranMillis }) => ranMillis)).toEqual([490, 190, 190, 190]);
  expect(found.verdict).toBe("trouble");
  expect(found.causes[0]).toMatchObject({
    what: expect.stringContaining("more memory"),
    fix: expect.stringContaining("limits.memory"),
  });
});

const kill = {
  group: `/outer/polybot.slice/${unit}`,
  process: "python3",
  limitOf: `/outer/polybot.slice/${unit}`,
};

test("where systemd does not notice it, the kernel tells that memory ran out", () => {
  const tale = new Tale().starts(0, 1).exits(500, 1, "killed", 9, "signal");
  const near = { ...kill, time: 499_000 };
  expect(reasons(judge(tale, { kernel: { kills: [near], from: 0 } }))).toEqual(["oom"]);
  const machine = judge(tale, { kernel: { kills: [{ ...near, limitOf: null }], from: 0 } });
  expect(machine.ends[0]!.words).toContain("whole machine");
  const parent = judge(tale, { kernel: { kills: [{ ...near, limitOf: "/outer/polybot.slice" }], from: 0 } });
  expect(parent.ends[0]!.words).toContain("a group above it");
});

test("a kill of another unit, or long before, explains nothing", () => {
  const tale = new Tale().starts(0, 1).exits(60_000, 1, "killed", 9, "signal");
  const kills = [
    { ...kill, time: 60_000_000, group: "/polybot.slice/polybot-market.service" },
    { ...kill, time: 1_000_000 },
  ];
  expect(judge(tale, { kernel: { kills, from: 0 } }).ends[0]).toMatchObject({
    reason: "signal",
    words: expect.stringContaining("not by the kernel"),
  });
});

test("two ends and one kill: only the nearer one was for memory", () => {
  const tale = new Tale().starts(0, 1).exits(500, 1, "killed", 9, "signal").again(600, 1).starts(700, 2);
  tale.exits(900, 2, "killed", 9, "signal");
  const kernel = { kills: [{ ...kill, time: 500_000 }], from: 0 };
  expect(reasons(judge(tale, { kernel }))).toEqual(["oom", "signal"]);
});

test("when nobody can tell who killed it, that is said", () => {
  const tale = new Tale().starts(0, 1).exits(500, 1, "killed", 9, "signal");
  for (const from of [null, 900_000]) {
    const found = judge(tale, { kernel: { kills: [], from } });
    expect(found.ends[0]).toMatchObject({
      reason: "killed",
      words: expect.stringContaining("could not be told"),
    });
  }
  tale.entries.splice(2, 0, {
    ...tale.entries[0]!,
    message: `${unit}: Sent signal SIGKILL to main process 12 (python3) on client request.`,
  });
  delete tale.entries[2]!.messageId;
  expect(judge(tale, { kernel: { kills: [], from: null } }).ends[0]).toMatchObject({
    reason: "signal",
    words: expect.stringContaining("through systemd"),
  });
});

test("time-outs of a start and of a stop are told apart", () => {
  const start = new Tale().say(0, 1, "Starting", "starting", { JOB_TYPE: "start" });
  start.say(900, 1, `${unit}: start operation timed out. Terminating.`).fails(1000, 1, "timeout");
  expect(reasons(judge(start))).toEqual(["start-timeout"]);
  const stop = new Tale().starts(0, 1).say(500, 1, "Stopping", "stopping", { JOB_TYPE: "stop" });
  stop.exits(900, 1, "killed", 9, "timeout");
  expect(reasons(judge(stop))).toEqual(["stop-timeout"]);
});

test("a program that could not be run is named as systemd names it", () => {
  const tale = new Tale().say(0, 1, "Starting", "starting");
  tale.say(
    1,
    1,
    `${unit}: Failed at step EXEC spawning /opt/polybot/bot: No such file or directory`,
    "spawnFailed",
  );
  tale
    .exits(2, 1, "exited", 203, "exit-code")
    .say(3, 1, "Failed to start", "startFailed", { JOB_RESULT: "failed" });
  const found = judge(tale);
  expect(found.ends).toMatchObject([
    {
      reason: "could-not-start",
      ranMillis: null,
      words: expect.stringContaining("/opt/polybot/bot: No such file"),
    },
  ]);
  const file = { path: "/opt/polybot/bot", what: "/opt/polybot/bot does not exist", fix: "put it there" };
  expect(judge(tale, { troubles: [file] }).causes[0]).toEqual({ what: file.what, fix: file.fix });
});

test("a missing environment file and a failed check are starts that never came to the program", () => {
  const env = new Tale().say(0, 1, "Starting", "starting");
  env.say(1, 1, `${unit}: Failed to load environment files: No such file or directory`);
  env.say(1, 1, `${unit}: Failed to run 'start' task: No such file or directory`).fails(2, 1, "resources");
  expect(judge(env).ends).toMatchObject([
    { reason: "could-not-start", words: expect.stringContaining("environment files") },
  ]);
  const check = new Tale().say(0, 1, "Starting", "starting");
  check.say(1, 1, `${unit}: Control process exited, code=exited, status=1/FAILURE`, "processExit", {
    EXIT_CODE: "exited",
    EXIT_STATUS: "1",
  });
  expect(judge(check.fails(2, 1, "exit-code")).ends).toMatchObject([{ reason: "precondition" }]);
});

test("when systemd gives up, the cause is what ended the runs before", () => {
  const tale = new Tale();
  for (const run of [1, 2, 3])
    tale
      .starts(run * 1000, run)
      .exits(run * 1000 + 100, run, "exited", 1, "exit-code")
      .again(run * 1000 + 200, run);
  tale.say(4000, 3, `${unit}: Start request repeated too quickly.`).fails(4000, 3, "exit-code");
  const found = judge(tale);
  expect(reasons(found)).toEqual(["exit-code", "exit-code", "exit-code", "start-limit"]);
  expect(found.causes.map(({ what }) => what)).toEqual([
    expect.stringMatching(/exit code 1 \(3 times/),
    expect.stringContaining("does not start it any more"),
  ]);
  expect(found.restarts).toEqual({ used: 3, of: 3, windowMillis: 3_600_000, spent: true });
});

test("a stop on purpose is no fault, and says whose purpose it was", () => {
  const tale = new Tale().starts(0, 1).stops(1000, 1);
  const inactive: Properties = { ...failed, ActiveState: "inactive", SubState: "dead" };
  const plain = judge(tale, { properties: inactive });
  expect(plain).toMatchObject({
    verdict: "stopped",
    ends: [{ reason: "stopped" }],
    causes: [{ fix: "holdfast start bot" }],
  });
  const deeds = [{ from: 900_000, to: 1_100_000, who: "ada", what: "holdfast stop (repair)", unit }];
  expect(judge(tale, { properties: inactive, deeds }).ends[0]!.words).toBe(
    "stopped on purpose: holdfast stop (repair) by ada",
  );
  const intent = { stopped: true, boot: null, who: "ada", why: "repair", at: "2026-11-21T08:00:00.000Z" };
  expect(judge(tale, { properties: inactive, intent }).causes[0]!.what).toBe(
    "ada stopped it at 2026-11-21T08:00:00.000Z (repair)",
  );
});

test("a reboot is told from a power cut", () => {
  const reboot = new Tale().starts(0, 1).stops(1000, 1);
  reboot.boot = 1;
  reboot.starts(5000, 2);
  expect(reasons(judge(reboot, { properties: running, closings: [1_500_000] }))).toEqual(["shutdown"]);
  const cut = new Tale().starts(0, 1);
  cut.boot = 1;
  cut.starts(5000, 2);
  const found = judge(cut, { properties: running });
  expect(found).toMatchObject({ verdict: "well", ends: [{ reason: "host-down", ranMillis: null }] });
});

test("a stray signal that systemd takes for a clean end is a signal, because only that is restarted", () => {
  const tale = new Tale().starts(0, 1).say(500, 1, `${unit}: Deactivated successfully.`, "success");
  expect(reasons(judge(tale))).toEqual(["clean-exit"]);
  expect(reasons(judge(tale.again(600, 1)))).toEqual(["signal"]);
  const properties: Properties = { ...failed, ActiveState: "inactive", ExecMainCode: 2, ExecMainStatus: 1 };
  expect(judge(tale, { properties }).ends[0]!.words).toContain("SIGHUP");
});

test("a job that finished or was skipped is well, and one that failed is not", () => {
  const idle: Properties = { ...failed, ActiveState: "inactive", SubState: "dead" };
  const done = new Tale()
    .say(0, 1, "Starting", "starting")
    .say(900, 1, `${unit}: Deactivated successfully.`, "success");
  done.say(900, 1, "Finished", "started", { JOB_RESULT: "done" });
  done
    .say(2000, 2, "Starting", "starting")
    .say(2001, 2, `${unit}: Skipped due to 'exec-condition'.`, "skipped");
  const found = judge(done, { job: true, properties: idle });
  expect(found).toMatchObject({ verdict: "well", causes: [], restarts: null });
  expect(found.ends).toMatchObject([
    { reason: "finished", ranMillis: 900 },
    { reason: "skipped", fix: "see why: holdfast runs bot" },
  ]);
  done.say(3000, 3, "Starting", "starting").exits(3500, 3, "exited", 2, "exit-code");
  expect(judge(done, { job: true })).toMatchObject({
    verdict: "trouble",
    causes: [{ what: expect.stringContaining("exit code 2") }],
  });
});

test("limits that stand in the way are named by their directive", () => {
  const properties: Properties = {
    ...running,
    CPUQuotaPerSecUSec: 100_000,
    MemoryMax: 41_943_040,
    TasksMax: 8,
  };
  const cpu = { periods: 100, held: 93, heldMillis: 4200 };
  const slow = judge(new Tale().starts(0, 1), { properties, use: { memory: null, cpu, tasks: null } });
  expect(slow.verdict).toBe("trouble");
  expect(slow.causes).toEqual([
    { what: expect.stringContaining("CPUQuota=10%"), fix: expect.stringContaining("limits.cpu") },
  ]);
  const rare = { cpu: { periods: 100, held: 4, heldMillis: 40 }, memory: null, tasks: { refused: 0 } };
  expect(judge(new Tale().starts(0, 1), { properties, use: rare }).verdict).toBe("well");
  const refused = judge(new Tale().starts(0, 1), {
    properties,
    use: { memory: null, cpu: null, tasks: { refused: 2 } },
  });
  expect(refused.causes[0]!.what).toContain("refused a new process or thread 2 times");
  const eaten = judge(new Tale().starts(0, 1), {
    properties,
    use: { memory: { peak: 41_000_000, kills: 1 }, cpu: null, tasks: null },
  });
  expect(eaten.limits[0]).toMatchObject({ hit: true, words: expect.stringContaining("1 of its processes") });
});

test("starts count within systemd's window only, and deliberate ones clear the counter", () => {
  const tale = new Tale();
  for (const run of [1, 2, 3])
    tale.starts(run * 1000, run).exits(run * 1000 + 100, run, "exited", 1, "exit-code");
  const used = (more: Partial<Evidence>): number | undefined =>
    judge(tale, { properties: running, ...more }).restarts?.used;
  expect(used({})).toBe(3);
  expect(used({ now: 2 * 60 * minute })).toBe(0);
  expect(
    used({ deeds: [{ from: 2_900_000, to: 3_100_000, who: "ada", what: "holdfast restart", unit }] }),
  ).toBe(1);
});

test("the last complaint of the program goes with its exit code", () => {
  const line = {
    time: 1,
    app: "polybot",
    service: "bot",
    unit,
    from: "unit",
    identifier: null,
    invocation: null,
    pid: 1,
    priority: 6,
  } as const;
  const log = [
    { ...line, level: "error", message: "ERROR no wallet\u001B[0m" },
    { ...line, level: "info", message: "bye" },
  ] as const;
  const found = judge(new Tale().starts(0, 1).exits(500, 1, "exited", 78, "exit-code"), { log });
  expect(found.causes[0]!.what).toBe("it ended with exit code 78; its log says: ERROR no wallet\\x1b[0m");
});

test("only what happened in the time asked for is listed, and the last end is known all the same", () => {
  const tale = new Tale().starts(0, 1).exits(500, 1, "exited", 1, "exit-code");
  const found = judge(tale, { since: 5 * minute });
  expect(found.ends).toEqual([]);
  expect(found.causes[0]!.what).toContain("exit code 1");
});

test("a unit that systemd cannot load", () => {
  const properties: Properties = {
    ...failed,
    ActiveState: "inactive",
    SubState: "dead",
    LoadState: "not-found",
    LoadError: ["x", "Unit not found."],
  };
  expect(judge(new Tale(), { properties })).toMatchObject({
    verdict: "trouble",
    causes: [{ what: `systemd cannot load ${unit} (not-found): Unit not found.`, fix: "holdfast apply" }],
  });
});

test("without a journal to read, what systemd and the host show of the last end is the cause", () => {
  const explanation = { sentence: "203/EXEC: /opt/x does not exist", fix: "put it there" };
  const ending = { result: "exit-code", code: "exited", status: 203 } as const;
  const { causes } = judge(new Tale(), { failure: { directive: "ExecStart", ending, explanation } });
  expect(causes).toEqual([{ what: explanation.sentence, fix: "put it there" }]);
});

test("what the host shows of the latest failure holds for those before it that ended alike, and for no other", () => {
  const explanation = { sentence: "it was killed with SIGSYS: mount", fix: "allow it" };
  const ending = { result: "signal", code: "killed", status: 31 } as const;
  const tale = new Tale()
    .starts(minute / 1000, 1)
    .exits(minute / 1000 + 100, 1, "exited", 4, "exit-code")
    .starts(minute / 1000 + 1000, 2)
    .exits(minute / 1000 + 1100, 2, "killed", 31, "signal")
    .starts(minute / 1000 + 2000, 3)
    .exits(minute / 1000 + 2100, 3, "killed", 31, "signal");
  const { ends } = judge(tale, { failure: { directive: "ExecStart", ending, explanation } });
  expect(ends.map(({ words }) => words)).toEqual([
    "it ended with exit code 4",
    "it was killed with SIGSYS: mount",
    "it was killed with SIGSYS: mount",
  ]);
});
