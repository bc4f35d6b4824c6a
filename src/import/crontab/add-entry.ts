import { posix } from "node:path";
import type { Key } from "../../init/write-keys.ts";
import { hideShapes } from "../../value/secret-shapes.ts";
import { isSecret } from "../environment.ts";
import { fromCommand, logFilesOf } from "../from-command.ts";
import type { Dropped, ImportedProgram } from "../imported.ts";
import { nameOfCommand, type Names } from "../names.ts";
import { takeApart, type TakenApart } from "../shell/take-apart.ts";
import type { CronEntry } from "./read-crontab.ts";
import { delayKey, timeOf, timeoutKey } from "./schedule-of.ts";

export type Account = { user: string | null; why: string };
/** What is collected for one account. */
export type Group = {
  account: Account;
  app: string;
  services: ImportedProgram[];
  jobs: ImportedProgram[];
  dropped: Dropped[];
  seen: Map<string, CronEntry>;
  names: Names;
  home: string;
  files: Set<string>;
};

/** Lines that another program put there for itself. */
const notForUs: readonly (readonly [pattern: RegExp, why: string, todo: string])[] = [
  [/\brun-parts\b|\banacron\b/, "it runs the scripts of the system's own packages", "leave it where it is"],
  [
    /\bpm2\s+(resurrect|startOrRestart|start)\b/,
    "PM2 is not needed any more",
    "import what it runs: pm2 save, then holdfast import ~/.pm2/dump.pm2",
  ],
  [
    /(^|\/|\s)supervisord\b(?!\.)/,
    "supervisord is not needed any more",
    "import what it runs: holdfast import /etc/supervisor/supervisord.conf /etc/supervisor/conf.d",
  ],
];

/** Adds what a line becomes: a job, a service for @reboot, or a reason why it is neither. */
export function addEntry(group: Group, entry: CronEntry): void {
  const { at, line } = entry;
  const shown = hideShapes(line).text;
  const same = group.seen.get(line);
  if (same) {
    group.dropped.push({
      at,
      what: shown,
      why: `the same line stands at line ${same.at.line}, and cron ran it twice at once`,
      todo: "nothing",
    });
    return;
  }
  group.seen.set(line, entry);
  const other = notForUs.find(([pattern]) => pattern.test(entry.command));
  if (other) {
    group.dropped.push({ at, what: shown, why: other[1], todo: other[2] });
    return;
  }
  const variable = (name: string): string | undefined => entry.variables.get(name)?.value;
  const home = variable("HOME") ?? group.home;
  const known = new Map([
    ["HOME", home],
    // A secret stays a variable: put in, it would stand in the command.
    ...[...entry.variables].flatMap(([name, { value }]) =>
      isSecret(name, value) ? [] : [[name, value] as const],
    ),
  ]);
  if (group.account.user !== null) known.set("LOGNAME", group.account.user);
  const shell = variable("SHELL") ?? "/bin/sh";
  const taken = withInput(takeApart(entry.command, { known, directory: home, shell }), entry, shell);
  const reboot = entry.when[0]!.toLowerCase() === "@reboot";
  const time = reboot ? null : timeOf(entry, group.app);
  if (time !== null && "todo" in time) {
    group.dropped.push({ at, what: shown, why: time.why, todo: time.todo });
    return;
  }
  const name = group.names.take(
    nameOfCommand(entry.input === null ? taken.run : ["/bin/sh", "-c", entry.command]),
    "job",
  );
  const made = fromCommand(taken, {
    app: group.app,
    name,
    at,
    why: "",
    variables: [...entry.variables]
      .filter(([key, { value }]) => !notForPrograms.has(key) && !(key === "HOME" && value === group.home))
      .map(([key, { value, at: setAt }]) => ({ name: key, value, at: setAt, why: `line ${setAt.line}` })),
    hardening: "as free as cron left it; holdfast harden finds what it needs",
  });
  const directory = made.directory ?? home;
  const notes = [`${at.file}:${at.line}: ${shown}`, ...made.notes, ...riskOf(group, taken)];
  group.dropped.push(...made.dropped);
  const zone = variable("CRON_TZ");
  const logFiles = logFilesOf(taken);
  if (time === null) {
    group.services.push({ name, at, notes, directory, logFiles, keys: [...made.keys, ...rebootKeys(at)] });
    return;
  }
  const { calendars, why, daily } = time;
  const keys: Key[] = [
    ...made.keys.slice(0, 1),
    { key: ["at"], value: calendars.length === 1 ? calendars[0]! : calendars, why, at },
    ...(zone === undefined
      ? []
      : [
          {
            key: ["zone"],
            value: zone,
            why: "CRON_TZ; Debian's old cron did not heed it",
            at: entry.variables.get("CRON_TZ")!.at,
          },
        ]),
    ...made.keys.slice(1),
    ...timeoutKey(taken, daily, at),
    ...delayKey(variable("RANDOM_DELAY"), at),
  ];
  group.jobs.push({ name, at, notes: [...notes, ...time.notes], directory, keys });
}

/** What a service that starts at boot has instead of times. */
function rebootKeys(at: CronEntry["at"]): Key[] {
  return [
    {
      key: ["restart", "on"],
      value: "never",
      why: "@reboot started it once; if it is meant to stay: failure",
      at,
    },
    { key: ["start"], value: false, why: "@reboot: at boot, and not when it is applied", at },
  ];
}

const notForPrograms = new Set([
  "MAILTO",
  "MAILFROM",
  "SHELL",
  "CRON_TZ",
  "RANDOM_DELAY",
  "CONTENT_TYPE",
  "CONTENT_TRANSFER_ENCODING",
]);

/** A unit has no input of its own to write down. */
function withInput(taken: TakenApart, { input, command }: CronEntry, shell: string): TakenApart {
  if (input === null) return taken;
  const quoted = input.map((line) => `'${line.replaceAll("'", String.raw`'\''`)}'`).join(" ");
  return {
    ...taken,
    redirects: [],
    run: [shell, "-c", String.raw`printf '%s\n' ${quoted} | { ${command.replace(/[;&\s]+$/, "")}; }`],
    shell: "% in a crontab begins the command's input",
  };
}

function riskOf({ account }: Group, { run, directory }: TakenApart): string[] {
  if (account.user !== "root") return [];
  const words = run.map((word) =>
    /^\.?\.?\/|^[\w-]+\//.test(word) && !word.startsWith("/") ? `${directory ?? ""}/${word}` : word,
  );
  const own = words.join(" ").match(/\/(?:home|srv|opt)\/[^\s'"]+/)?.[0];
  return own === undefined
    ? []
    : [
        `Root runs ${posix.normalize(own)}: whoever may write there owns the host. Check with holdfast audit, or give it an account of its own.`,
      ];
}
