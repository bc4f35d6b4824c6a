import * as v from "valibot";
import { issueMessage, key, named, requiredKey } from "./key-doc.ts";
import { duration, size } from "./read-values.ts";
import { heartbeatSchema } from "./health-schema.ts";
import { windowSchema } from "./window-schema.ts";
import { notifySchema } from "./notify-schema.ts";
import { declaredCalendar, jobSchema, zoneName } from "./job-schema.ts";
import { drillSchema } from "./drill-schema.ts";
import { probationSchema } from "./probation-schema.ts";
import { serviceSchema } from "./service-schema.ts";
import { upstreamSchema } from "./upstream-schema.ts";
import { absolutePath, flag, matching, oneOf, plainLine, text } from "./values.ts";

const name = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const nameRule =
  "a name of lower-case letters, digits and single dashes, starting with a letter, at most 40 characters";
export const nameSchema = () => v.pipe(matching(name, nameRule), v.maxLength(40));

const accountName = () => matching(/^[a-z_][a-z0-9_-]{0,30}$/, "an account name such as polybot");

/** systemd leaves any other kind of link out of Documentation=, with a warning that nobody sees. */
const link = () =>
  matching(
    /^(https?:\/\/|file:\/|info:|man:)[!-~\u00a1-\uffff]+$/,
    "a link that begins with https://, http://, file:/, man: or info:",
    "spec/bad-url",
  );

const logs = v.strictObject({
  keep: key(duration(), {
    meaning:
      "Throw away log entries older than this. Accurate to one day: retention works by file, and a file spans a day.",
    default: "30d",
    becomes: "MaxRetentionSec= and MaxFileSec=1d of the application's own journal",
    example: "30d",
  }),
  max: key(size(), {
    meaning: "The most disk space the application's own journal may take.",
    default: "500M",
    becomes: "SystemMaxUse=",
    example: "1G",
  }),
  "per-file": key(size(), {
    meaning: "The largest single journal file.",
    default: "an eighth of max",
    becomes: "SystemMaxFileSize=",
    example: "100M",
  }),
  "keep-free": key(size({ zero: true }), {
    meaning:
      "Disk space that must stay free. It wins over max: on a small disk the journal gets less than max, and doctor says how much.",
    default: "journald's own: 15 % of the file system",
    becomes: "SystemKeepFree=",
    example: "2G",
  }),
});

