import * as v from "valibot";
import { withJournal } from "./journal-channel.ts";
import { channelSchema } from "./channel-schema.ts";
import { issueMessage, key, named, requiredKey } from "./key-doc.ts";
import { zoneName } from "./job-schema.ts";
import { duration, readFrom } from "./read-values.ts";
import { parseDuration } from "../value/duration.ts";
import { notParsed, parsed } from "../value/parsed.ts";
import { flag, matching, oneOf, plainLine, text } from "./values.ts";

const name = () =>
  matching(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "a name of lower-case letters, digits and single dashes");

/** Minutes after midnight. */
const timeOfDay = () =>
  readFrom<number>(
    "spec/bad-time",
    (written) => {
      const match = /^(\d{2}):(\d{2})$/.exec(written.trim());
      const [hour, minute] = [Number(match?.[1]), Number(match?.[2])];
      return match && hour < 24 && minute < 60
        ? parsed(hour * 60 + minute)
        : notParsed('a time of day, such as "08:00"');
    },
    { pattern: String.raw`^\s*\d{2}:\d{2}\s*$`, description: 'a time of day, such as "08:00"' },
  );

const via = v.union(
  [name(), v.record(name(), text())],
  issueMessage("spec/bad-type", "a channel, or a channel with an address such as { mail: anna@example.org }"),
);

const repetition = () =>
  readFrom<{ every: number; times: number }>(
    "spec/bad-repeat",
    (written) => {
      const match = /^every\s+(\S.*?),\s*(\d{1,3}) times$/.exec(written.trim());
      const every = match ? parseDuration(match[1]!) : null;
      const times = Number(match?.[2]);
      return every?.ok && every.value >= 60_000 && every.value !== Infinity && times >= 1
        ? parsed({ every: every.value, times })
        : notParsed(
            'how often and how many times, such as "every 1h, 5 times"; not more often than every minute',
          );
    },
    {
      pattern: String.raw`^\s*every\s+.+,\s*\d{1,3} times\s*$`,
      description: 'how often and how many times, such as "every 1h, 5 times"',
    },
  );

const contactSchema = v.strictObject({
  role: key(plainLine(), { meaning: "What he does.", default: "none", example: "System administrator" }),
  via: requiredKey(v.array(via), {
    meaning: "How he is told: channels, each with an address of his own where it takes one.",
    example: "[pager, { mail: anna@example.org }]",
  }),
  hours: key(text(), {
    meaning:
      "A name from windows: outside of these hours he is left out. When nobody of any step is on duty, critical is told all the same, and anything less waits.",
    default: "always",
    example: "office",
  }),
});

const names = v.union(
  [name(), v.array(name())],
  issueMessage("spec/bad-type", "a contact or a channel, or a list of them"),
);

const stepSchema = v.strictObject({
  level: key(plainLine(), { meaning: "What the step is called here.", default: "none", example: "L1" }),
  notify: requiredKey(names, { meaning: "Who is told: contacts, or channels.", example: "[admin]" }),
  after: key(duration({ zero: true }), {
    meaning: "How long after the step before, without an acknowledgement.",
    default: "acknowledge of the policy",
    example: "10m",
  }),
  duties: key(v.array(plainLine()), {
    meaning: "What he is to do: a checklist on the incident.",
    default: "none",
    example: "[look at holdfast health, restart]",
  }),
});

const policySchema = v.strictObject({
  label: key(plainLine(), { meaning: "What you call it.", default: "its own name", example: "High" }),
  means: key(plainLine(), {
    meaning: "What counts as this bad.",
    default: "none",
    example: "service down or data loss",
  }),
  steps: requiredKey(
    v.pipe(v.array(stepSchema), v.minLength(1, issueMessage("spec/bad-type", "one step or more"))),
    {
      meaning: "Who is told first, and who next when nobody acknowledges.",
      example: "[{ notify: [room] }, { notify: [pager] }]",
    },
  ),
  respond: key(duration(), {
    meaning: "By when somebody should have answered: a deadline on the incident, kept in its review.",
    default: "none",
    example: "15m",
  }),
  acknowledge: key(duration(), {
    meaning: "Without an acknowledgement for so long, the next step.",
    default: "10m",
    example: "5m",
  }),
  resolve: key(duration(), {
    meaning: "Not over after so long, acknowledged or not: the next step.",
    default: "none",
    example: "15m",
  }),
  repeat: key(repetition(), {
    meaning: "The last step again, until somebody acknowledges.",
    default: "every 1h, 5 times, for critical; none for the others",
    example: '"every 1h, 5 times"',
  }),
  remind: key(duration(), {
    meaning: "How often those who were told hear that it is still open. At least 15m.",
    default: "4h for critical, 1d for error, never for the others",
    example: "4h",
  }),
  holds: key(duration(), {
    meaning: "How long an acknowledgement holds; then it is asked again.",
    default: "4h; 1d for warning and info",
    example: "4h",
  }),
});

