import { readFile } from "node:fs/promises";
import { describe, expect } from "vitest";
import type { Run } from "../../src/store/runs.ts";
import { stayWithinOneDay } from "./clock.ts";
import { checkout, sharedHost, story, waitUntil } from "./story.ts";

// The aurora example, installed as its README says. Every day is made a trading day, and its times are moved away from
// today, so that the stories are the same on any day.

const example = `${checkout}/examples/aurora`;
const opt = "/opt/aurora";
const jobs = ["preflight", "trading", "status", "eod", "data-fetch"];
const timers = jobs.map((job) => `aurora-${job}.timer`);
const services = jobs.map((job) => `aurora-${job}.service`);
const before = { example: "", spec: "" };

const world = sharedHost({
  name: "aurora",
  setUp: async ({ host, holdfast, run }) => {
    await stayWithinOneDay("America/Chicago");
    before.example = await readFile(`${example}/holdfast.yaml`, "utf8");
    before.spec = before.example
      .replace("calendar: XNYS", "calendar: 24x7")
      .replaceAll("Mon..Fri", inThreeDays())
      .concat(extraJobs);
    await run(["sh", "prepare.sh", opt], { directory: example }).succeeds();
    await host.write(`${opt}/holdfast.yaml`, before.spec);
    await holdfast("apply", { directory: opt }).succeeds();
  },
});

/** Jobs beside the five: one that looks at itself, and one that overruns. */
const extraJobs = `
  looks:
    run: [/bin/sh, -c, "date +%Z; pwd; id -un; env; exec cat /proc/self/cmdline"]
    env: { set: { WHO: looks } }
  overruns:
    run: [/bin/sh, -c, "while :; do read line || exec /bin/sleep inf; done"]
    timeout: 1s
`;

