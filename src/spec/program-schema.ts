import * as v from "valibot";
import { issueMessage, key, requiredKey } from "./key-doc.ts";
import { command, duration, fileMode, percent, score, size } from "./read-values.ts";
import { takenOverKeys } from "./systemd-schema.ts";
import { absolutePath, count, filePath, flag, matching, oneOf, scalarText, text } from "./values.ts";

const signals = [
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGUSR1",
  "SIGUSR2",
  "SIGTERM",
  "SIGABRT",
  "SIGKILL",
] as const;
const variable = () =>
  matching(
    /^[A-Za-z_][A-Za-z0-9_]*$/,
    "a variable name of letters, digits and underscores",
    "spec/bad-variable",
  );
const unit = () =>
  matching(
    /^([A-Za-z0-9:_@-]+|[A-Za-z0-9:_.@\\-]+\.(service|socket|timer|target|path|mount|automount|swap|slice|scope|device))$/,
    "a service of this file or a unit name such as postgresql.service",
    "spec/bad-unit",
  );
const env = v.strictObject({
  file: key(
    v.union([filePath(), v.array(filePath())], issueMessage("spec/bad-type", "a path or a list of paths")),
    {
      meaning:
        "File of NAME=value lines, read by systemd under its own rules: no export, no comment behind a value, no $ expansion. Holdfast refuses a line that would be dropped or changed.",
      default: "none",
      becomes: "EnvironmentFile=",
      example: ".env",
    },
  ),
  require: key(v.array(variable()), {
    meaning:
      "Names that must have a value in the file or in set. Missing ones are named before anything is touched; values are never printed.",
    default: "none",
    example: "[POLYGON_RPC_URL]",
  }),
  assert: key(v.record(variable(), scalarText()), {
    meaning:
      "Values that variables must have, in the file or in set; nothing starts with any other. For what must never be mixed up, such as paper and live.",
    default: "none",
    example: '{ IS_PAPER_TRADING: "true" }',
  }),
  set: key(v.record(variable(), scalarText()), {
    meaning: "Plain settings as variables. Anyone on the host can read them, so no secrets.",
    default: "none",
    becomes: "Environment=",
    example: "{ MODE: live }",
  }),
});

const stop = v.strictObject({
  signal: key(oneOf(...signals), {
    meaning: "How the program is asked to finish.",
    default: "SIGTERM",
    becomes: "KillSignal=",
    example: "SIGINT",
  }),
  timeout: key(duration(), {
    meaning: "How long it may take to finish before it is killed.",
    default: "30s",
    becomes: "TimeoutStopSec=",
    example: "60s",
  }),
  kill: key(oneOf("control-group", "mixed"), {
    meaning:
      "Who gets the stop signal. control-group: every process. mixed: only the main process gets it, and its children are killed without warning once it has gone.",
    default: "control-group",
    becomes: "KillMode=",
    example: "mixed",
  }),
  "clean-exit": key(v.array(count(0, 255)), {
    meaning: "Exit codes that are a clean end besides 0, such as 143 for Java.",
    default: "none; 143 for runtime java",
    becomes: "SuccessExitStatus=",
    example: "[143]",
  }),
});

const limits = v.strictObject({
  memory: key(size({ infinity: true }), {
    meaning: "Hard limit: the kernel kills the service above it.",
    default: "none",
    becomes: "MemoryMax=",
    example: "2G",
  }),
  "memory-high": key(size({ infinity: true }), {
    meaning: "Soft limit: above it the service is slowed down and its memory reclaimed. Needs cgroup v2.",
    default: "none",
    becomes: "MemoryHigh=",
    example: "1536M",
  }),
  swap: key(size({ zero: true, infinity: true }), {
    meaning: "The most swap it may use.",
    default: "none",
    becomes: "MemorySwapMax=",
    example: "0M",
  }),
  cpu: key(percent(), {
    meaning: "CPU time, in percent of one core.",
    default: "none",
    becomes: "CPUQuota=",
    example: "150%",
  }),
  tasks: key(count(16, 4_194_304), {
    meaning:
      "The most processes and threads together. JVMs need 64 or more. Use it instead of the per-user LimitNPROC.",
    default: "systemd's own",
    becomes: "TasksMax=",
    example: "512",
  }),
  files: key(count(16, 1_048_576), {
    meaning: "The most open files of one process.",
    default: "systemd's own",
    becomes: "LimitNOFILE=",
    example: "65536",
  }),
  nice: key(count(-20, 19), {
    meaning: "Scheduling priority: below 0 takes time from everything else on the host; prefer cpu-weight.",
    default: "0",
    becomes: "Nice=",
    example: "5",
  }),
  "cpu-weight": key(count(1, 10_000), {
    meaning: "Share of CPU time when it is short; 100 is normal.",
    default: "100",
    becomes: "CPUWeight=",
    example: "200",
  }),
  "io-weight": key(count(1, 10_000), {
    meaning: "Share of disk time when it is short; 100 is normal.",
    default: "100",
    becomes: "IOWeight=",
    example: "50",
  }),
});

