import * as v from "valibot";
import { issueMessage, key } from "./key-doc.ts";
import { matching, oneOf, scalarText } from "./values.ts";

/** Values of directives by name, as systemd reads them: one, or several in their order. */
const directives = () =>
  v.record(
    matching(/^[A-Za-z0-9]+$/, "the name of a directive, such as LimitCORE", "spec/bad-directive"),
    v.union(
      [scalarText(), v.array(scalarText())],
      issueMessage("spec/bad-type", 'a value as systemd reads it, or a list of them; "" for an empty one'),
    ),
  );

const unitSections = {
  Unit: key(directives(), {
    meaning: "Directives of [Unit].",
    default: "none",
    becomes: "the same lines in [Unit]",
    example: "{ PartOf: desk.target }",
  }),
  Service: key(directives(), {
    meaning: "Directives of [Service].",
    default: "none",
    becomes: "the same lines in [Service]",
    example: "{ LimitCORE: infinity }",
  }),
  Install: key(directives(), {
    meaning: "Directives of [Install].",
    default: "WantedBy=multi-user.target, or default.target in user scope",
    becomes: "the same lines in [Install]",
    example: "{ WantedBy: graphical.target }",
  }),
};

const doc = (what: string) => ({
  meaning: `Directives that the spec has no key for, by section, exactly as systemd reads them, % and $ included: ${what}. Lists such as After or Environment are added to; any other directive takes the place of Holdfast's, and plan says so. Anyone on the host can read them, so no secrets.`,
  default: "none",
  becomes: "the same lines in the unit",
});

/** The name of a timer that was there before. */
export const keptTimer = key(
  matching(
    /^[A-Za-z0-9:_.\\][A-Za-z0-9:_.\\-]*(@[A-Za-z0-9:_.\\-]+)?\.timer$/,
    "the name of a timer unit, such as nightly.timer",
    "spec/bad-unit",
  ),
  {
    meaning:
      "Name of the timer, when it is not to be that of the job's unit: for one that was there before Holdfast.",
    default: "the name of the job's unit",
    becomes: "the name of the timer's file",
    example: "nightly.timer",
  },
);

/** What a service or job keeps of the unit that was there before Holdfast. */
export const takenOverKeys = {
  unit: key(
    matching(
      /^[A-Za-z0-9:_.\\][A-Za-z0-9:_.\\-]*(@[A-Za-z0-9:_.\\-]+)?\.service$/,
      "the name of a service unit, such as bot.service",
      "spec/bad-unit",
    ),
    {
      meaning:
        "Name of the unit, when it is not to be APP-NAME.service: for one that was there before Holdfast. A timer has the same name.",
      default: "APP-NAME.service, or APP.service for a service named like the application",
      becomes: "the name of the unit file",
      example: "bot.service",
    },
  ),
  defaults: key(oneOf("holdfast", "systemd"), {
    meaning:
      "Whose defaults hold for what the spec leaves out. holdfast: a sandbox, restarts with a limit, time-outs, a slice and a journal of the application. systemd: its own, so that a unit that was there before behaves as it did; only what records its failures and runs is added.",
    default: "holdfast",
    becomes: "systemd: no directive but for keys that are written",
    example: "systemd",
  }),
};

export const serviceDirectives = key(v.strictObject(unitSections), {
  ...doc("a limit, a condition, a mount"),
  example: "{ Service: { LimitCORE: infinity } }",
});

export const jobDirectives = key(
  v.strictObject({
    ...unitSections,
    Install: key(directives(), {
      meaning: "Directives of [Install] of the service; its timer has WantedBy=timers.target.",
      default: "none: the timer starts it",
      becomes: "the same lines in [Install] of the service",
      example: "{ WantedBy: multi-user.target }",
    }),
    TimerUnit: key(directives(), {
      meaning: "Directives of [Unit] of the timer.",
      default: "none",
      becomes: "the same lines in [Unit] of the timer",
      example: "{ ConditionACPower: true }",
    }),
    TimerInstall: key(directives(), {
      meaning: "Directives of [Install] of the timer.",
      default: "WantedBy=timers.target",
      becomes: "the same lines in [Install] of the timer",
      example: "{ WantedBy: multi-user.target }",
    }),
    Timer: key(directives(), {
      meaning: "Directives of [Timer]; one that says when makes a timer, too.",
      default: "none",
      becomes: "the same lines in [Timer]",
      example: "{ OnBootSec: 15min, OnUnitActiveSec: 1d }",
    }),
  }),
  { ...doc("a limit, a condition, a moment after boot"), example: "{ Service: { LimitCORE: infinity } }" },
);
