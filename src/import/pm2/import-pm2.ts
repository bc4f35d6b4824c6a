import { posix } from "node:path";
import type { Key } from "../../init/write-keys.ts";
import type { Diagnostic } from "../../report/diagnostic.ts";
import { slugOf } from "../../spec/slug.ts";
import { commonDirectory } from "../common-directory.ts";
import { entry, textOf } from "../data/node.ts";
import { isSecret } from "../environment.ts";
import { fromCommand } from "../from-command.ts";
import type { Dropped, Imported, ImportedProgram, Importer, ImportOptions } from "../imported.ts";
import { Names } from "../names.ts";
import { baseName } from "../places.ts";
import { commandOf } from "./command-of.ts";
import { environmentsOf, envOf } from "./env-of.ts";
import { keysOf } from "./keys-of.ts";
import { directoryOf, readApps, type Pm2App } from "./read-apps.ts";

const mostInstances = 64;

type Group = {
  user: string | null;
  why: string;
  services: ImportedProgram[];
  dropped: Dropped[];
  keys: Key[];
  names: Names;
  files: Set<string>;
};

/** Imports ecosystem files and dump.pm2 as data; nothing of them is run. */
export const importPm2: Importer = (files, options) => {
  const diagnostics: Diagnostic[] = [];
  const groups = new Map<string, Group>();
  const found = files.flatMap((file) => {
    const read = readApps(file);
    diagnostics.push(...read.diagnostics);
    return read.apps;
  });
  const appName = options.app ?? nameOf(found);
  for (const app of found) {
    const account = accountOf(app, appName, options);
    const id = account.user ?? "";
    const group = groups.get(id) ?? {
      ...account,
      services: [],
      dropped: [],
      keys: [],
      names: new Names(),
      files: new Set<string>(),
    };
    groups.set(id, group);
    group.files.add(app.file);
    addApp(group, app, groups.size === 1 ? appName : `${appName}-${slugOf(id)}`);
  }
  return {
    apps: [...groups.values()].map((group, index) =>
      finish(group, index === 0 ? appName : `${appName}-${slugOf(group.user ?? "")}`),
    ),
    diagnostics,
  };
};

function nameOf(found: readonly Pm2App[]): string {
  const [first] = found;
  if (!first) return "app";
  if (found.length === 1) return slugOf(textOf(entry(first.node, "name")) ?? "") || "app";
  return slugOf(baseName(directoryOf(first))) || "app";
}

function accountOf(
  { node, file }: Pm2App,
  appName: string,
  options: ImportOptions,
): { user: string | null; why: string } {
  if (options.userScope) return { user: null, why: "" };
  const user = textOf(entry(node, "user")) ?? textOf(entry(node, "username"));
  if (user !== undefined && !/^\d+$/.test(user)) return { user, why: "user" };
  const number = user ?? textOf(entry(node, "uid"));
  // Never root for want of a name.
  if (number !== undefined && number !== "0")
    return { user: appName.slice(0, 28), why: `${number} is a number: put the name of that account here` };
  const home = /^\/home\/([^/]+)\/\.pm2\//.exec(file)?.[1];
  if (home !== undefined) return { user: home, why: "whose .pm2 it is" };
  return { user: options.account ?? "root", why: "PM2 runs programs as whoever called it" };
}

