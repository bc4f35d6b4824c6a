import { basename } from "node:path";
import type { Host, Properties } from "../host/host.ts";
import { listOf, textOf } from "../host/properties.ts";
import { printable } from "../value/printable.ts";
import type { FailedCommand } from "./failed-command.ts";
import type { Culprit } from "./failure-facts.ts";
import { findFileTrouble } from "./file-trouble.ts";
import { missingAccounts } from "./missing-accounts.ts";
import { hiddenBy, notRunBy, plainPath } from "./hidden-by.ts";
import { executionTrouble } from "./program-trouble.ts";
import { readDirective } from "./read-directive.ts";
import { placeOf, type Voice } from "./voice.ts";

type Look = { host: Host; properties: Properties; command: FailedCommand; voice: Voice };

/** What on the host, or in the unit, explains that systemd could not run it; the most certain first. It only looks. */
export async function findCulprits(look: Look): Promise<Culprit[]> {
  const { ending } = look.command;
  if (ending.result === "resources" && ending.code === "") return environmentFiles(look);
  if (ending.result === "protocol") return [];
  if (ending.code !== "exited") return [];
  const find = finders[ending.status];
  const found = find === undefined ? [] : await find(look);
  return found.map(({ what, fix }) => ({ what: printable(what), fix: fix && printable(fix) }));
}

const finders: Readonly<Record<number, (look: Look) => Promise<Culprit[]>>> = {
  200: workingDirectory,
  203: program,
  208: (look) => stream(look, "StandardInput"),
  209: (look) => stream(look, "StandardOutput"),
  210: rootDirectory,
  216: missingAccounts,
  217: missingAccounts,
  222: (look) => stream(look, "StandardError"),
  226: sandboxPaths,
  231: profile,
  233: (look) => ownDirectory(look, "RuntimeDirectory", "/run"),
  238: (look) => ownDirectory(look, "StateDirectory", "/var/lib"),
  239: (look) => ownDirectory(look, "CacheDirectory", "/var/cache"),
  240: (look) => ownDirectory(look, "LogsDirectory", "/var/log"),
  241: (look) => ownDirectory(look, "ConfigurationDirectory", "/etc"),
  243: credentials,
};

async function workingDirectory({ host, properties, voice }: Look): Promise<Culprit[]> {
  // systemd marks one that may be missing with "!", and writes "~" for the home directory.
  const path = plainPath(textOf(properties, "WorkingDirectory"));
  if (!path.startsWith("/")) return [];
  const place = placeOf("WorkingDirectory", voice);
  const trouble = await findFileTrouble(host, userOf(properties), path, "enter", place);
  return trouble ? [trouble] : hidden(properties, path, "the working directory");
}

async function program({ host, properties, command, voice }: Look): Promise<Culprit[]> {
  const [path = ""] = command.argv;
  if (path === "") return [];
  const place = placeOf(command.directive, voice);
  if (!path.startsWith("/"))
    return [
      {
        what: `${path} is in none of the directories in which systemd looks (/usr/local/sbin, /usr/local/bin, /usr/sbin, /usr/bin)`,
        fix: `write its whole path in ${place}`,
      },
    ];
  const trouble = await findFileTrouble(host, userOf(properties), path, "run", place);
  if (trouble) return [trouble];
  const unseen = hidden(properties, path, "the program");
  if (unseen.length > 0) return unseen;
  const forbidden = notRunBy(properties, path);
  if (forbidden !== null)
    return [
      {
        what: `${forbidden} forbids to run ${path}`,
        fix: `add ExecPaths=${path}, its interpreter and its libraries`,
      },
    ];
  const refused = await executionTrouble(host, path);
  return refused ? [{ what: refused.says, fix: refused.fix }] : [];
}

function hidden(properties: Properties, path: string, what: string): Culprit[] {
  const by = hiddenBy(properties, path);
  return by === null
    ? []
    : [
        {
          what: `${what} ${path} is there, but ${by} hides it from the service`,
          fix: `move it out of there (such as to /opt), or loosen ${by.split("=")[0]}${by.includes("=") ? "=" : ""}`,
        },
      ];
}

