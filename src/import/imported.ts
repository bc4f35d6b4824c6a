import type { Diagnostic, Place } from "../report/diagnostic.ts";
import type { Key } from "../init/write-keys.ts";

/** A file of another program, as text. The importer reads it as data; nothing of it is ever run. */
export type ForeignFile = { path: string; text: string };

/** What an importer may know besides the files; all of it is asked of the host by the caller. */
export type ImportOptions = {
  /** No account is named then: the services run as whoever applies the spec. */
  userScope: boolean;
  /** Time zone of the host that the files are from, such as Europe/Berlin. */
  zone: string;
  /** The account that things ran as where no file says so. */
  account?: string | undefined;
  /** Name of the application, where the user chose one. */
  app?: string | undefined;
  /** Home directories by account, where they are known. */
  homes?: ReadonlyMap<string, string> | undefined;
  /** Further files that may be looked at, such as a script that a crontab runs; null when it cannot be read. */
  readFile?: ((path: string) => string | null) | undefined;
};

/** A value, why it is what it is, and where it stood. */
export type Reasoned<T> = { value: T; why: string; at?: Place | undefined };

/** A service or a job: any keys of the spec, each with its reason. */
export type ImportedProgram = {
  name: string;
  /** Where it stood. */
  at: Place;
  /** Sentences above it: where it comes from, and what a person has to know. */
  notes: readonly string[];
  /** Where it runs, if not in the application's directory; the writer then changes there with env -C. */
  directory?: string | undefined;
  /** Other names that a watchdog may call it by: "bot.service", "pm2 bot". */
  aliases?: readonly string[] | undefined;
  /** Files that its output went to; it is in the journal now. */
  logFiles?: readonly string[] | undefined;
  /** The run key holds the list of words; the writer makes one line of it. Such as { key: ["restart", "delay"], value: "5s", why: "startsecs=5" }. */
  keys: readonly Key[];
};

/** One thing that the spec does not have, so that nobody has to look for it. */
export type Dropped = {
  at: Place;
  /** As it was written, short: "MAILTO=ops@example.org". */
  what: string;
  /** One sentence without a full stop. */
  why: string;
  /** The next thing to do; "nothing" where nothing is lost. */
  todo: string;
};

/** One application that was read from foreign files. A spec has one account: files with two become two applications. */
export type Imported = {
  app: Reasoned<string>;
  directory: Reasoned<string>;
  /** null in user scope. */
  user: Reasoned<string> | null;
  /** Further keys of the file's top level, such as zone, logs or allow-root. */
  keys: readonly Key[];
  services: readonly ImportedProgram[];
  jobs: readonly ImportedProgram[];
  dropped: readonly Dropped[];
  /** What the application was read from, in words: "the crontab of alice". */
  source: string;
  /** Whether its commands must stay as they are, so that it cannot join an application with another directory. */
  fixedDirectory?: boolean | undefined;
};

/** A script or line that restarted something when it looked wrong: probes and heals of the service take its place. */
export type Watchdog = {
  at: Place;
  /** What it restarted. */
  targets: readonly { manager: "systemd" | "pm2" | "supervisor" | "process"; name: string; at: Place }[];
  /** How it started the program, where it did so itself. */
  start: { command: string; directory: string | null; at: Place } | null;
  /** Keys of the service, such as health and heal. */
  keys: readonly Key[];
  /** What it got wrong, and what is right now. */
  notes: readonly string[];
  dropped: readonly Dropped[];
  /** The account that it ran as. */
  user: string | null;
};

export type ImportResult = {
  apps: readonly Imported[];
  watchdogs?: readonly Watchdog[];
  diagnostics: readonly Diagnostic[];
};

/** Reads files of one format; null when they are none of it. Pure, and never throws for what a file says. */
export type Importer = (files: readonly ForeignFile[], options: ImportOptions) => ImportResult | null;