function addApp(group: Group, app: Pm2App, appName: string): void {
  const { node } = app;
  const wanted =
    textOf(entry(node, "name")) ?? baseName(textOf(entry(node, "script")) ?? "").replace(/\.\w+$/, "");
  const command = commandOf(app);
  const shown = wanted === "" ? "an application" : wanted;
  if (command === null || "kind" in command) {
    group.dropped.push({
      at: command?.at ?? node.at,
      what:
        command === null
          ? shown
          : `${shown}: ${command.kind === "dynamic" ? command.text.split("\n")[0] : ""}`,
      why:
        command === null
          ? "it has no script"
          : "only running the file would tell what it runs, and nothing is run",
      todo: "run pm2 save, and import ~/.pm2/dump.pm2 instead",
    });
    return;
  }
  const count = instancesOf(app, group, shown);
  for (let number = 0; number < count; number++) {
    const name = group.names.take(count === 1 ? wanted : `${wanted}-${number}`);
    const env = envOf(app);
    const { keys, dropped, logFiles } = keysOf(app, name);
    const own =
      count === 1
        ? []
        : [{ name: "NODE_APP_INSTANCE", value: String(number), at: node.at, why: "as PM2 numbers them" }];
    const made = fromCommand(command, {
      app: appName,
      name,
      at: node.at,
      why: app.dumped ? "pm_exec_path" : "script and args",
      variables: [...env.variables, ...own],
      required: env.required,
      hardening: "as free as PM2 left it; holdfast harden finds what it needs",
    });
    const files = env.files.map(({ path }) => path);
    const extra: Key[] =
      files.length === 0
        ? []
        : [
            {
              key: ["env", "file"],
              value: joinFiles(files, made.keys),
              why: env.files[0]!.why,
              at: env.files[0]!.at,
            },
          ];
    group.services.push({
      name,
      at: node.at,
      notes: [`"${shown}" in ${node.at.file}:${node.at.line}.`, ...made.notes],
      directory: made.directory ?? directoryOf(app),
      aliases: [wanted, "all"],
      logFiles: logFiles.map((path) => posix.resolve(directoryOf(app), path)),
      keys: replaced([...made.keys, ...extra, ...keys]),
    });
    addEnvironments(group, app, name);
    if (number === 0) group.dropped.push(...made.dropped, ...env.dropped, ...dropped);
  }
}

function joinFiles(files: readonly string[], keys: readonly Key[]): string | readonly string[] {
  const earlier = keys.find(({ key }) => key.join(".") === "env.file")?.value;
  const all = [...files, ...(typeof earlier === "string" ? [earlier] : [])];
  return all.length === 1 ? all[0]! : all;
}

function replaced(keys: readonly Key[]): Key[] {
  return [...new Map(keys.map((key) => [key.key.join("\0"), key])).values()];
}

/** Processes of a cluster share one port through PM2, which nothing does here. */
function instancesOf({ node, dumped }: Pm2App, group: Group, shown: string): number {
  const written = entry(node, "instances");
  const text = textOf(written);
  const mode = textOf(entry(node, "exec_mode")) ?? "";
  const wanted = Number(text ?? 1);
  const count = dumped || !Number.isInteger(wanted) || wanted < 1 ? 1 : Math.min(wanted, mostInstances);
  if (!dumped && written && (mode.startsWith("cluster") || !Number.isInteger(wanted) || wanted < 1))
    group.dropped.push({
      at: written.at,
      what: `${shown}: instances: ${text ?? ""}${mode === "" ? "" : ` in ${mode}`}`,
      why:
        count === 1
          ? "PM2 counts the cores when it starts, and a spec says how many there are"
          : "PM2's cluster shares one port among them, and separate services cannot listen on the same one",
      todo:
        count === 1
          ? "let the program use node:cluster, or write as many services"
          : "give each a port of its own (NODE_APP_INSTANCE tells them apart) behind a proxy, or let the program use node:cluster",
    });
  return count;
}

/** env_production and the like lie over the rest with --env. */
function addEnvironments(group: Group, app: Pm2App, service: string): void {
  if (app.dumped) return;
  for (const environment of environmentsOf(app)) {
    const name = slugOf(environment);
    if (name === "") continue;
    const { variables, required, dropped } = envOf(app, `env_${environment}`);
    group.dropped.push(...dropped);
    for (const { name: variable, value, at } of variables) {
      if (isSecret(variable, value))
        group.dropped.push({
          at,
          what: `the value of ${variable} in env_${environment}`,
          why: "it looks like a secret, and a spec is no place for one",
          todo: `write ${variable} and its value into the file of env.file on the hosts of ${environment}`,
        });
      else
        group.keys.push({
          key: ["environments", name, "services", service, "env", "set", variable],
          value,
          why: undefined,
          at,
        });
    }
    for (const { name: variable, at, from } of required)
      group.dropped.push({
        at,
        what: `${variable} in env_${environment}`,
        why: `it came from ${from}`,
        todo: `write it into the file of env.file on the hosts of ${environment}`,
      });
  }
}

function finish({ user, why, services, dropped, keys, files }: Group, app: string): Imported {
  return {
    app: { value: app, why: "after the application; units are named after it" },
    directory: { value: commonDirectory(services) ?? "/", why: "cwd, of most" },
    user: user === null ? null : { value: user, why },
    keys: [
      ...(user === "root"
        ? [{ key: ["allow-root"], value: "PM2 ran it as root", why: "better: an account of its own" }]
        : []),
      ...keys,
    ],
    services,
    jobs: [],
    dropped,
    source: [...files].join(", "),
  };
}