const written = v.union(
  [
    filePath(),
    v.strictObject({
      path: requiredKey(filePath(), { meaning: "The directory; relative to directory.", example: "logs" }),
      mode: key(fileMode(), {
        meaning: "Its permissions.",
        default: '"0750"',
        becomes: "a tmpfiles.d line",
        example: '"0700"',
      }),
    }),
  ],
  issueMessage("spec/bad-type", "a directory, or { path, mode }"),
);

/** Hardening that a service may need relaxed, by what it needs rather than by directive. */
export const allowances = [
  "write-and-execute-memory",
  "namespaces",
  "realtime",
  "devices",
  "packet-sockets",
  "netlink",
  "setuid",
  "all-system-calls",
] as const;

const hardeningBlock = v.strictObject({
  level: key(oneOf("off", "basic", "strict"), {
    meaning: "How much is denied: off, basic or strict.",
    default: "strict",
    example: "strict",
  }),
  allow: key(v.array(oneOf(...allowances)), {
    meaning: "What the program needs although the level denies it.",
    default: "nothing",
    example: "[write-and-execute-memory]",
  }),
  profile: key(
    matching(
      /^[a-z0-9][a-z0-9_-]{0,63}$/,
      "a name of lower-case letters, digits, - and _, such as polybot-bot",
      "spec/bad-name",
    ),
    {
      meaning:
        "What holdfast harden has learned about the program, in hardening/NAME.yaml beside this file: what is tighter than the level, and what of the level the program does not survive. plan and doctor say when it is stale.",
      default: "none",
      becomes: "directives that differ from the level's; see compile --explain",
      example: "polybot-bot",
    },
  ),
  apparmor: key(flag(), {
    meaning:
      "Puts the program under an AppArmor profile of its own as well, made from what the spec says of it: it reads the application and the system, writes what is declared, runs nothing that it can write, and sees no home directories. Where the host has no AppArmor, the plan says so.",
    default: "false",
    becomes: "AppArmorProfile=, and a profile in /etc/apparmor.d",
    example: "true",
  }),
  "at-most": key(score(), {
    meaning:
      "The worst exposure score of systemd-analyze security that plan and apply accept (0 is tight, 10 is open).",
    default: "2.0 for strict, none otherwise",
    example: "2.0",
  }),
});

