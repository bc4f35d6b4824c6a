import { posix } from "node:path";
import type { Diagnostic } from "../../report/diagnostic.ts";
import { parseEnvFile } from "../../spec/env-file.ts";
import { slugOf } from "../../spec/slug.ts";
import { entry, textOf, type DataNode } from "../data/node.ts";
import { readYamlData } from "../data/read-yaml-data.ts";
import { isSecret } from "../environment.ts";
import type { Imported, ImportedProgram, Importer, ImportOptions } from "../imported.ts";
import { Names } from "../names.ts";
import { baseName } from "../places.ts";
import { composeCommand, readDockerfile, type Dockerfile } from "./command-of.ts";
import { dependenciesOf, unitForImage } from "./dependencies-of.ts";
import type { Context } from "./environment-of.ts";
import { makeService } from "./make-service.ts";

/** Imports the part of Compose files that makes sense without containers, and names the rest. */
export const importCompose: Importer = (files, options) => {
  const diagnostics: Diagnostic[] = [];
  const apps = files.flatMap((file): Imported[] => {
    const read = readYamlData(file.text, file.path);
    if (read.node === null) {
      diagnostics.push(...read.diagnostics);
      return [];
    }
    const services = entry(read.node, "services");
    if (services?.kind === "map") return [makeApp(read.node, services, file.path, options)];
    diagnostics.push({
      severity: "error",
      code: "import/no-program",
      summary: "Cannot import a Compose file without services",
      at: read.node.at,
      fix: "name the file that has them",
    });
    return [];
  });
  return { apps, diagnostics };
};

function makeApp(
  root: DataNode,
  services: DataNode & { kind: "map" },
  path: string,
  options: ImportOptions,
): Imported {
  const directory = posix.resolve("/", posix.dirname(path));
  const app = options.app ?? (slugOf(textOf(entry(root, "name")) ?? baseName(directory)) || "app");
  const env = options.readFile?.(posix.join(posix.dirname(path), ".env")) ?? null;
  // A secret stays a variable: put in, it would stand under another name.
  const known = new Map(
    env === null
      ? []
      : [...parseEnvFile(env, ".env").values].flatMap(([name, { value }]) =>
          isSecret(name, value) ? [] : [[name, value] as const],
        ),
  );
  const context: Context = { app, path, directory, known, options, dropped: [] };
  const names = new Names();
  const parts = [...services.entries].map(([key, node]) => ({ key, node, ...partOf(node, context) }));
  const table = new Map(
    parts.map(
      ({ key, command, unit }) => [key, { name: command === null ? null : names.take(key), unit }] as const,
    ),
  );
  const waitedFor = new Set(
    parts.flatMap(({ node }) =>
      dependenciesOf(node).flatMap(({ name, condition }) => (condition === "service_healthy" ? [name] : [])),
    ),
  );
  const programs = parts.flatMap(({ key, node, command, image, unit }): ImportedProgram[] => {
    if (command === null) {
      notARunner(context, key, node, unit);
      return [];
    }
    return [
      makeService(
        { key, node, command, image, name: table.get(key)!.name!, table, waitedFor: waitedFor.has(key) },
        context,
      ),
    ];
  });
  for (const key of ["volumes", "networks", "secrets", "configs"])
    if (entry(root, key))
      context.dropped.push({
        at: entry(root, key)!.at,
        what: `${key} of the file`,
        why: "they are for containers",
        todo:
          key === "volumes" ? "move the data to the host: docker volume inspect says where it is" : "nothing",
      });
  const account = options.account ?? "root";
  return {
    app: { value: app, why: "the project; units are named after it" },
    directory: { value: directory, why: "where the Compose file is" },
    user: options.userScope
      ? null
      : {
          value: account === "root" ? app.slice(0, 28) : account,
          why: "an account of its own, in the place of the container's; made when it is missing",
        },
    keys: [],
    services: programs,
    jobs: [],
    dropped: context.dropped,
    source: path,
  };
}

function partOf(
  node: DataNode,
  { directory, options }: Context,
): { command: ReturnType<typeof composeCommand>; image: Dockerfile | null; unit: string | null } {
  const build = entry(node, "build");
  const folder = textOf(build) ?? textOf(entry(build, "context"));
  const name = textOf(entry(build, "dockerfile")) ?? "Dockerfile";
  const text =
    build === undefined ? null : (options.readFile?.(posix.resolve(directory, folder ?? ".", name)) ?? null);
  const image = text === null ? null : readDockerfile(text);
  const written = textOf(entry(node, "image")) ?? "";
  const unit = build === undefined ? (unitForImage(written)?.unit ?? null) : null;
  // A database with flags of its own is still a database of the host.
  return { command: unit === null ? composeCommand(node, image) : null, image, unit };
}

function notARunner({ dropped }: Context, key: string, node: DataNode, unit: string | null): void {
  const image = textOf(entry(node, "image"));
  const known = unitForImage(image ?? "");
  dropped.push({
    at: node.at,
    what: `service ${key}${image === undefined ? "" : ` (${image})`}`,
    why:
      unit === null
        ? "what it runs is said in the image only"
        : "it is a program of the host, with a unit of its own",
    todo:
      unit === null
        ? `write services.${key}.run by hand, or name its command in the Compose file`
        : `apt install ${known!.name}, and move the data; others want ${unit}`,
  });
}
