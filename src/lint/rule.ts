import type { Edit } from "../unit/edit-unit.ts";
import type { Assignment, UnitFile, UnitNode } from "../unit/unit-file.ts";
import { valuePlace } from "../unit/value-place.ts";
import type { HostFacts } from "../host/facts.ts";
import type { LintUnit, UnitScope } from "./lint-unit.ts";

/** How bad it is: the first two are errors, the third is a warning. */
export type Level = "will-not-start" | "will-not-do-what-it-says" | "risky";

/** What a rule found: where, and what is so there. */
export type Finding = {
  file: UnitFile;
  /** Offsets into the file's text of the part that is marked. */
  start: number;
  end: number;
  /** What is wrong here, with the names and values of this unit: "Restart= stands in [Unit], where it is ignored". */
  says: string;
  /** What will really happen, when this unit tells more than the rule's `happens`. */
  happens?: string;
  /** What to do, in words, or the line to write. */
  fix?: string;
  /** What `--fix` does; only where nothing but the mistake can be meant. All of the same file. */
  edits?: readonly Edit[];
  /** Another level than the rule's own, where this unit makes it better or worse. */
  level?: Level;
};

/** What rules know beside the unit itself. */
export type LintContext = {
  /** Version of the target's systemd. */
  systemd: number;
  /** Another unit of the same run or host, by full name, aliases and templates resolved; null when there is none. */
  unit(name: string): LintUnit | null;
  /** Every unit of this run. */
  units: readonly LintUnit[];
  /** null when the host is not known. */
  host: HostFacts | null;
  /** Files in drop-in folders that systemd does not read, because their name does not end in ".conf". */
  strays?: readonly string[];
  /** Now, in milliseconds since 1970, for dates that have passed; without it none has. */
  now?: number;
};

/**
 * A unit with the mistake, or without it: the text of one unit (its name follows from its sections), or more than that.
 * Examples are shown by `holdfast explain`, and every rule is tested with its own.
 */
export type Example =
  | string
  | {
      /** File names ("bot.service", "bot.service.d/10-x.conf") and their texts. */
      units: Readonly<Record<string, string>>;
      scope?: UnitScope;
      /** 252 when not given. */
      systemd?: number;
      host?: ExampleHost;
    };

/** What the host of an example has. */
export type ExampleHost = {
  /** Path -> mode as in "0755", "directory" (0755), or a text, which is a file of mode 0644 (0755 when it begins with "#!"). */
  paths?: Readonly<Record<string, string>>;
  users?: readonly string[];
  groups?: readonly string[];
  lingering?: readonly string[];
  zone?: string;
  units?: readonly string[];
};

export type Rule = {
  /** Stable: "exec-shell-syntax". Shown as [lint/exec-shell-syntax]. */
  id: string;
  level: Level;
  /** One line: why this is a mistake. */
  reason: string;
  /** What will really happen: "217/USER at start", "the setting is dropped: no limit". */
  happens: string;
  /** Only with a host: asks HostFacts. */
  needsHost?: true;
  /** Man page, issue or measurement. */
  source?: string;
  bad: Example;
  good: Example;
  check(unit: LintUnit, context: LintContext): Iterable<Finding>;
};

type Marked = Pick<Finding, "file" | "start" | "end">;

/** White space of systemd around a line, not Unicode's. */
const leading = /^[ \t]*/;
const ending = " \t\r\n\0";

/** Marks the value of an assignment, or `part` of it (offsets into the value). */
export function atValue(
  file: UnitFile,
  assignment: Assignment,
  part: { start: number; end: number } = { start: 0, end: assignment.value.length },
): Pick<Finding, "file" | "start" | "end"> {
  const place = valuePlace(file, assignment);
  const last = assignment.start + file.text.slice(assignment.start, assignment.end).trimEnd().length;
  const start = Math.min(place(part.start), last);
  return { file, start, end: Math.max(Math.min(place(part.end), last), start) };
}

/** Marks the key of an assignment. */
export function atKey(file: UnitFile, assignment: Assignment): Marked {
  const { from } = trimmed(file, assignment);
  return { file, start: from, end: from + assignment.key.length };
}

/** Marks a whole line, without its line end. */
export function atLine(file: UnitFile, node: UnitNode): Marked {
  const { from, to } = trimmed(file, node);
  return { file, start: from, end: to };
}

function trimmed(file: UnitFile, { start, end }: UnitNode): { from: number; to: number; text: string } {
  const line = file.text.slice(start, end);
  const from = start + leading.exec(line)![0].length;
  let to = end;
  while (to > from && ending.includes(file.text[to - 1]!)) to -= 1;
  return { from, to, text: file.text.slice(from, to) };
}
