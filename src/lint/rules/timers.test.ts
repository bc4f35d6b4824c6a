import { describe, expect, test } from "vitest";
import { timerExample } from "../examples.ts";
import { isError } from "../lint.ts";
import type { Example } from "../rule.ts";
import { lintRules } from "../rules.ts";
import { lintExample } from "../test-example.ts";

function found(example: Example): string[] {
  return lintExample(example, lintRules).map(({ rule, level }) => rule.id + (isError(level) ? "!" : ""));
}

describe("OnCalendar=", () => {
  test.each([
    ["*/5 * * * *", "OnCalendar=*:0/5 UTC"],
    ["30 6 * * *", "OnCalendar=*-*-* 06:30"],
    ["Mon..Fri 07:30 # Preflight", "put the comment on a line of its own"],
  ])("%s is refused, with what is meant", (text, fix) => {
    const [one] = lintExample(timerExample(`OnCalendar=${text}`), lintRules).filter(
      ({ rule }) => rule.id === "calendar-unreadable",
    );
    expect(one).toMatchObject({ level: "will-not-start", fix });
  });
  test.each(["25:00", "*-13-01", "Mon 08:00 Europe/Nowhere", "every 5 minutes", "Mon,Tue,08:00"])(
    "%s is refused",
    (text) => {
      expect(found(timerExample(`OnCalendar=${text}`))).toContain("calendar-unreadable!");
    },
  );
  test.each([
    "Mon-Fri 08:00",
    "Mon..Fri *-*-* 08:00:00 Europe/Berlin",
    "weekly",
    "*-*~01 03:30",
    "Sat *-*-1..7 18:00 UTC",
    "2030-01-01",
    "*-*-* 00/6:00",
    "@schedule@",
  ])("%s is taken", (text) => {
    expect(found(timerExample(`OnCalendar=${text}`))).toEqual([]);
  });
  test("one bad line among good ones is only dropped", () => {
    const [one] = lintExample(timerExample("OnCalendar=daily\nOnCalendar=25:00"), lintRules);
    expect(one?.level).toBe("will-not-do-what-it-says");
  });
  test("dates that never come, or have passed", () => {
    expect(found(timerExample("OnCalendar=*-02-30"))).toEqual(["calendar-never!"]);
    expect(found(timerExample("OnCalendar=2020-01-01 08:00"))).toEqual(["calendar-never!"]);
    expect(found(timerExample("OnCalendar=*-02-29"))).toEqual([]);
  });
  test("hours that were meant as minutes", () => {
    expect(found(timerExample("OnCalendar=00/15:00"))).toEqual(["calendar-hours-for-minutes!"]);
    expect(found(timerExample("OnCalendar=0/7:00:00"))).toEqual(["calendar-hours-for-minutes"]);
    expect(found(timerExample("OnCalendar=0/2:00"))).toEqual([]);
  });
});

describe("when clocks are changed", () => {
  test("a time in the gap, by its own zone or the host's", () => {
    expect(found(timerExample("OnCalendar=02:00 America/Chicago"))).toEqual(["calendar-skipped-in-spring"]);
    const host = { zone: "Europe/Berlin" };
    expect(found(timerExample("OnCalendar=02:30", { host }))).toContain("calendar-skipped-in-spring");
    expect(found(timerExample("OnCalendar=03:00", { host }))).not.toContain("calendar-skipped-in-spring");
    expect(found(timerExample("OnCalendar=02:30"))).toEqual([]);
    expect(found(timerExample("OnCalendar=Mon..Fri 02:30 America/Chicago"))).toEqual([]);
  });
  test("intervals of minutes have a hole in autumn, those of hours hardly", () => {
    const host = { zone: "Europe/Berlin" };
    expect(found(timerExample("OnCalendar=*:0/15", { host }))).toContain("calendar-hole-in-autumn");
    expect(found(timerExample("OnCalendar=hourly", { host }))).not.toContain("calendar-hole-in-autumn");
    expect(found(timerExample("OnCalendar=*:0/15", { host: { zone: "UTC" } }))).not.toContain(
      "calendar-hole-in-autumn",
    );
  });
});

