import { readFile } from "node:fs/promises";
import { describe, expect } from "vitest";
import type { Run } from "../../src/store/runs.ts";
import { checkout, sharedHost, story, waitUntil, type World } from "./story.ts";

// What holdfast schedule says of the aurora example is held against systemd's own answers; a missed run is made by masking a timer.

const example = `${checkout}/examples/aurora`;
const opt = "/opt/aurora";

sharedHost({
  name: "schedule",
  setUp: async ({ host, holdfast, run }) => {
    await run(["sh", "prepare.sh", opt], { directory: example }).succeeds();
    await host.write(`${opt}/holdfast.yaml`, await readFile(`${example}/holdfast.yaml`, "utf8"));
    await holdfast("apply", { directory: opt }).succeeds();
  },
});

type Schedule = {
  source: string;
  jobs: { job: string; times: string[]; next?: string }[];
  runs: { job: string; slot: string; local: string; day: string; why: string | null; runs: boolean }[];
  specialDays: { date: string; day: { why?: string; closes?: string } }[];
  clockChanges: { zone: string; at: string; hours: number }[];
};

async function schedule(holdfast: World["holdfast"], options: string): Promise<Schedule> {
  return (await holdfast(`schedule ${options} --json`).succeeds()).json();
}

describe("the schedule of what is applied", () => {
  story(
    "names for every job the moment at which its timer elapses next",
    { covers: "A-39" },
    async ({ holdfast, unit }) => {
      // Asked one after the other: a slot that comes in between makes them disagree for once.
      await waitUntil("both name the same moments", async () => {
        const { jobs, source } = await schedule(holdfast, "--days 10");
        expect(source).toBe("applied");
        expect(jobs).toHaveLength(5);
        for (const { job, next } of jobs) {
          const armed = await unit(`aurora-${job}.timer`).show("NextElapseUSecRealtime");
          expect([job, new Date(armed).getTime()]).toEqual([job, Date.parse(next!)]);
        }
        return true;
      });
    },
  );

  story(
    "has the same slots as systemd for a quarter with a change of clocks, holidays and half days named",
    { covers: "A-63, A-94" },
    async ({ holdfast, run }) => {
      const quarter = await schedule(holdfast, "--days 140 --from 2026-11-23");
      for (const { job, times } of quarter.jobs) {
        const own = quarter.runs.filter((slot) => slot.job === job).map(({ slot }) => Date.parse(slot));
        expect(times).toHaveLength(1);
        const base = new Date(own[0]! - 1000).toISOString().slice(0, 19).replace("T", " ");
        const { stdout } = await run(
          ["systemd-analyze", "calendar", `--base-time=${base} UTC`, `--iterations=${own.length}`, times[0]!],
          { env: { TZ: "UTC" } },
        ).succeeds();
        const theirs = [...stdout.matchAll(/(?:elapse|#\d+): \w+ (\S+) (\S+) UTC/g)];
        expect(theirs.map(([, date, time]) => Date.parse(`${date}T${time}Z`))).toEqual(own);
      }
      const on = (date: string) => quarter.runs.filter(({ local }) => local.startsWith(date));
      expect(on("2026-11-26").every(({ day, runs }) => day === "closed" && !runs)).toBe(true);
      expect(on("2026-11-26")[0]!.why).toBe("Thanksgiving Day");
      expect(on("2026-11-27").every(({ day, runs }) => day === "half" && runs)).toBe(true);
      expect(quarter.clockChanges).toMatchObject([
        { zone: "America/Chicago", at: "2027-03-14T08:00:00.000Z", hours: 1 },
      ]);
      const text = await holdfast("schedule --days 140 --from 2026-11-23").succeeds();
      text.says("closed: Thanksgiving Day").says("America/Chicago: clocks go forward 1 h, CST to CDT");
      expect(text.stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
    },
  );

  story("of one day is a chart that fits 80 columns", { covers: "A-39" }, async ({ holdfast }) => {
    const { stdout } = await holdfast("schedule --from 2026-11-23").succeeds();
    expect(stdout).toContain("trading             . . . . . . . . *");
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });
});

describe("a run that never happened", () => {
  story(
    "is recorded and said at level error, once; a slot before the job was there is none",
    { covers: "A-13", timeout: 900_000 },
    async ({ host, holdfast, run, unit }) => {
      const job = 'run: /usr/bin/true, at: "*:*:00", late: refuse after 10s, timeout: 10s, critical: true';
      await host.write("/opt/often/holdfast.yaml", often(`{ tick: { ${job} }, held: { ${job} } }`));
      await holdfast("apply", { directory: "/opt/often" }).succeeds();
      await run("systemctl start often-expect.service").succeeds();
      expect(await missedOf(holdfast, "held")).toEqual([]);

      await run("systemctl stop often-held.timer").succeeds();
      await run("systemctl mask --runtime often-held.timer").succeeds();
      await waitUntil("the slot has come to tick", () => runsOf(holdfast, "tick"), {
        accept: (runs) => runs.length > 0,
        timeout: 300_000,
        interval: 500,
      });
      const missed = await waitUntil(
        "the slot is over",
        async () => {
          await run("systemctl start often-expect.service").succeeds();
          return missedOf(holdfast, "held");
        },
        // Slower than DefaultStartLimitBurst=: systemd starts a unit five times in 10 s, and its timer may come, too.
        { accept: (runs) => runs.length > 0, timeout: 400_000, interval: 3000 },
      );
      const first = missed.at(-1);
      expect(first).toMatchObject({ result: "missed", trigger: "timer" });
      const lines = await run(["journalctl", "-p", "3", "-u", "often-expect.service", "-o", "cat"]);
      expect(lines.stdout).toContain(`held of often did not run at ${first!.slot} (missed)`);
      expect(lines.stdout).not.toContain("tick of often");

      await run("systemctl start often-expect.service").succeeds();
      const again = await missedOf(holdfast, "held");
      expect(again.filter(({ slot }) => slot === first!.slot)).toHaveLength(1);
      await unit("often-expect.timer").is("active");
      await run("systemctl unmask --runtime often-held.timer").succeeds();
    },
  );
});

const often = (jobs: string) => `app: often\nuser: daemon\ndirectory: /opt/often\njobs: ${jobs}\n`;

async function runsOf(holdfast: World["holdfast"], job: string): Promise<Run[]> {
  const result = await holdfast(`runs often/${job} --json`).succeeds();
  return (result.json() as { jobs: { runs: Run[] }[] }).jobs[0]!.runs;
}

async function missedOf(holdfast: World["holdfast"], job: string): Promise<Run[]> {
  return (await runsOf(holdfast, job)).filter(({ result }) => result === "missed");
}
