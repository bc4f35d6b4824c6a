import { posix } from "node:path";
import type { Diagnostic } from "../../report/diagnostic.ts";
import { entry, itemsOf, textOf, type DataNode } from "../data/node.ts";
import { readJs } from "../data/read-js.ts";
import { readYamlData } from "../data/read-yaml-data.ts";
import type { ForeignFile } from "../imported.ts";

/** One application of PM2 as it was declared. */
export type Pm2App = {
  node: DataNode & { kind: "map" };
  file: string;
  /** From pm2 save: the whole environment of whoever typed pm2 is in it. */
  dumped: boolean;
};

/** Reads an ecosystem file (JavaScript literal, JSON, YAML) or dump.pm2 as data. */
export function readApps({ path, text }: ForeignFile): { apps: Pm2App[]; diagnostics: Diagnostic[] } {
  const script = /\.[cm]?js$/.test(path) || /\bmodule\.exports\b|\bexport\s+default\b/.test(text);
  const read = script ? readJs(text, path) : readYamlData(text, path);
  if (read.node === null) return { apps: [], diagnostics: read.diagnostics };
  const diagnostics: Diagnostic[] = [];
  const refuse = (node: DataNode, summary: string, fix: string): void => {
    diagnostics.push({ severity: "error", code: "import/not-a-literal", summary, at: node.at, fix });
  };
  const root = read.node;
  const apps =
    root.kind === "list" ? root : (entry(root, "apps") ?? (entry(root, "script") ? root : undefined));
  if (root.kind === "dynamic" || apps?.kind === "dynamic") {
    const dynamic = root.kind === "dynamic" ? root : apps!;
    refuse(
      dynamic,
      "Cannot import applications that are worked out when the file runs: nothing is run",
      "run pm2 save, and import ~/.pm2/dump.pm2 instead",
    );
    return { apps: [], diagnostics };
  }
  if (apps === undefined) {
    refuse(root, "Cannot import a file of PM2 without apps", "name an ecosystem file or ~/.pm2/dump.pm2");
    return { apps: [], diagnostics };
  }
  const dumped = root.kind === "list" && root.items.some((item) => entry(item, "pm_exec_path") !== undefined);
  const found = itemsOf(apps).flatMap((node): Pm2App[] => {
    if (node.kind === "map") return [{ node, file: path, dumped }];
    refuse(
      node,
      node.kind === "dynamic"
        ? "Cannot import an application that is worked out when the file runs: nothing is run"
        : "Cannot import an application that is no { ... }",
      "write it out, or run pm2 save and import ~/.pm2/dump.pm2 instead",
    );
    return [];
  });
  return { apps: found, diagnostics };
}

/** The directory that relative paths of an application start from. */
export function directoryOf({ node, file }: Pm2App): string {
  const written = textOf(entry(node, "cwd")) ?? textOf(entry(node, "pm_cwd"));
  return written === undefined ? posix.dirname(file) : posix.resolve(posix.dirname(file), written);
}