const policy = (meaning: string, example: string) =>
  key(
    v.union(
      [oneOf("digest", "none"), v.array(name()), policySchema],
      issueMessage("spec/bad-policy", "a list of contacts or channels, steps:, digest or none"),
    ),
    { meaning, default: "see docs/alerts.md", example },
  );

const severity = () => oneOf("critical", "error", "warning", "info");
const ofSource = (meaning: string, usual: string) =>
  key(severity(), { meaning, default: usual, example: usual });

/** Who is told when something is wrong, and how. */
export const notifySchema = v.pipe(
  v.strictObject({
    channels: key(
      v.record(
        name(),
        named(channelSchema, { meaning: "One way to reach people.", example: "{ journal: {} }" }),
      ),
      {
        meaning: "The ways to reach people, by name. The journal is one that need not be declared.",
        default: "the journal",
        example: '{ room: { telegram: { token: /etc/polybot/telegram-token, chat: "-100123" } } }',
      },
    ),
    contacts: key(
      v.record(name(), named(contactSchema, { meaning: "One person or role.", example: "{ via: [room] }" })),
      {
        meaning: "People and roles, by name.",
        default: "none: channels are told",
        example: "{ admin: { role: System administrator, via: [room], hours: office } }",
      },
    ),
    policy: key(
      v.strictObject({
        critical: policy("What wakes somebody.", "[room, pager]"),
        error: policy("What is for today.", "[room]"),
        warning: policy("What is good to know.", "digest"),
        info: policy("What has mended itself.", "none"),
      }),
      {
        meaning: "Who is told of what, by severity.",
        default: "critical and error: all channels; warning: all but pagers; info: the digest",
        example: "{ critical: [room, pager], error: [room], warning: digest }",
      },
    ),
    severity: key(
      v.strictObject({
        "gave-up": ofSource("systemd has given a service up.", "critical"),
        breaker: ofSource("A circuit breaker has opened.", "critical"),
        restarted: ofSource("systemd has restarted a service, and it runs again.", "info"),
        unknown: ofSource("A check could not be made for ten minutes.", "warning"),
        job: ofSource(
          "A job has failed, was cut short or was blocked; critical for a critical job.",
          "error",
        ),
        missed: ofSource("A job did not run at its time; critical for a critical job.", "error"),
        away: ofSource("Nobody watched for a while, uncleanly.", "warning"),
        drift: ofSource("Something was changed outside Holdfast.", "warning"),
        channel: ofSource("A channel does not work.", "error"),
        audit: ofSource(
          "An audit has found something; critical when anybody could become root by it.",
          "error",
        ),
        probation: ofSource("A service has failed its probation.", "error"),
      }),
      {
        meaning: "How bad things are that have no severity of their own.",
        default: "each its own",
        example: "{ restarted: warning }",
      },
    ),
    "wait-for-heal": key(duration({ zero: true }), {
      meaning:
        "How long a failure that a heal may mend waits before anybody is told; a heal that did not help ends it.",
      default: "2m",
      example: "2m",
    }),
    digest: key(
      v.strictObject({
        at: key(timeOfDay(), { meaning: "When.", default: '"08:00"', example: '"08:00"' }),
        zone: key(zoneName(), {
          meaning: "In which zone.",
          default: "zone of the file, or UTC",
          example: "Europe/Berlin",
        }),
        to: key(v.array(name()), {
          meaning: "Channels or contacts.",
          default: "all channels but pagers",
          example: "[room]",
        }),
      }),
      {
        meaning:
          "Once a day, what needed nobody: self-healed failures, warnings, missed runs. Nothing when there was nothing.",
        default: '{ at: "08:00" }',
        example: '{ at: "08:00", to: [room] }',
      },
    ),
    test: key(flag(), {
      meaning:
        "apply sends a test message through each channel and waits for it; once a week one is sent silently.",
      default: "true",
      example: "false",
    }),
  }),
  v.transform(withJournal),
);

export type NotifySpec = v.InferOutput<typeof notifySchema>;
export type PolicySpec = NonNullable<NonNullable<NotifySpec["policy"]>["critical"]>;
