import { posix } from "node:path";
import type { Key } from "../../init/write-keys.ts";
import { slugOf } from "../../spec/slug.ts";
import { entry, textOf } from "../data/node.ts";
import { isSecret } from "../environment.ts";
import { fromCommand } from "../from-command.ts";
import type { Dropped, ImportedProgram } from "../imported.ts";
import { Names } from "../names.ts";
import { baseName } from "../places.ts";
import { commandOf } from "./command-of.ts";
import { environmentsOf, envOf } from "./env-of.ts";
import { keysOf } from "./keys-of.ts";
import { directoryOf, type Pm2App } from "./read-apps.ts";

const mostInstances = 64;

/** What is gathered of the applications of one account. */
export type Group = {
  user: string | null;
  why: string;
  services: ImportedProgram[];
  dropped: Dropped[];
  keys: Key[];
  names: Names;
  files: Set<string>;
};

/** Adds an application to its group: a service for each of its instances. */
export function addApp(group: Group, app: Pm2App, appName: string): void {
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
