import { giveUpTemplate, logNamespace, sliceUnit } from "../../compile/names.ts";
import { valueText, type PropertyChange } from "./compare-properties.ts";

/** What of the application a difference may come from. */
export type Companions = {
  app: string;
  /** Its name as systemd loads it. */
  unit: string;
  /** Units that it started when it failed. */
  onFailure: readonly string[];
  /** Time zone of the host, which times without one are in. */
  zone: string;
};

type Explain = (change: PropertyChange, of: Companions) => string | null;

/** Properties whose whole value has another reason than what the unit does. */
const byProperty: Readonly<Record<string, Explain>> = {
  FragmentPath: () => "the unit stands where Holdfast writes it",
  SourcePath: () => "it is written by Holdfast and no longer by what made it before",
  DropInPaths: ({ added }) =>
    added !== null && added.length === 0 ? "its drop-ins are part of the one file now" : null,
  UnitFilePreset: () =>
    "the preset of a distribution goes by where a file stands, and decides only at installation",
  UnitFileState: ({ before, after }) =>
    isBootState(before) && isBootState(after)
      ? "whether it starts at boot is kept when the unit is taken over: that is a link, not the unit"
      : null,
  // Whoever was told of every crash would now be told of the last one only.
  RestartMode: ({ before, after }, { onFailure }) =>
    before === "normal" && after === "direct" && onFailure.length === 0
      ? "a crash leads straight to the next start, so that only giving up is recorded"
      : null,
  Description: ({ before }, { unit }) =>
    before === unit ? "it had no words for people, and has some now" : null,
  WorkingDirectory: ({ before, after }) =>
    before === "/" && after === "" ? "a service of the system is in / when nothing is said" : null,
  UnsetEnvironment: ({ added, removed }) =>
    removed?.length === 0 && added?.every((name) => steeringVariables.has(name))
      ? "what would steer the gate of a job, which runs as root, is taken out of its variables"
      : null,
  TimersCalendar: ({ before, after }, { zone }) =>
    valueText(after) === valueText(withZone(before, zone))
      ? "the time zone of the host is written out with its times"
      : null,
  Slice: ({ after }, { app }) =>
    after === sliceUnit(app) ? "all that belongs to the application is in its own slice" : null,
  LogNamespace: ({ before, after }, { app }) =>
    before === "" && after === logNamespace(app)
      ? "its log has a journal of its own, with the limits of the spec (holdfast logs)"
      : null,
};

/** Variables of the dynamic loader and the C library (ld.so(8)). */
const steeringVariables: ReadonlySet<string> = new Set([
  "LD_PRELOAD",
  "LD_AUDIT",
  "LD_LIBRARY_PATH",
  "GCONV_PATH",
  "LOCPATH",
  "GLIBC_TUNABLES",
]);

function withZone(times: PropertyChange["before"], zone: string): PropertyChange["before"] {
  if (!Array.isArray(times)) return times;
  return (times as readonly (readonly [string, string])[]).map(([key, time]) => [key, `${time} ${zone}`]);
}

/** The commands that the compiler puts before and after a job (job-unit.ts). */
function isOwnCommand(property: string, command: string, app: string): boolean {
  const verb = { ExecCondition: "gate", ExecStopPost: "record-run" }[property.replace(/Ex$/, "")];
  return (
    verb !== undefined &&
    command.startsWith("{ /usr/bin/env ; ") &&
    command.includes(`/holdfast ${verb} ${app} `)
  );
}

function isBootState(value: PropertyChange["before"]): boolean {
  return (
    typeof value === "string" && /^(enabled|disabled|static|indirect|alias|linked|generated|)$/.test(value)
  );
}

/** Why a member of a list came or went. */
function explainMember(
  { property, added }: PropertyChange,
  word: string,
  came: boolean,
  { app }: Companions,
): string | null {
  const giveUp = giveUpTemplate(app).replace(/\.service$/, "");
  if (came && word.startsWith(giveUp) && property === "OnFailure") return "Holdfast records when it gives up";
  const journal = new RegExp(`^systemd-journald(-varlink)?@${logNamespace(app)}\\.(service|socket)$`);
  if (came && journal.test(word)) return "the journal of the application is up before it";
  if (property === "RequiresMountsFor" && word === "/") return "the root is always there";
  if (came && isOwnCommand(property, word, app))
    return "runs of a job are recorded, and let through once for each time";
  const inSlice = (came ? [word] : (added ?? [])).includes(sliceUnit(app));
  if (word.endsWith(".slice") && inSlice && /^(After|Requires)$/.test(property))
    return "it is in the slice of the application";
  return null;
}

/** Why a property may have another value without the unit doing anything else, in one sentence; null when nothing says so. */
export function explain(change: PropertyChange, of: Companions): string | null {
  const whole = byProperty[change.property]?.(change, of) ?? null;
  if (whole !== null) return whole;
  if (change.added === null || change.removed === null) return null;
  const reasons = [
    ...change.added.map((word) => explainMember(change, word, true, of)),
    ...change.removed.map((word) => explainMember(change, word, false, of)),
  ];
  return reasons.includes(null) ? null : [...new Set(reasons)].join("; ");
}

/** The same for what says how a unit is enabled. */
export function explainInstall({ property, before, added, removed }: PropertyChange): string | null {
  const isNew = Array.isArray(before) && before.length === 0 && removed?.length === 0;
  return isNew && property === "WantedBy" && added?.join() === "multi-user.target"
    ? "it can be enabled now, which happens only when the spec says so"
    : null;
}
