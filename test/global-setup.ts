import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { TestProject } from "vitest/node";
import { sweepThrowawayHosts } from "../src/host/throwaway/throwaway.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** "fresh", or why dist is not what the sources say. */
    holdfastBuild: string;
  }
}

const checkout = resolve(import.meta.dirname, "..");

/** Before all tests: what stories run must be what the sources say, and no host of a killed run may be left. */
export default async function setup(project: TestProject): Promise<void> {
  const build = ensureBuilt();
  if (build !== "fresh" && process.env["CI"] === "true") throw new Error(build);
  project.provide("holdfastBuild", build);
  for (const name of await sweepThrowawayHosts())
    console.warn(`removed the throwaway host ${name} of a killed run`);
}

function ensureBuilt(): string {
  if (!existsSync(join(checkout, "src/cli/main.ts"))) return "src/cli/main.ts is not written yet";
  const built = statSync(join(checkout, "dist/cli.cjs"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built > newestSource()) return "fresh";
  const run = spawnSync(process.execPath, ["scripts/build.ts"], { cwd: checkout, encoding: "utf8" });
  return run.status === 0 ? "fresh" : `scripts/build.ts failed\n${run.stdout}${run.stderr}`;
}

function newestSource(): number {
  const entries = readdirSync(join(checkout, "src"), { recursive: true, encoding: "utf8" });
  const sources = entries.filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"));
  const paths = [...sources.map((path) => join("src", path)), "scripts/build.ts", "package.json"];
  return Math.max(
    ...paths.map((path) => statSync(join(checkout, path), { throwIfNoEntry: false })?.mtimeMs ?? 0),
  );
}
