import * as v from "valibot";
import { issueMessage, key } from "./key-doc.ts";
import { programKeys } from "./program-schema.ts";
import { band, duration, latePolicy } from "./read-values.ts";
import { command } from "./read-values.ts";
import { jobDirectives, keptTimer } from "./systemd-schema.ts";
import { flag, matching, oneOf, text } from "./values.ts";

/** Names of jobs look like those of services: both become units of the application. */
const jobName = () =>
  matching(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "the name of a job of this file", "spec/bad-name");

export const zoneName = () =>
  v.pipe(
    v.string(issueMessage("spec/bad-zone", "a time zone such as America/Chicago or UTC")),
    v.check(isZone, issueMessage("spec/bad-zone", "a time zone such as America/Chicago or UTC")),
  );

function isZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    // Offsets such as +02:00 are zones to JavaScript, but not to systemd.
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

const date = () => matching(/^\d{4}-\d{2}-\d{2}$/, "a date such as 2026-12-24", "spec/bad-date");

/** Dates of one's own on top of a known calendar. */
export const declaredCalendar = v.strictObject({
  base: key(text(), {
    meaning:
      "The calendar it starts from: an exchange such as XNYS, holidays-US and the like, weekdays or 24x7.",
    default: "weekdays",
    example: "XNYS",
  }),
  closed: key(v.array(date()), {
    meaning: "Days on which nothing runs.",
    default: "none",
    example: "[2026-12-24]",
  }),
  half: key(v.record(date(), matching(/^\d{2}:\d{2}$/, "a time such as 13:00", "spec/bad-time")), {
    meaning: "Days that close early, and when.",
    default: "none",
    example: '{ 2026-12-23: "13:00" }',
  }),
});

/** One program that runs at its times and ends. */
export const jobSchema = v.strictObject({
  ...programKeys,
  at: key(
    v.union([text(), v.array(text())], issueMessage("spec/bad-schedule", "a time, or a list of times")),
    {
      meaning:
        "When it runs: systemd's calendar syntax (systemd.time(7)), in the job's zone unless it names one. Several times make one timer.",
      default: "never by itself: only holdfast run starts it",
      becomes: "OnCalendar= of a timer unit",
      example: "Mon..Fri 07:30",
    },
  ),
  every: key(duration(), {
    meaning:
      "Runs in even steps, such as 15m. Counted in UTC, so that the change to winter time makes no gap of 75 minutes.",
    default: "see at",
    becomes: "OnCalendar= in UTC",
    example: "15m",
  }),
  zone: key(zoneName(), {
    meaning: "Time zone of the job's times, and TZ of its program.",
    default: "the zone of the file, or UTC",
    becomes: "the zone in OnCalendar=, and TZ",
    example: "America/Chicago",
  }),
  calendar: key(text(), {
    meaning:
      "On which days it may run at all: the name of an exchange (XNYS, XNAS, XLON, XETR, XTKS), holidays-US, -GB, -DE or -JP, weekdays, 24x7, or a calendar declared in calendars.",
    default: "the calendar of the file, or every day of the schedule",
    example: "XNYS",
  }),
  needs: key(
    v.union([jobName(), v.array(jobName())], issueMessage("spec/bad-type", "a job or a list of jobs")),
    {
      meaning:
        "Jobs that must have succeeded for this very trading day. If one has not, this one is blocked, and that is recorded.",
      default: "none",
      example: "[preflight]",
    },
  ),
  late: key(latePolicy(), {
    meaning:
      "What to do when its time has passed, as after a late boot. run: run it all the same. refuse after 15m: not when it is later than that. ask: wait for holdfast run.",
    default: "refuse after 15m",
    becomes: "Persistent= of the timer, and a check at every start",
    example: "refuse after 15m",
  }),
  timeout: key(duration(), {
    meaning:
      "How long it may take before it is ended. Always finite: a job that hangs would never run again.",
    default: "1h",
    becomes: "TimeoutStartSec=",
    example: "15m",
  }),
  expect: key(band(), {
    meaning: "How long it usually takes; a run outside is noted.",
    default: "learned from its last runs",
    example: "2m..3m",
  }),
  critical: key(flag(), {
    meaning: "A failed, blocked or missed run of a critical job fails the day of its suite.",
    default: "false",
    example: "true",
  }),
  "if-unsure": key(oneOf("refuse", "run"), {
    meaning: "What to do when the record of runs or the calendar cannot answer.",
    default: "refuse for a critical job, run otherwise",
    example: "refuse",
  }),
  jitter: key(duration(), {
    meaning: "Starts up to this much later, at random, so that many hosts do not start at once.",
    default: "none",
    becomes: "RandomizedDelaySec=",
    example: "30s",
  }),
  "dry-run": key(command(), {
    meaning: "Words added to the command by holdfast run --dry: a run that must leave no trace.",
    default: "a dry run is refused",
    example: "--dry-run",
  }),
  enable: key(flag(), {
    meaning: "Arm the timer, now and at boot.",
    default: "true",
    becomes: "systemctl enable of the timer",
    example: "false",
  }),
  timer: keptTimer,
  systemd: jobDirectives,
});

export type JobSpec = v.InferOutput<typeof jobSchema>;