/** The whole file. Everything a person may write is declared here and in service-schema.ts, with its documentation. */
export const specSchema = v.strictObject({
  holdfast: key(
    v.literal(
      1,
      issueMessage(
        "spec/bad-version",
        "1, the only version of the spec this Holdfast reads",
        "install a Holdfast that reads this version",
      ),
    ),
    {
      meaning:
        "Version of this file's format. A Holdfast that is too old for the file says so instead of guessing.",
      default: "1",
      example: "1",
    },
  ),
  app: requiredKey(nameSchema(), {
    meaning:
      "Name of the application. Units, slice, journal and state directory are named after it, so it cannot change later.",
    becomes: "unit names app-service.service (or app.service for a service of the same name), app.slice",
    example: "polybot",
  }),
  description: key(text(), {
    meaning: "One line that says what the application does.",
    default: "the application's name",
    becomes: "Description=",
    example: "Trades on the stub market",
  }),
  documentation: key(v.array(link()), {
    meaning: "Where people find more: URLs or man: pages.",
    default: "none",
    becomes: "Documentation=",
    example: "[https://example.org/runbook]",
  }),
  references: key(v.array(plainLine()), {
    meaning:
      "Free ids that tie the application to tasks, requirements or design sections. They are written as comments into every unit.",
    default: "none",
    becomes: "comments in the units, and reports",
    example: "[T-12, R-3.2]",
  }),
  user: key(accountName(), {
    meaning:
      "The account the services run as. It is made as a system user without a login shell when it is missing. root needs allow-root.",
    default: "none: system scope requires it",
    becomes: "User=, and a sysusers.d file",
    example: "polybot",
  }),
  group: key(accountName(), {
    meaning: "The group the services run as.",
    default: "the user's own group",
    becomes: "Group=",
    example: "polybot",
  }),
  "allow-root": key(plainLine(), {
    meaning: "Why the services have to run as root. Without a reason, user: root is refused.",
    default: "root is refused",
    example: "reads every user's files for the backup",
  }),
  directory: requiredKey(absolutePath(), {
    meaning: "Where the program lives. Relative paths of the spec start here.",
    becomes: "WorkingDirectory=",
    example: "/opt/polybot",
  }),
  "network-online": key(flag(), {
    meaning: "Wait at boot until the network is up, as far as the host can tell.",
    default: "false",
    becomes: "Wants= and After=network-online.target",
    example: "true",
  }),
  logs: key(logs, {
    meaning:
      "Limits of the application's own journal. Other programs' logs are not touched, and theirs do not push out yours.",
    default: "keep 30d, max 500M",
    becomes: "LogNamespace= and journald@app.conf.d",
    example: "{ keep: 30d, max: 1G }",
  }),
  supervision: key(oneOf("systemd", "probes", "agent"), {
    meaning:
      "Who watches. systemd: the units alone; nothing of Holdfast runs. probes: a timer looks once a minute and exits. agent: a small resident process that sees a failure at its threshold.",
    default: "agent when a service has health or heal, systemd otherwise",
    becomes: "nothing; app-check.timer; or holdfast-agent.service, one for the host",
    example: "probes",
  }),
  heartbeat: key(heartbeatSchema, {
    meaning: "Tell somebody outside that this host still watches; silence is the alarm.",
    default: "none",
    example: '{ url: "https://hc-ping.com/uuid", every: 1m }',
  }),
  notify: key(notifySchema, {
    meaning:
      "Who is told when something is wrong, and how. Without it everything is on record, and nobody is told.",
    default: "nobody is told",
    becomes: "app-notify.service, .path and .timer",
    example: "{ channels: { journal: { journal: {} } } }",
  }),
  probation: key(probationSchema, {
    meaning:
      "A time after each change of a service in which it has to run well before it is believed; see holdfast probation.",
    default: "none",
    becomes: "app-probation.service and .timer, which give the verdict",
    example: "{ for: 24h, crashes: 0, enable: after }",
  }),
  drill: key(drillSchema, {
    meaning: "How often a drill on the live host is due, and how long evidence counts; see holdfast drill.",
    default: "no drill is due; evidence counts for 90d",
    becomes: "app-drill.service and .timer, which say when one is due",
    example: "{ every: 90d, faults: [crash, freeze] }",
  }),
  windows: key(
    v.record(
      nameSchema(),
      named(windowSchema, {
        meaning: "Hours by name.",
        example: "{ calendar: XNYS, hours: 09:30..16:00, zone: America/New_York }",
      }),
    ),
    {
      meaning: "Hours that checks are made in, for during.",
      default: "none",
      example: "{ market-hours: { calendar: XNYS, hours: 09:30..16:00, zone: America/New_York } }",
    },
  ),
  zone: key(zoneName(), {
    meaning: "Time zone of the jobs that name none of their own.",
    default: "UTC",
    becomes: "the zone in OnCalendar=, and TZ of the jobs",
    example: "America/Chicago",
  }),
  calendar: key(text(), {
    meaning:
      "On which days jobs may run at all, unless they name a calendar of their own: an exchange such as XNYS, or a name from calendars.",
    default: "every day of the schedule",
    example: "XNYS",
  }),
  calendars: key(
    v.record(
      nameSchema(),
      named(declaredCalendar, {
        meaning: "One calendar of your own.",
        example: "{ base: XNYS, closed: [2026-12-24] }",
      }),
    ),
    {
      meaning: "Calendars of your own: dates on top of a known one.",
      default: "none",
      example: "{ desk: { base: XNYS, closed: [2026-12-24] } }",
    },
  ),
  services: key(
    v.record(
      nameSchema(),
      named(serviceSchema, { meaning: "One long-running program.", example: "{ run: ./bot }" }),
    ),
    {
      meaning: "The long-running programs, by name.",
      default: "none; a file has services, jobs or both",
      becomes: "one service unit each",
      example: "{ bot: { run: ./bot } }",
    },
  ),
  "job-defaults": key(v.looseObject({}), {
    meaning: "Keys that all jobs share; a job's own keys win.",
    default: "none",
    example: "{ timeout: 10m }",
  }),
  jobs: key(
    v.record(
      nameSchema(),
      named(jobSchema, {
        meaning: "One program that runs at its times and ends.",
        example: '{ run: ./report, at: "Mon..Fri 17:00" }',
      }),
    ),
    {
      meaning: "The scheduled programs, by name.",
      default: "none",
      becomes: "a service unit and a timer unit each",
      example: '{ report: { run: ./report, at: "Mon..Fri 17:00" } }',
    },
  ),
  upstreams: key(
    v.record(
      nameSchema(),
      named(upstreamSchema, {
        meaning: "One thing of the outside world that the application talks to.",
        example: "{ url: https://api.broker.example }",
      }),
    ),
    {
      meaning:
        "What the application talks to outside of this host, by name. It changes nothing on a host: in a rehearsal a stand-in takes its place, and is broken in every way.",
      default: "none: nothing outside can be reached in a rehearsal",
      example: "{ broker: { url: https://api.broker.example } }",
    },
  ),
  environments: key(
    v.record(
      nameSchema(),
      named(v.looseObject({}), {
        meaning:
          "What differs in this environment: any key of the file but holdfast and environments. With an app of its own it is an application of its own, beside the others on one host.",
        example: "{ logs: { max: 100M } }",
      }),
    ),
    {
      meaning:
        "Differences by environment, laid over the rest with --env NAME: maps merge key by key, everything else is replaced.",
      default: "none",
      example: "{ staging: { services: { bot: { limits: { memory: 512M } } } } }",
    },
  ),
});

export type SpecValues = v.InferOutput<typeof specSchema>;
export type LogsSpec = NonNullable<SpecValues["logs"]>;