/** What every program needs, whether it runs for ever (services) or at its times (jobs). */
export const programKeys = {
  run: requiredKey(command(), {
    meaning:
      "The program and its arguments. A program with a slash is relative to directory; a bare name is looked up by systemd in the standard directories. Never a shell: no &&, |, > or $VAR.",
    becomes: "ExecStart=",
    example: "venv/bin/python bot.py",
  }),
  description: key(text(), {
    meaning: "One line for this service.",
    default: "the application's description and the name",
    becomes: "Description=",
    example: "Trading bot",
  }),
  runtime: key(
    matching(
      /^(python|node|bun|deno|java|ruby|go|shell|other)(\s*>=\s*\d+(\.\d+){0,2})?$/,
      'a runtime, such as python or "node >= 22": python, node, bun, deno, java, ruby, go, shell or other',
      "spec/bad-runtime",
    ),
    {
      meaning:
        "What runs the program. It picks environment defaults and which hardening the runtime survives; a minimum version is checked before anything is touched.",
      default: "guessed from the program's name",
      becomes: "PYTHONUNBUFFERED=1 and PATH for python, MemoryDenyWriteExecute= where possible",
      example: "python >= 3.11",
    },
  ),
  "before-start": key(v.array(command()), {
    meaning:
      "Commands that must succeed before the program starts, as its user and in its sandbox. Only what is true before it runs: a check of the running program belongs to ready.",
    default: "none",
    becomes: "ExecStartPre=",
    example: "[bin/app check-config]",
  }),
  "after-stop": key(v.array(command()), {
    meaning: "Commands to tidy up after the program has gone, however it went.",
    default: "none",
    becomes: "ExecStopPost=",
    example: "[bin/app cleanup]",
  }),
  "needs-files": key(v.array(filePath()), {
    meaning: "Files that the service's user must be able to read before it may start.",
    default: "none",
    becomes: "ExecStartPre=/usr/bin/test -r",
    example: "[settings/manifest.toml]",
  }),
  env: key(env, {
    meaning: "The program's environment.",
    default: "systemd's own",
    example: "{ file: .env, require: [API_URL] }",
  }),
  secrets: key(
    v.record(
      matching(/^[A-Za-z0-9_.-]{1,100}$/, "a credential name of letters, digits, _ . and -", "spec/bad-name"),
      absolutePath(),
    ),
    {
      meaning:
        "Files whose content is secret, by the name the program finds them under in $CREDENTIALS_DIRECTORY. Only the service can read them; the content never enters a unit, a plan or a log.",
      default: "none",
      becomes: "LoadCredential=, or LoadCredentialEncrypted= where the host can encrypt",
      example: "{ WALLET_KEY: /etc/polybot/wallet.key }",
    },
  ),
  stop: key(stop, {
    meaning: "How the program is stopped.",
    default: "SIGTERM, 30s",
    example: "{ timeout: 60s }",
  }),
  limits: key(limits, {
    meaning: "What the service may use of the machine.",
    default: "no limits",
    example: "{ memory: 2G, cpu: 150% }",
  }),
  writes: key(v.array(written), {
    meaning:
      "Directories the program writes to. They are made, owned by the service's user, and are the only ones it can write to.",
    default: "none",
    becomes: "a tmpfiles.d line and ReadWritePaths=",
    example: "[logs, data, state]",
  }),
  "state-directory": key(nameDirectory(), directoryDoc("state", "/var/lib")),
  "cache-directory": key(nameDirectory(), directoryDoc("cache", "/var/cache")),
  "runtime-directory": key(
    nameDirectory(),
    directoryDoc("run-time files such as sockets, gone after a stop", "/run"),
  ),
  network: key(oneOf("full", "local", "none"), {
    meaning:
      "How far the program may reach. full: any address. local: only this machine (needs BPF in the kernel). none: its own empty network.",
    default: "full",
    becomes: "IPAddressAllow=, PrivateNetwork=, RestrictAddressFamilies=",
    example: "local",
  }),
  after: key(v.array(unit()), {
    meaning: "Start after these, if they are started at all.",
    default: "none",
    becomes: "After=",
    example: "[market]",
  }),
  wants: key(v.array(unit()), {
    meaning: "Start these too, and after them; go on without them if they fail.",
    default: "none",
    becomes: "Wants= and After=",
    example: "[redis-server.service]",
  }),
  requires: key(v.array(unit()), {
    meaning: "Start these too, and after them; stop when they are stopped.",
    default: "none",
    becomes: "Requires= and After=",
    example: "[postgresql.service]",
  }),
  hardening: key(
    v.union(
      [oneOf("off", "basic", "strict"), hardeningBlock],
      issueMessage("spec/bad-type", "off, basic, strict, or { level, allow, profile, at-most }"),
    ),
    {
      meaning:
        "How closely the service is shut in. strict scores about 1.1 of 10 (lower is tighter) and every runtime still starts; system calls that are not allowed fail with EPERM instead of killing the program.",
      default: "strict",
      becomes: "some 30 directives; see compile --explain",
      example: "strict",
    },
  ),
  "log-identifier": key(matching(/^[A-Za-z0-9_.-]{1,64}$/, "letters, digits, _ . and -", "spec/bad-name"), {
    meaning: "Name in front of the log lines.",
    default: "the program's name",
    becomes: "SyslogIdentifier=",
    example: "oneiric",
  }),
  ...takenOverKeys,
};

function nameDirectory() {
  return matching(
    /^(?!.*(^|\/)\.{1,2}(\/|$))[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/,
    "a relative name such as polybot",
    "spec/bad-path",
  );
}

function directoryDoc(what: string, root: string) {
  const directive = {
    "/var/lib": "StateDirectory=",
    "/var/cache": "CacheDirectory=",
    "/run": "RuntimeDirectory=",
  }[root]!;
  return {
    meaning: `A directory for ${what} below ${root}, made and owned by systemd.`,
    default: "none",
    becomes: directive,
    example: "polybot",
  };
}

const programSchema = v.strictObject(programKeys);
export type ProgramSpec = v.InferOutput<typeof programSchema>;
