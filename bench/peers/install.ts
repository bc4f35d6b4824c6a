import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { CannotInstall } from "./peer.ts";

/** Unpacks a package of Debian into a directory, so that this machine keeps its own set of packages. */
export function unpackDebian(name: string, directory: string): { tree: string; version: string } {
  const parent = join(directory, name);
  mkdirSync(parent, { recursive: true });
  must(["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", name], parent);
  const file = readdirSync(parent).find((entry) => entry.endsWith(".deb"));
  if (!file) throw new CannotInstall(`apt-get download ${name} brought no package`);
  must(["dpkg-deb", "-x", file, "tree"], parent);
  const version = must(["dpkg-deb", "-f", file, "Version"], parent).trim();
  return { tree: join(parent, "tree"), version: version.replace(/^\d+:/, "").replace(/-[^-]*$/, "") };
}

/** Installs a package of npm into a directory of its own. */
export function installNpm(name: string, directory: string): { tree: string; version: string } {
  const parent = join(directory, `npm-${name}`);
  mkdirSync(parent, { recursive: true });
  must(["npm", "install", "--prefix", parent, "--no-audit", "--no-fund", "--ignore-scripts", name], parent);
  const tree = join(parent, "node_modules", name);
  return {
    tree,
    version: must([process.execPath, "-p", `require("${tree}/package.json").version`], parent).trim(),
  };
}

function must(argv: readonly string[], cwd: string): string {
  const result = spawnSync(argv[0]!, argv.slice(1), { cwd, encoding: "utf8", timeout: 180_000 });
  if (result.status === 0) return result.stdout;
  const said = (result.stderr || result.error?.message || "").trim().split("\n").at(-1);
  throw new CannotInstall(`${argv.slice(0, 3).join(" ")}: ${said}`);
}
