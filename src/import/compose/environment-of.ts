import { posix } from "node:path";
import { entry, itemsOf, textOf, type DataNode } from "../data/node.ts";
import type { Variable } from "../environment.ts";
import type { Dropped, ImportOptions } from "../imported.ts";
import type { TakenApart } from "../shell/take-apart.ts";
import type { Dockerfile } from "./command-of.ts";
import { interpolate } from "./interpolate.ts";

/** What is known while one Compose file is read. */
export type Context = {
  app: string;
  path: string;
  directory: string;
  known: ReadonlyMap<string, string>;
  options: ImportOptions;
  dropped: Dropped[];
};

/** ${NAME} in the command is put in where .env says what it is. */
export function withKnown(command: TakenApart, { known, dropped }: Context, node: DataNode): TakenApart {
  if (command.shell !== null) return command;
  const run = command.run.map((word) => {
    const { text, missing } = interpolate(word, known);
    for (const name of missing)
      dropped.push({
        at: node.at,
        what: `\${${name}} in the command`,
        why: "nothing says its value",
        todo: "put it in by hand",
      });
    return text;
  });
  return { ...command, run };
}

/** The variables of a service, and those that somebody else had to set. */
export function environmentOf(
  node: DataNode,
  image: Dockerfile | null,
  { known, path }: Context,
): { variables: Variable[]; required: { name: string; at: DataNode["at"]; from: string }[] } {
  const variables: Variable[] = [];
  const required: { name: string; at: DataNode["at"]; from: string }[] = [];
  for (const { name, value } of image?.env ?? [])
    variables.push({ name, value, at: node.at, why: "ENV of its Dockerfile" });
  const written = entry(node, "environment");
  const pairs: { name: string; value: string | undefined; at: DataNode["at"] }[] =
    written?.kind === "map"
      ? [...written.entries].map(([name, inner]) => ({ name, value: textOf(inner), at: inner.at }))
      : itemsOf(written).map((item) => {
          const text = textOf(item) ?? "";
          const cut = text.indexOf("=");
          return {
            name: cut === -1 ? text : text.slice(0, cut),
            value: cut === -1 ? undefined : text.slice(cut + 1),
            at: item.at,
          };
        });
  for (const { name, value, at } of pairs) {
    const read = value === undefined ? null : interpolate(value, known);
    if (read === null || read.missing.length > 0)
      required.push({
        name,
        at,
        from: `the environment of whoever calls docker compose in ${posix.dirname(path)}`,
      });
    else
      variables.push({
        name,
        value: read.text,
        at,
        why: read.defaults.length > 0 ? `the default of ${read.defaults.join(", ")}` : undefined,
      });
  }
  return { variables, required };
}
