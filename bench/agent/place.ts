import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { bootThrowawayHost, type NamespaceHost } from "../../src/host/throwaway/throwaway.ts";
import { until } from "../../src/host/throwaway/until.ts";
import { mustRun } from "../measure.ts";
import { descendants } from "../processes.ts";

/** A host with Holdfast installed on it, and what is done to it. */
export type Place = AsyncDisposable & {
  readonly host: NamespaceHost;
  readonly holdfast: string;
  /** Runs a program inside; throws when it fails, so that no failure is ever measured. */
  run(...argv: string[]): Promise<string>;
  /** Writes the spec of an application and applies it; the agent runs then. */
  apply(app: string, spec: string): Promise<void>;
  /** The agent's process, and its journalctl when there is one. */
  agent(): Promise<{ pid: number; below: number[] }>;
  /** Waits until the agent says that it watches so many services. */
  watches(services: number): Promise<void>;
};

const checkout = resolve(import.meta.dirname, "../..");
const unit = "holdfast-agent.service";

/** As npm installs it, with a Node of its own: no page of it is shared with whoever measures. */
export async function openPlace(): Promise<Place> {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
  for (const part of ["bin", "dist"])
    cpSync(join(checkout, part), join(directory, part), { recursive: true });
  for (const arch of ["x64", "arm64"]) {
    const node = `node_modules/node-linux-${arch}/bin/node`;
    if (!existsSync(join(checkout, node))) continue;
    mkdirSync(dirname(join(directory, node)), { recursive: true });
    cpSync(join(checkout, node), join(directory, node));
  }
  const holdfast = join(directory, "bin/holdfast");
  // Node keeps the compiled program beside it, where the host cannot write.
  mustRun([holdfast, "--help"]);
  const nobody = { XDG_STATE_HOME: join(directory, "state"), XDG_CONFIG_HOME: join(directory, "config") };
  mustRun([holdfast, "--user", "notifier", "nobody"], nobody);
  const host = await bootThrowawayHost({ visible: [directory] });
  const run = async (...argv: string[]): Promise<string> => {
    const result = await host.run(argv, { timeout: 600_000 });
    if (result.status === 0) return result.stdout;
    throw new Error(
      `${argv.slice(0, 6).join(" ")} ended with ${result.status}: ${(result.stderr + result.stdout).slice(-1000)}`,
    );
  };
  const show = async (property: string): Promise<string> =>
    (await run("systemctl", "show", "--value", `--property=${property}`, unit)).trim();
  return {
    host,
    holdfast,
    run,
    async apply(app, spec) {
      await host.write(`/root/${app}.yaml`, spec);
      await run(holdfast, "--file", `/root/${app}.yaml`, "apply");
    },
    async agent() {
      const [pid = 0, ...below] = await descendants(host, Number(await show("MainPID")));
      return { pid, below };
    },
    async watches(services) {
      const words = `watches ${services} services`;
      const said = await until(async () => (await show("StatusText")).startsWith(words), 60_000, 500);
      if (!said) throw new Error(`the agent never said "${words}"; it says "${await show("StatusText")}"`);
    },
    async [Symbol.asyncDispose]() {
      await host.destroy();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Starts the agent anew and gives it time to come to rest: it clears what its start leaves behind after ten seconds. */
export async function freshAgent(place: Place, services: number): Promise<void> {
  await place.run("systemctl", "restart", unit);
  await pause(12_000);
  await place.watches(services);
}