describe("triggers", () => {
  test("a first run may come from elsewhere", () => {
    expect(found(timerExample("OnUnitInactiveSec=1h"))).toEqual(["timer-never-begins!"]);
    expect(found(timerExample("OnBootSec=1min\nOnUnitActiveSec=1h"))).toEqual([]);
    const service =
      "[Service]\nType=oneshot\nTimeoutStartSec=1min\nExecStart=/usr/bin/job\n\n[Install]\nWantedBy=multi-user.target\n";
    expect(found(timerExample("OnUnitActiveSec=1h", { service }))).not.toContain("timer-never-begins!");
  });
  test("a drop-in takes the times away", () => {
    const timer = timerExample("OnCalendar=daily") as Exclude<Example, string>;
    const units = { ...timer.units, "job.timer.d/x.conf": "[Timer]\nOnCalendar=\n" };
    expect(found({ ...timer, units })).toEqual(["timer-without-trigger!"]);
  });
  test("one timer file by itself does not tell what its service is", () => {
    expect(found("[Timer]\nOnCalendar=daily\n\n[Install]\nWantedBy=timers.target\n")).toEqual([]);
  });
  test("Requires= of another unit is no mistake", () => {
    expect(
      found({
        units: {
          "job.timer":
            "[Unit]\nRequires=mount.service\nAfter=mount.service\n\n[Timer]\nOnCalendar=daily\nUnit=work.service\n\n[Install]\nWantedBy=timers.target\n",
          "work.service": "[Service]\nType=oneshot\nTimeoutStartSec=1h\nExecStart=/usr/bin/work\n",
        },
      }),
    ).toEqual([]);
  });
  test("Requires= goes with its line, and only then by itself", () => {
    const fix = (requires: string) =>
      lintExample(
        {
          units: {
            "job.timer": `[Unit]\nRequires=${requires}\n\n[Timer]\nOnCalendar=daily\n\n[Install]\nWantedBy=timers.target\n`,
            "job.service": "[Service]\nType=oneshot\nTimeoutStartSec=1h\nExecStart=/usr/bin/work\n",
          },
        },
        lintRules,
      ).find(({ rule }) => rule.id === "timer-requires-service")?.edits;
    expect(fix("job.service")).toHaveLength(1);
    expect(fix("job.service other.service")).toBeUndefined();
  });
});

describe("jobs of a timer", () => {
  const job = (service: string, lines = "OnCalendar=hourly") => found(timerExample(lines, { service }));
  test("a daemon that a timer starts once after boot may restart", () => {
    const daemon = "[Service]\nExecStart=/usr/bin/bot\nRestart=always\nRestartSec=60s\n";
    expect(job(daemon, "OnBootSec=2min")).toEqual([]);
    expect(job(daemon)).toEqual(["job-restarts-always!"]);
  });
  test("retries that outlast the schedule", () => {
    const retry = (unit: string, lines: string) =>
      job(
        `${unit}[Service]\nType=oneshot\nTimeoutStartSec=1min\nExecStart=/usr/bin/job\nRestart=on-failure\n${lines}\n`,
      );
    expect(retry("", "RestartSec=2h")).toEqual(["job-waits-for-restart!"]);
    expect(retry("", "RestartSec=5min")).toEqual(["job-waits-for-restart"]);
    expect(retry("[Unit]\nStartLimitIntervalSec=50min\nStartLimitBurst=3\n\n", "RestartSec=5min")).toEqual(
      [],
    );
  });
  test("more often than the start limit allows", () => {
    const often = "[Service]\nType=oneshot\nTimeoutStartSec=1s\nExecStart=/usr/bin/job\n";
    expect(job(often, "OnCalendar=*:*:* UTC\nAccuracySec=1us")).toEqual(["job-above-start-limit!"]);
    expect(job(often, "OnCalendar=*:*:0/2 UTC\nAccuracySec=1us")).toEqual([]);
    expect(job(often, "OnCalendar=*:*:0/10 UTC")).toEqual(["accuracy-coarser-than-schedule!"]);
  });
  test("a random delay of just the interval is what apt does", () => {
    expect(found(timerExample("OnCalendar=*-*-* 6,18:00\nRandomizedDelaySec=12h"))).toEqual([]);
    expect(found(timerExample("OnCalendar=*-*-* 6,18:00\nRandomizedDelaySec=13h"))).toEqual([
      "random-delay-too-long",
    ]);
  });
});
