import type { HostFacts } from "../host/facts.ts";
import type { ExecCommand } from "../unit/exec-line.ts";
import { programOf } from "./program.ts";

/** Runtimes that make machine code while they run, or that ask the kernel for more than a sandbox may give. */
export type Runtime = "node" | "deno" | "bun" | "java" | "luajit" | "dotnet" | "python" | "ruby" | "php";

const byName: Readonly<Record<string, Runtime>> = {
  node: "node",
  nodejs: "node",
  npm: "node",
  npx: "node",
  yarn: "node",
  pnpm: "node",
  pnpx: "node",
  "ts-node": "node",
  tsx: "node",
  nodemon: "node",
  deno: "deno",
  bun: "bun",
  bunx: "bun",
  java: "java",
  luajit: "luajit",
  dotnet: "dotnet",
  python: "python",
  pypy: "python",
  uvicorn: "python",
  gunicorn: "python",
  ruby: "ruby",
  php: "php",
};

const firstLine = /^#![^\n]*?[/ ](node|nodejs|deno|bun|java|luajit|dotnet|python|ruby|php)[\d.]*(?=[\s]|$)/;

/** The runtime that a command starts, by its program's name or, where there is a host, by the first line of the program. */
export function runtimeOf(command: ExecCommand, host: HostFacts | null): Runtime | null {
  const named = byName[programOf(command).name];
  if (named !== undefined) return named;
  const path = command.program.text;
  const head = path.startsWith("/") && host !== null ? host.head(path) : null;
  const interpreter = head === null ? undefined : firstLine.exec(head)?.[1];
  return interpreter === undefined ? null : (byName[interpreter] ?? null);
}