describe("aurora as its file says it", () => {
  story(
    "comes at Chicago's times on weekdays, whatever the host's zone and season",
    { covers: "A-01, A-05, A-09, A-11, A-14, A-16" },
    async ({ holdfast, run }) => {
      const units = (await holdfast("compile", { directory: example }).succeeds()).stdout;
      const times = units.match(/^OnCalendar=.*Chicago$/gm)!.map((line) => line.replace("OnCalendar=", ""));
      expect(times).toHaveLength(5);
      const [preflight, trading, status, eod, fetch] = times;
      const slots = async (time: string, from: string, count: number): Promise<string[]> => {
        const calendar = ["systemd-analyze", "calendar", `--base-time=${from} UTC`, `--iterations=${count}`];
        const { stdout } = await run([...calendar, time], { env: { TZ: "UTC" } }).succeeds();
        return [...stdout.matchAll(/(?:elapse|#\d+): (\w+ \S+ \S+) UTC/g)].map(([, slot]) => slot!);
      };
      const friday = "2026-07-03 00:00:00";
      expect(await slots(preflight!, friday, 2)).toEqual([
        "Fri 2026-07-03 12:30:00",
        "Mon 2026-07-06 12:30:00",
      ]);
      expect(await slots(preflight!, "2026-12-04 00:00:00", 2)).toEqual([
        "Fri 2026-12-04 13:30:00",
        "Mon 2026-12-07 13:30:00",
      ]);
      expect(await slots(trading!, friday, 1)).toEqual(["Fri 2026-07-03 13:00:00"]);
      expect(await slots(status!, friday, 8)).toEqual([
        ...[14, 15, 16, 17, 18, 19, 20].map((hour) => `Fri 2026-07-03 ${hour}:00:00`),
        "Mon 2026-07-06 14:00:00",
      ]);
      expect(await slots(eod!, friday, 1)).toEqual(["Fri 2026-07-03 20:15:00"]);
      expect(await slots(fetch!, friday, 1)).toEqual(["Fri 2026-07-03 21:00:00"]);
    },
  );
});

describe("aurora on the host", () => {
  story(
    "is a service and a timer for each job, of which only the timers start by themselves",
    { covers: "A-15, A-18, A-20, A-21, A-22, A-23, A-27, A-28, A-30, A-81" },
    async ({ host, run }) => {
      const files = (await run(["find", "/etc/systemd/system", "-maxdepth", "1", "-name", "aurora-*"]))
        .stdout;
      for (const name of [...timers, ...services]) expect(files).toContain(`/etc/systemd/system/${name}\n`);
      for (const name of timers) {
        const timer = (await run(`systemctl show ${name}`).succeeds()).stdout.split("\n");
        expect(timer).toEqual(
          expect.arrayContaining([
            "UnitFileState=enabled",
            "ActiveState=active",
            "AccuracyUSec=1s",
            `Unit=${name.replace(".timer", ".service")}`,
          ]),
        );
        for (const line of timer.filter((text) => /^(Requires|Wants|BindsTo|Upholds)=/.test(text)))
          expect(line).not.toContain(".service");
      }
      for (const name of services) {
        expect(await host.read(`/etc/systemd/system/${name}`)).not.toContain("[Install]");
        const service = (await run(`systemctl show ${name}`).succeeds()).stdout.split("\n");
        expect(service).toEqual(
          expect.arrayContaining([
            "UnitFileState=static",
            "Type=oneshot",
            `WorkingDirectory=${opt}`,
            expect.stringMatching(/^TimeoutStartUSec=(2|5|10|15)min$/),
            expect.stringMatching(/^Description=Paper Trading \(/),
            expect.stringMatching(/^Environment=.*PATH=\/usr\/local\/bin:\/usr\/bin:\/bin /),
            expect.stringMatching(/^Environment=.*PYTHONUNBUFFERED=1/),
          ]),
        );
      }
    },
  );

  story(
    "runs no job when it is applied, when its timers are started, stopped or restarted, or at a boot",
    { covers: "A-27, A-28, A-91" },
    async ({ host, holdfast, run }) => {
      await holdfast("apply", { directory: opt }).says("Nothing to change");
      await run(["systemctl", "restart", ...timers]).succeeds();
      await run(["systemctl", "stop", ...timers]).succeeds();
      await run(["systemctl", "start", ...timers]).succeeds();
      await host.reboot();
      for (const timer of timers) await world.unit(timer).waitFor("active/waiting");
      expect(await allRuns()).toEqual([]);
      // What would have shown it: a run that was asked for.
      await holdfast("run status").succeeds();
      expect(await resultsOf("status")).toEqual(["succeeded"]);
    },
  );

  story(
    "knows which calendar days are open, and records why a closed one had no run",
    { covers: "A-94" },
    async ({ host, holdfast, unit }) => {
      const today = new Date();
      const closed = [-1, 0, 1].map((days) => isoDate(new Date(today.getTime() + days * 86_400_000)));
      await change((spec) =>
        spec
          .replace("calendar: 24x7", "calendar: ours")
          .concat(`\ncalendars: { ours: { base: 24x7, closed: [${closed.join(", ")}] } }\n`),
      );
      await start("preflight");
      expect(await latest("preflight")).toMatchObject({ result: "closed-day", trigger: "manual" });
      await unit("aurora-preflight.service").is("inactive");
      await holdfast("status").says("closed-day");
      // Half a day is a day.
      const half = closed.map((date) => `${date}: "13:00"`).join(", ");
      await change((spec) =>
        spec
          .replace("calendar: 24x7", "calendar: ours")
          .concat(`\ncalendars: { ours: { base: 24x7, half: { ${half} } } }\n`),
      );
      await start("data-fetch");
      expect(await latest("data-fetch")).toMatchObject({ result: "succeeded" });
      await host.write(`${opt}/holdfast.yaml`, before.spec);
      await holdfast("apply", { directory: opt }).succeeds();
    },
  );
});

describe("a day of aurora", () => {
  story(
    "ends before it begins when preflight fails: trading is blocked, and all can see it",
    { covers: "A-03, A-04, A-07, A-08, A-10, A-12, A-13, A-93" },
    async ({ host, holdfast, run }) => {
      await host.write(`${opt}/stub/fault`, "blocked\n", 0o644);
      await holdfast("run preflight").fails(1);
      expect(await latest("preflight")).toMatchObject({ result: "failed", exitStatus: "1" });
      await waitUntil("the failure is on record", async () =>
        (await holdfast("history --json aurora").succeeds())
          .json()
          .events.some(
            (event: { kind: string; service: string }) =>
              event.kind === "give-up" && event.service === "preflight",
          ),
      );
      await waitUntil("it is told", async () =>
        (await run("journalctl --no-pager -o cat -p alert -u aurora-give-up@*")).stdout.includes(
          "aurora-preflight.service",
        ),
      );

      await holdfast("run trading").fails(1);
      const why = /^preflight is failed for \d{4}-\d\d-\d\d$/;
      expect(await latest("trading")).toMatchObject({
        result: "blocked",
        reason: expect.stringMatching(why),
      });
      expect(await ordersAtBroker()).toEqual([]);
      await holdfast("run eod").fails(1);
      expect(await latest("eod")).toMatchObject({
        result: "blocked",
        reason: expect.stringContaining("trading is blocked"),
      });

      await holdfast("status").says(/preflight ✗ failed.*trading ✗ blocked/);
      await run("journalctl --namespace=aurora -o cat -p warning --no-pager -u aurora-trading.service").says(
        "trading does not run (blocked): preflight is failed",
      );
    },
  );

  story(
    "goes on when preflight succeeds: trading runs once, and then eod",
    { covers: "A-03, A-07, A-12, A-41" },
    async ({ host, holdfast, run }) => {
      await run(`rm ${opt}/stub/fault`).succeeds();
      await holdfast("run data-fetch");
      await holdfast("run preflight").succeeds();
      await holdfast("run trading").succeeds();
      const orders = await ordersAtBroker();
      expect(orders.length).toBeGreaterThan(0);

      await start("trading");
      expect(await latest("trading")).toMatchObject({ result: "already-done" });
      await holdfast("run trading").says("already-done");
      expect(await ordersAtBroker()).toEqual(orders);

      await holdfast("run eod").succeeds();
      expect((await run(`ls ${opt}/reports`).succeeds()).stdout).toMatch(/^\d{4}-\d\d-\d\d\.json\n$/);
      await holdfast("status").says(/preflight ✓.*trading ✓.*eod ✓/);
      expect(await host.exists(`${opt}/stub/fault`)).toBe(false);
    },
  );

  story(
    "yesterday's success opens no gate, and yesterday's run of trading closes none",
    { covers: "A-03, A-07" },
    async ({ holdfast }) => {
      await changeRecord(
        "UPDATE runs SET trading_day = date(trading_day, '-1 day'), slot = NULL WHERE job IN ('preflight', 'trading', 'eod')",
      );
      await holdfast("run trading").fails(1);
      expect(await latest("trading")).toMatchObject({
        result: "blocked",
        reason: expect.stringMatching(/^preflight has not run for /),
      });
      await holdfast("run preflight").succeeds();
      await holdfast("run trading").succeeds();
    },
  );

  story(
    "a closed gate opens for one run by somebody's word, which is kept with its reason",
    { covers: "A-40, A-41" },
    async ({ holdfast }) => {
      await holdfast("run trading --override").fails(2);
      await holdfast(["run", "trading", "--override", "--why", "the desk asked"]).succeeds();
      expect(await latest("trading")).toMatchObject({
        result: "succeeded",
        reason: expect.stringMatching(/exit code 0|the desk asked/),
      });
      await holdfast("history aurora").says("the desk asked");
      await holdfast("run trading").says("already-done");
    },
  );
});

describe("a job of aurora", () => {
  story(
    "is the user's, in the zone of its schedule, with secrets nowhere but in files for it",
    { covers: "A-24, A-25, A-31, A-32, A-35, A-72, A-73" },
    async ({ host, holdfast, run }) => {
      await holdfast("run looks").succeeds();
      const said = (await run("journalctl --namespace=aurora -o cat --no-pager -u aurora-looks.service"))
        .stdout;
      expect(said.split("\n")).toEqual(
        expect.arrayContaining([expect.stringMatching(/^C[SD]T$/), opt, "aurora"]),
      );
      expect(said).toContain("IS_PAPER_TRADING=true\n");
      expect(said).toContain("TZ=America/Chicago\n");
      for (const name of ["broker-id", "broker-secret"]) {
        const key = (await host.read(`/etc/aurora/${name}.key`))!.trim();
        expect(key).toMatch(/^[0-9a-f]{40}$/);
        await run("journalctl --namespace=* -o json --no-pager").doesNotSay(key);
        await run(["grep", "-rlF", key, "/etc/systemd/system", "/var/lib/holdfast"]).fails(1);
        // What would have found it: the file itself.
        await run(["grep", "-rlF", key, "/etc/aurora"]).succeeds();
      }
      const argv = await world.unit("aurora-trading.service").show("ExecStart");
      expect(argv).toContain(`argv[]=${opt}/venv/bin/python -m aurora trading ;`);
    },
  );

  story(
    "that takes too long is ended, recorded as timed out, and told",
    { covers: "A-02, A-06, A-81" },
    async ({ holdfast, run, unit }) => {
      await holdfast("run overruns").fails(1);
      expect(await latest("overruns")).toMatchObject({
        result: "timed-out",
        reason: "it took longer than its time-out",
      });
      expect(await unit("aurora-overruns.service").show("Result")).toBe("timeout");
      await waitUntil("it is told", async () =>
        (await run("journalctl --no-pager -o cat -p alert -u aurora-give-up@*")).stdout.includes("overruns"),
      );
    },
  );

  story(
    "is not applied when the environment is not the one that it asserts",
    { covers: "A-32, A-33" },
    async ({ host, holdfast, run }) => {
      const env = (await host.read(`${opt}/.env`))!;
      const count = (await allRuns()).length;
      const changed = before.spec.replace("description: Paper Trading", "description: Real Trading");
      await host.write(`${opt}/holdfast.yaml`, changed);
      await host.write(`${opt}/.env`, env.replace("IS_PAPER_TRADING=true", "IS_PAPER_TRADING=false"), 0o600);
      (await holdfast("apply", { directory: opt }).fails()).says("IS_PAPER_TRADING");
      await host.write(`${opt}/.env`, env.replace(/^BROKER_ENDPOINT=.*\n/m, ""), 0o600);
      (await holdfast("apply", { directory: opt }).fails()).says("BROKER_ENDPOINT");
      expect((await allRuns()).length).toBe(count);
      await host.write(`${opt}/.env`, env, 0o600);
      await host.write(`${opt}/holdfast.yaml`, before.spec);
      await run(`chmod 600 ${opt}/.env`).succeeds();
      await holdfast("apply", { directory: opt }).says("Nothing to change");
    },
  );
});

/** A weekday on which nothing can fire during a test. */
function inThreeDays(): string {
  return new Date(Date.now() + 3 * 86_400_000).toUTCString().slice(0, 3);
}

function isoDate(date: Date): string {
  return date.toISOString().slice(0, 10);
}

async function change(edit: (spec: string) => string): Promise<void> {
  await world.host.write(`${opt}/holdfast.yaml`, edit(before.spec));
  await world.holdfast("apply", { directory: opt }).succeeds();
}

/** As somebody does who has never heard of Holdfast; the gate is systemd's business. */
async function start(job: string): Promise<void> {
  await world.run(`systemctl start aurora-${job}.service`).succeeds();
}

/** Newest first. */
async function runsOf(job: string): Promise<Run[]> {
  return (await world.holdfast(`runs --json aurora/${job}`).succeeds()).json().jobs[0].runs;
}

async function latest(job: string): Promise<Run | undefined> {
  return (await runsOf(job))[0];
}

async function resultsOf(job: string): Promise<string[]> {
  return (await runsOf(job)).map((run) => run.result);
}

async function allRuns(): Promise<Run[]> {
  const { jobs: found } = (await world.holdfast("runs --json").succeeds()).json() as {
    jobs: { runs: Run[] }[];
  };
  return found.flatMap(({ runs }) => runs);
}

async function ordersAtBroker(): Promise<string[]> {
  return ((await world.host.read(`${opt}/stub/orders.jsonl`)) ?? "").split("\n").filter(Boolean);
}

/** Time passes for the record: there is no other way to a yesterday on a host that has just been born. */
async function changeRecord(statement: string): Promise<void> {
  const program =
    "import sqlite3, sys; c = sqlite3.connect('/var/lib/holdfast/holdfast.db'); c.execute(sys.argv[1]); c.commit()";
  await world.run(["python3", "-c", program, statement]).succeeds();
}
