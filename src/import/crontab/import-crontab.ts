import { hideShapes } from "../../value/secret-shapes.ts";
import type { Diagnostic } from "../../report/diagnostic.ts";
import { slugOf } from "../../spec/slug.ts";
import { addEntry, type Account, type Group } from "./add-entry.ts";
import { commonDirectory } from "../common-directory.ts";
import type { ForeignFile, Imported, Importer, ImportOptions, Watchdog } from "../imported.ts";
import { Names } from "../names.ts";
import { baseName } from "../places.ts";
import { readWatchdog } from "../watchdog/read-watchdog.ts";
import { readCrontab, looksLikeCrontab, type CronEntry } from "./read-crontab.ts";

const mostLines = 5000;
const mostOdd = 100;

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
