import * as v from "valibot";
import { environmentSchema } from "./environment-schema.ts";
import { hardeningSchema } from "./hardening-schema.ts";
import { issueMessage, key, requiredKey } from "./key-doc.ts";
import { limitsSchema } from "./limits-schema.ts";
import { command, fileMode } from "./read-values.ts";
import { stopSchema } from "./stop-schema.ts";
import { takenOverKeys } from "./systemd-schema.ts";
import { absolutePath, filePath, matching, oneOf, text } from "./values.ts";

const unit = () =>
  matching(
    /^([A-Za-z0-9:_@-]+|[A-Za-z0-9:_.@\\-]+\.(service|socket|timer|target|path|mount|automount|swap|slice|scope|device))$/,
    "a service of this file or a unit name such as postgresql.service",
    "spec/bad-unit",
  );
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
  env: key(environmentSchema, {
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
  stop: key(stopSchema, {
    meaning: "How the program is stopped.",
    default: "SIGTERM, 30s",
    example: "{ timeout: 60s }",
  }),
  limits: key(limitsSchema, {
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
  hardening: key(hardeningSchema, {
    meaning:
      "How closely the service is shut in. strict scores about 1.1 of 10 (lower is tighter) and every runtime still starts; system calls that are not allowed fail with EPERM instead of killing the program.",
    default: "strict",
    becomes: "some 30 directives; see compile --explain",
    example: "strict",
  }),
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
