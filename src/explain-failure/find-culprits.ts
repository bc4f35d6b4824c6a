import { basename } from "node:path";
import type { Properties } from "../host/host.ts";
import { listOf, textOf } from "../host/properties.ts";
import { printable } from "../value/printable.ts";
import type { Culprit, Look } from "./failure-facts.ts";
import { findFileTrouble, type User } from "./file-trouble.ts";
import { missingAccounts } from "./missing-accounts.ts";
import { hiddenBy, notRunBy, plainPath } from "./hidden-by.ts";
import { executionTrouble } from "./program-trouble.ts";
import { readDirective } from "./read-directive.ts";
import { capabilities, profile, rootDirectory, sandboxPaths } from "./sandbox-culprits.ts";
import { credentials, environmentFiles } from "./secret-culprits.ts";
import { placeOf } from "./voice.ts";

/** What on the host, or in the unit, explains that systemd could not run it; the most certain first. It only looks. */
export async function findCulprits(look: Look): Promise<Culprit[]> {
  const { result, code, status } = look.command.ending;
  const byCode = code === "exited" && result !== "protocol" ? finders[status] : undefined;
  const find = result === "resources" && code === "" ? environmentFiles : byCode;
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
  218: capabilities,
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

function userOf(properties: Properties): User {
  const name = textOf(properties, "User");
  if (properties["DynamicUser"] === true) return { dynamic: name };
  return name || null;
}