/** systemd opens it before it becomes the account of the service, so only what is missing can be wrong. */
async function stream({ host, properties }: Look, directive: string): Promise<Culprit[]> {
  const value = await readDirective(host, properties, directive);
  const path = /^(?:file|append|truncate):(\/.*)$/.exec(value ?? "")?.[1];
  if (path === undefined) return [];
  const stat = await host.files.stat(path);
  if (stat?.kind === "directory")
    return [
      {
        what: `${directive}=${value} is a directory`,
        fix: `name a file in it: ${directive}=${value}/${basename(path)}.log`,
      },
    ];
  const directory = path.replace(/\/[^/]*$/, "") || "/";
  const trouble = await findFileTrouble(
    host,
    null,
    directive === "StandardInput" ? path : directory,
    "enter",
  );
  return trouble === null
    ? []
    : [
        {
          what: `${trouble.what}, so ${directive}=${value} cannot be opened`,
          fix: `mkdir -p ${directory}, or leave it to the journal`,
        },
      ];
}

async function rootDirectory({ host, properties }: Pick<Look, "host" | "properties">): Promise<Culprit[]> {
  const path = plainPath(textOf(properties, "RootDirectory") || textOf(properties, "RootImage"));
  const trouble = path === "" ? null : await findFileTrouble(host, null, path, "read", "RootDirectory=");
  return trouble ? [trouble] : [];
}

const sandboxLists = [
  "ReadWritePaths",
  "ReadOnlyPaths",
  "InaccessiblePaths",
  "ExecPaths",
  "NoExecPaths",
] as const;

/** Every path that systemd has to mount something over or from, and that may not be missing. */
async function sandboxPaths({ host, properties, voice }: Look): Promise<Culprit[]> {
  const listed = sandboxLists.flatMap((directive) =>
    listOf(properties, directive)
      .filter((entry) => !entry.startsWith("-"))
      .map((entry) => ({ directive, path: plainPath(entry) })),
  );
  const bound = (["BindPaths", "BindReadOnlyPaths"] as const).flatMap((directive) =>
    // a(ssbt): source, destination, whether it may be missing, flags.
    ((properties[directive] ?? []) as readonly (readonly [string, string, boolean, bigint])[])
      .filter(([, , optional]) => !optional)
      .map(([source]) => ({ directive, path: source })),
  );
  const found = await Promise.all(
    [...listed, ...bound].map(async ({ directive, path }): Promise<Culprit[]> => {
      const trouble = await findFileTrouble(host, null, path, "read", placeOf(directive, voice));
      if (!trouble) return [];
      const fix =
        directive === "ReadWritePaths"
          ? `mkdir -p ${path}, or take it out of ${placeOf(directive, voice)}`
          : `make it, or write ${directive}=-${path} if it may be missing`;
      return [{ what: `${trouble.what}, and ${directive}=${path} needs it`, fix }];
    }),
  );
  const root = await rootDirectory({ host, properties });
  return [...root, ...found.flat(), ...(host.scope === "user" ? await namespaces(host) : [])];
}

/** Where ordinary users may not make namespaces, a user service has no sandbox (user_namespaces(7)). */
async function namespaces({ files }: Host): Promise<Culprit[]> {
  const settings = [
    ["/proc/sys/kernel/unprivileged_userns_clone", "0"],
    ["/proc/sys/user/max_user_namespaces", "0"],
    ["/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"],
  ] as const;
  for (const [path, refusing] of settings)
    if ((await files.read(path))?.trim() === refusing) {
      const name = path.replace("/proc/sys/", "").replaceAll("/", ".");
      return [
        {
          what: `this host does not let users make namespaces (${name}=${refusing}), so a user service has no sandbox`,
          fix: "run it in system scope, or: hardening: off",
        },
      ];
    }
  return [];
}

