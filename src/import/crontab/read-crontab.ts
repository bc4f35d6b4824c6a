import type { Place } from "../../report/diagnostic.ts";
import { linePlace, linesOf } from "../places.ts";

/** One line of a crontab that runs something. */
export type CronEntry = {
  at: Place;
  /** As it stands in the file. */
  line: string;
  /** Five fields, or one word such as @daily. */
  when: readonly string[];
  /** The account of the line; null in a user's own crontab. */
  user: string | null;
  /** What the shell gets: up to the first % without a backslash. */
  command: string;
  /** What the command gets on its input. */
  input: readonly string[] | null;
  /** Variables that were set above the line, the last one wins. */
  variables: ReadonlyMap<string, { value: string; at: Place }>;
};

export type Crontab = { entries: readonly CronEntry[]; odd: readonly { at: Place; line: string }[] };

const field = String.raw`[^\s@]\S*`;
const times = new RegExp(
  String.raw`^-?(${field})\s+(${field})\s+(${field})\s+(${field})\s+(${field})\s+(.*)$`,
);

/** Reads a crontab as cron does: variables hold for the lines below them. `withUser` is for /etc/crontab and /etc/cron.d. */
export function readCrontab(file: string, text: string, withUser: boolean, most = Infinity): Crontab {
  const entries: CronEntry[] = [];
  const odd: { at: Place; line: string }[] = [];
  let variables = new Map<string, { value: string; at: Place }>();
  for (const [index, line] of linesOf(text).entries()) {
    if (entries.length >= most) break;
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const at = linePlace(file, index + 1, line);
    const variable = readVariable(trimmed);
    if (variable) {
      variables = new Map(variables).set(variable[0], { value: variable[1], at });
      continue;
    }
    const word = /^(@\w+(?:\s+\d+\w*)?)\s+(.*)$/.exec(trimmed);
    const match = word ?? times.exec(trimmed);
    const rest = match?.at(-1) ?? "";
    const account = withUser ? /^(\S+)\s+(.*)$/.exec(rest) : null;
    if (!match || rest === "" || (withUser && !account)) {
      odd.push({ at, line: trimmed });
      continue;
    }
    entries.push({
      at,
      line: trimmed,
      when: word ? [word[1]!] : match.slice(1, 6),
      user: account?.[1] ?? null,
      ...splitInput(account?.[2] ?? rest),
      variables,
    });
  }
  return { entries, odd };
}

/** NAME = value, in quotes or not. */
function readVariable(line: string): [name: string, value: string] | null {
  const match = /^(?:"([^"=]+)"|'([^'=]+)'|([A-Za-z_]\w*))\s*=\s*(.*)$/.exec(line);
  if (!match) return null;
  const value = match[4]!.trim();
  return [match[1] ?? match[2] ?? match[3]!, value.replace(/^(["'])(.*)\1$/s, "$2")];
}

/** The first % ends the command; the others are line breaks of its input, and \% is a plain one. */
function splitInput(rest: string): { command: string; input: readonly string[] | null } {
  const parts: string[] = [""];
  for (let i = 0; i < rest.length; i++) {
    if (rest.startsWith("\\%", i)) {
      parts[parts.length - 1] += "%";
      i += 1;
    } else if (rest[i] === "%") parts.push("");
    else parts[parts.length - 1] += rest[i]!;
  }
  const [command = "", ...input] = parts;
  return { command: command.trim(), input: input.length === 0 ? null : input };
}

/** Whether a text is a crontab, and whether it names accounts: by its lines, where its place does not say so. */
export function looksLikeCrontab(text: string): { withUser: boolean } | null {
  const lines = linesOf(text.slice(0, 200_000))
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#") && readVariable(line) === null);
  const isTime = (line: string): boolean =>
    /^(@(reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)\s|-?([\d*~][\d*,/~-]*|[a-z]{3}([,-][a-z]{3})*)(\s+([\d*~][\d*,/~-]*|[A-Za-z]{3}([,-][A-Za-z]{3})*)){4}\s+\S)/.test(
      line,
    );
  if (lines.length === 0 || !lines.some(isTime) || lines.filter(isTime).length * 2 < lines.length)
    return null;
  const commands = lines
    .filter(isTime)
    .map((line) => (line.startsWith("@") ? line.split(/\s+/).slice(1) : line.split(/\s+/).slice(5)));
  // An account is a plain word that is the name of no usual program, with a command behind it.
  const withUser = commands.every(
    ([first = "", second]) =>
      second !== undefined && /^[a-z_][a-z0-9_-]*$/.test(first) && !programs.has(first),
  );
  return { withUser };
}

const programs = new Set(
  "cd test sh bash python python3 node npm npx php perl ruby java curl wget find rm cp mv echo printf cat tar rsync systemctl service docker pm2 certbot nice ionice flock timeout sudo env exec nohup sleep date git make logrotate pgrep pkill ps kill run-parts command export if for true tee mysqldump pg_dump restic borg rclone".split(
    " ",
  ),
);
