import { posix } from "node:path";
import { hideShapes } from "../../value/secret-shapes.ts";
import type { Diagnostic } from "../../report/diagnostic.ts";
import { slugOf } from "../../spec/slug.ts";
import type { Key } from "../../init/write-keys.ts";
import { commonDirectory } from "../common-directory.ts";
import { fromCommand, logFilesOf } from "../from-command.ts";
import type {
  Dropped,
  ForeignFile,
  Imported,
  ImportedProgram,
  Importer,
  ImportOptions,
  Watchdog,
} from "../imported.ts";
import { Names, nameOfCommand } from "../names.ts";
import { baseName } from "../places.ts";
import { takeApart, type TakenApart } from "../shell/take-apart.ts";
import { readWatchdog } from "../watchdog/read-watchdog.ts";
import { readCrontab, looksLikeCrontab, type CronEntry } from "./read-crontab.ts";
import { delayKey, timeOf, timeoutKey } from "./schedule-of.ts";

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

const mostLines = 5000;
const mostOdd = 100;

type Account = { user: string | null; why: string };
type Group = {
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

/** Imports crontabs: a job for each line, a service for @reboot, and probes in the place of a watchdog. */
export const importCrontab: Importer = (files, options) => {
  const groups = new Map<string, Group>();
  const watchdogs: Watchdog[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const file of files) {
    const { withUser, owner } = kindOf(file);
    const { entries, odd } = readCrontab(file.path, file.text, withUser, mostLines);
    for (const { at, line } of odd.slice(0, mostOdd))
      diagnostics.push({
        severity: "error",
        code: "import/bad-cron-line",
        summary: `Cannot read this line of the crontab: ${hideShapes(line.slice(0, 80)).text}`,
        at,
        detail: withUser
          ? "expected five fields, an account and a command, as in /etc/crontab"
          : "expected five fields and a command, or NAME=value",
        fix: "cron passes over it too: correct it, or remove it",
      });
    if (odd.length > mostOdd || entries.length === mostLines)
      diagnostics.push({
        severity: "error",
        code: "import/too-many",
        summary: `Cannot import all of ${file.path}: ${odd.length > mostOdd ? `${odd.length} lines cannot be read` : `no more than ${mostLines} lines are taken`}`,
        at: (odd[mostOdd] ?? entries.at(-1)!).at,
        fix: "see whether it is a crontab at all, and split it",
      });
    for (const entry of entries) {
      const account = accountOf(entry, owner, options);
      const group = groupFor(groups, file, account, options);
      group.files.add(file.path);
      const watchdog = readWatchdog(
        { at: entry.at, command: entry.command, home: group.home, user: account.user },
        options,
      );
      if (watchdog) watchdogs.push(watchdog);
      else addEntry(group, entry);
    }
    noteMail(groups, entries, owner, options);
  }
  return { apps: [...groups.values()].flatMap((group) => finish(group, options)), watchdogs, diagnostics };
};

function kindOf(file: ForeignFile): { withUser: boolean; owner: string | null } {
  const spool = /(?:^|\/)(?:spool\/cron(?:\/crontabs|\/tabs)?|cron\/tabs)\/([^/]+)$/.exec(file.path);
  if (spool) return { withUser: false, owner: spool[1]! };
  if (/(^|\/)(etc\/crontab|cron\.d\/[^/]+)$/.test(file.path)) return { withUser: true, owner: null };
  return { withUser: looksLikeCrontab(file.text)?.withUser ?? false, owner: null };
}

function accountOf({ user }: CronEntry, owner: string | null, options: ImportOptions): Account {
  if (options.userScope) return { user: null, why: "" };
  if (user !== null) return { user, why: "the account in the line" };
  if (owner !== null) return { user: owner, why: "whose crontab it is" };
  return {
    user: options.account ?? "root",
    why:
      options.account === undefined
        ? "a guess: the crontab does not say whose it is (--account NAME)"
        : "whose crontab it is",
  };
}

function groupFor(
  groups: Map<string, Group>,
  file: ForeignFile,
  account: Account,
  options: ImportOptions,
): Group {
  const id = account.user ?? "";
  const found = groups.get(id);
  if (found) return found;
  const spool = kindOf(file).owner !== null;
  const base = slugOf(baseName(file.path).replace(/\.(txt|cron|crontab)$/, "")) || "jobs";
  const named =
    options.app ?? (spool || base === "crontab" ? `${slugOf(account.user ?? "") || "my"}-jobs` : base);
  const app = groups.size === 0 ? named : `${named}-${slugOf(account.user ?? "") || "jobs"}`;
  const home = homeOf(account.user, options);
  const group: Group = {
    account,
    app,
    services: [],
    jobs: [],
    dropped: [],
    seen: new Map(),
    names: new Names(),
    home,
    files: new Set(),
  };
  groups.set(id, group);
  return group;
}

function homeOf(user: string | null, { homes, account }: ImportOptions): string {
  const name = user ?? account;
  const known = name === undefined || name === null ? undefined : homes?.get(name);
  return known ?? (name === "root" ? "/root" : name === undefined || name === null ? "/" : `/home/${name}`);
}

function addEntry(group: Group, entry: CronEntry): void {
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
    ...[...entry.variables].map(([name, { value }]) => [name, value] as const),
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

/** Mail is the one thing that cron does besides running; said once for each address. */
function noteMail(
  groups: Map<string, Group>,
  entries: readonly CronEntry[],
  owner: string | null,
  options: ImportOptions,
): void {
  const seen = new Set<string>();
  for (const entry of entries) {
    const mail = entry.variables.get("MAILTO");
    if (mail === undefined || mail.value === "" || seen.has(mail.value)) continue;
    seen.add(mail.value);
    groups.get(accountOf(entry, owner, options).user ?? "")?.dropped.push({
      at: mail.at,
      what: `MAILTO=${mail.value}`,
      why: "output goes into the journal, and is mailed to nobody",
      todo: "tell people of failures instead: notify: with an email channel (holdfast explain notify)",
    });
  }
}

function finish(group: Group, options: ImportOptions): Imported[] {
  const { account, services, jobs, dropped, app } = group;
  if (services.length + jobs.length + dropped.length === 0) return [];
  const directory = commonDirectory([...services, ...jobs]) ?? group.home;
  const [at] = [...services, ...jobs].map((program) => program.at);
  return [
    {
      app: { value: app, why: "after the crontab; units are named after it" },
      directory: {
        value: directory,
        why:
          directory === group.home
            ? "the home directory, where cron starts programs"
            : "where most of it runs",
      },
      user: account.user === null ? null : { value: account.user, why: account.why },
      keys: [
        ...(account.user === "root"
          ? [
              {
                key: ["allow-root"],
                value: "its crontab ran it as root",
                why: "better: an account of its own",
                at,
              },
            ]
          : []),
        ...(jobs.length > 0
          ? [{ key: ["zone"], value: options.zone, why: "this host's; cron goes by the host's", at }]
          : []),
      ],
      services,
      jobs,
      dropped,
      source: [...group.files].join(", "),
    },
  ];
}