/** systemd refuses the start rather than run the program without the profile. */
async function profile({ host, properties }: Look): Promise<Culprit[]> {
  const [, name = ""] = (properties["AppArmorProfile"] ?? []) as readonly [boolean, string];
  if (name === "") return [];
  const loaded = await host.files.read("/sys/kernel/security/apparmor/profiles").catch(() => null);
  if (loaded?.split("\n").some((line) => line.startsWith(`${name} (`))) return [];
  const file = `/etc/apparmor.d/${name}`;
  const there = (await host.files.stat(file)) !== null;
  return [
    {
      what: `the AppArmor profile ${name} is not loaded`,
      fix: there ? `apparmor_parser -r ${file}` : `load it from its file, or correct AppArmorProfile=`,
    },
  ];
}

async function ownDirectory({ host, properties }: Look, directive: string, root: string): Promise<Culprit[]> {
  if (host.scope === "user") return [];
  for (const name of listOf(properties, directive)) {
    const path = `${root}/${name}`;
    const stat = await host.files.stat(path);
    if (stat !== null && stat.kind !== "directory" && stat.kind !== "link")
      return [
        {
          what: `${path} is in the way: it is a file, and ${directive}=${name} needs a directory there`,
          fix: `move it away: mv ${path} ${path}.old`,
        },
      ];
    const parent = await findFileTrouble(host, null, path.replace(/\/[^/]*$/, ""), "enter", `${directive}=`);
    if (parent && stat === null && parent.path !== root) return [parent];
  }
  return [];
}

async function credentials({ host, properties, voice }: Look): Promise<Culprit[]> {
  const found: Culprit[] = [];
  for (const directive of ["LoadCredential", "LoadCredentialEncrypted"] as const)
    for (const [id, source] of (properties[directive] ?? []) as readonly (readonly [string, string])[]) {
      const trouble = source.startsWith("/")
        ? await findFileTrouble(host, null, source, "read", placeOf(directive, voice))
        : null;
      const stat = trouble === null && source.startsWith("/") ? await host.files.stat(source) : null;
      if (trouble)
        found.push({ what: `the credential ${id} cannot be read: ${trouble.what}`, fix: trouble.fix });
      else if (directive === "LoadCredentialEncrypted" && stat?.size === 0)
        found.push({
          what: `the credential ${id} is empty: ${source}`,
          fix: "encrypt it again: systemd-creds encrypt",
        });
    }
  const encrypted = (properties["LoadCredentialEncrypted"] ?? []) as readonly (readonly [string, string])[];
  // Which of several it is would show only by decrypting each, and a secret is not to be looked at for an explanation.
  if (found.length === 0 && encrypted.length > 0)
    found.push({
      what: `an encrypted credential (${encrypted.map(([id]) => id).join(", ")}) could not be decrypted: it was encrypted on another host, or under another name`,
      fix:
        voice === "spec"
          ? "holdfast apply encrypts the secrets again from their sources"
          : "encrypt it on this host: systemd-creds encrypt --name=ID SOURCE TARGET",
    });
  return found;
}

/** systemd reads them as root, before anything else. */
async function environmentFiles({ host, properties, voice }: Look): Promise<Culprit[]> {
  const files = (properties["EnvironmentFiles"] ?? []) as readonly (readonly [string, boolean])[];
  const found: Culprit[] = [];
  for (const [path, optional] of files) {
    if (optional || /[*?[]/.test(path)) continue;
    const trouble = await findFileTrouble(host, null, path, "read", placeOf("EnvironmentFile", voice));
    if (trouble) found.push({ what: `${trouble.what}, and EnvironmentFile= needs it`, fix: trouble.fix });
    else if ((await host.files.stat(path))?.kind === "directory")
      found.push({
        what: `EnvironmentFile=${path} is a directory`,
        fix: `name a file in ${placeOf("EnvironmentFile", voice)}`,
      });
  }
  return found;
}

function userOf(properties: Properties): string | null {
  return textOf(properties, "User") || null;
}
