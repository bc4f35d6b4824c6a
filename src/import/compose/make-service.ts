import { posix } from "node:path";
import { entry, itemsOf, textOf, type DataNode } from "../data/node.ts";
import { fromCommand } from "../from-command.ts";
import type { ImportedProgram } from "../imported.ts";
import { composeCommand, type Dockerfile } from "./command-of.ts";
import { dependenciesOf, needKeys, readyKey } from "./dependencies-of.ts";
import { environmentOf, withKnown, type Context } from "./environment-of.ts";
import { healthOf } from "./health-of.ts";
import { keysOf } from "./keys-of.ts";

/** A service of the Compose file that has a command. */
type Part = {
  key: string;
  node: DataNode;
  command: NonNullable<ReturnType<typeof composeCommand>>;
  image: Dockerfile | null;
  name: string;
  table: ReadonlyMap<string, { name: string | null; unit: string | null }>;
  waitedFor: boolean;
};

/** The service of a spec that it becomes; what is not carried over goes on the list of its context. */
export function makeService(
  { key, node, command, image, name, table, waitedFor }: Part,
  context: Context,
): ImportedProgram {
  const { app, dropped } = context;
  const build = entry(node, "build");
  const folder = textOf(build) ?? textOf(entry(build, "context"));
  const directory =
    command.directory ?? (folder === undefined ? undefined : posix.resolve(context.directory, folder));
  const { variables, required } = environmentOf(node, image, context);
  const made = fromCommand(withKnown(command, context, node), {
    app,
    name,
    at: (entry(node, "command") ?? entry(node, "entrypoint") ?? node).at,
    why: entry(node, "command") || entry(node, "entrypoint") ? "command" : "what its Dockerfile starts",
    variables,
    required,
    hardening: "",
  });
  const { keys, dropped: lost } = keysOf(node);
  const health = healthOf(node);
  const needs = needKeys(dependenciesOf(node), table);
  dropped.push(...made.dropped, ...lost, ...health.dropped, ...needs.dropped);
  userOf(node, image, context);
  const files = itemsOf(entry(node, "env_file")).flatMap(
    (item) => textOf(item) ?? textOf(entry(item, "path")) ?? [],
  );
  const earlier = made.keys.find(({ key: path }) => path.join(".") === "env.file")?.value;
  const all = [
    ...files.map((file) => posix.normalize(file)),
    ...(typeof earlier === "string" ? [earlier] : []),
  ];
  const other = made.keys.filter(({ key: path }) => path[0] !== "hardening" && path.join(".") !== "env.file");
  return {
    name,
    at: node.at,
    aliases: [key],
    notes: [
      `Service "${key}" in ${node.at.file}:${node.at.line}. Its paths and host names were those of a container: check each.`,
      ...made.notes,
    ],
    directory,
    keys: [
      ...other,
      ...(all.length === 0
        ? []
        : [
            {
              key: ["env", "file"],
              value: all.length === 1 ? all[0]! : all,
              why: "env_file; systemd reads it by its own rules, and apply checks it",
              at: entry(node, "env_file")?.at ?? node.at,
            },
          ]),
      ...needs.keys,
      ...keys,
      ...(waitedFor ? readyKey(health.check, node.at) : []),
      ...health.keys,
    ],
  };
}

function userOf(node: DataNode, image: Dockerfile | null, { dropped }: Context): void {
  const written = entry(node, "user");
  const user = textOf(written) ?? image?.user;
  if (user !== undefined && user !== null)
    dropped.push({
      at: written?.at ?? node.at,
      what: `user: ${user}`,
      why: "accounts of an image are not those of the host, and a spec has one",
      todo: "set user: of the file, if it is not right",
    });
}
