import { posix } from "node:path";
import { splitWords } from "../../unit/words.ts";
import { entry, textOf, type DataNode } from "../data/node.ts";
import { takeApart, type TakenApart } from "../shell/take-apart.ts";
import { directoryOf, type Pm2App } from "./read-apps.ts";

const byExtension: Readonly<Record<string, string>> = {
  ".js": "node",
  ".cjs": "node",
  ".mjs": "node",
  ".ts": "bun",
  ".tsx": "bun",
  ".py": "python3",
  ".rb": "ruby",
  ".sh": "bash",
  ".pl": "perl",
  ".php": "php",
};

/** The command that PM2 runs for an application; a node where only running the file would tell it, null where there is none. */
export function commandOf(app: Pm2App): TakenApart | DataNode | null {
  const { node } = app;
  const scriptNode = entry(node, "script") ?? entry(node, "pm_exec_path");
  for (const key of ["script", "args", "interpreter", "node_args", "interpreter_args"]) {
    const written = entry(node, key);
    const dynamic =
      written?.kind === "list"
        ? written.items.find(({ kind }) => kind === "dynamic")
        : written?.kind === "dynamic"
          ? written
          : undefined;
    if (dynamic) return dynamic;
  }
  const script = textOf(scriptNode);
  if (script === undefined) return null;
  const none = takeApart("true");
  const args = wordsOf(entry(node, "args"));
  const shown = textOf(entry(node, "interpreter")) ?? textOf(entry(node, "exec_interpreter"));
  const directory = directoryOf(app);
  // A command line for a shell, as PM2 takes it, too.
  if (/\s/.test(script.trim()) && shown === undefined)
    return takeApart([script, ...args].join(" "), { directory, shell: "/bin/bash" });
  const extension = posix.extname(script);
  const plain = !script.includes("/") && extension === "";
  const interpreter = shown ?? (plain ? "none" : (byExtension[extension] ?? "none"));
  const options = [...wordsOf(entry(node, "node_args")), ...wordsOf(entry(node, "interpreter_args"))];
  // As a program with a slash: systemd looks bare names up elsewhere.
  const own = plain || script.includes("/") ? script : `./${script}`;
  if (interpreter === "none") return { ...none, run: [own, ...args] };
  return { ...none, run: [interpreter, ...options, script, ...args] };
}

function wordsOf(node: DataNode | undefined): string[] {
  if (node === undefined) return [];
  if (node.kind === "list") return node.items.flatMap((item) => textOf(item) ?? []);
  return splitWords(textOf(node) ?? "", false).words.map(({ text }) => text);
}
