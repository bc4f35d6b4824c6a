import { join } from "node:path";
import { home } from "./bench.ts";
import { installNpm } from "./install.ts";
import type { Installed } from "./peer.ts";
import { startedAs, unitPid } from "./supervisor-unit.ts";
import { untilStateIsNot } from "./watch-state.ts";

const patience = 60_000;

/** PM2 as `pm2 startup` runs it: one daemon in a unit, all apps its children. */
export function installPm2(directory: string): Installed {
  const { tree, version } = installNpm("pm2", directory);
  const program = join(tree, "bin/pm2");
  return (bench) => {
    const own = join(home, "pm2");
    const environment = { PM2_HOME: own, PM2_DISABLE_VERSION_CHECK: "true" };
    const pm2 = async (...argv: string[]) => {
      const { stdout } = await bench.host.run([process.execPath, program, ...argv], { env: environment });
      return stdout;
    };
    const list = async (): Promise<Listed[]> => JSON.parse((await pm2("jlist")).replace(/^[^[]*/, ""));
    const find = async (app: string) => (await list()).find(({ name }) => name === app);
    const state = async (app: string) => (await find(app))?.pm2_env.status ?? "gone";
    return {
      name: `PM2 ${version}`,
      setting: `on Node ${process.versions.node}, restarts at once`,
      cycle: 0,
      trials: { frozen: 3, rounds: 1, crashes: 30 },
      patience,
      async start(count) {
        const names = Array.from({ length: count }, (_, index) => `pm2-${index}`);
        const apps = names.map((name) => {
          const [interpreter, ...args] = bench.command(name);
          return { name, interpreter, interpreter_args: args[0], script: args[1], args: args.slice(2) };
        });
        await bench.host.write(join(own, "apps.json"), JSON.stringify({ apps }));
        await startedAs(bench, "pm2", [process.execPath, program, "start", join(own, "apps.json")], {
          properties: ["Type=forking", `PIDFile=${own}/pm2.pid`],
          environment,
        });
        return names;
      },
      pid: async (app) => (await find(app))?.pid ?? 0,
      state,
      // Its command line is a Node program of its own, too heavy to be asked often.
      waitDetected: (app) => untilStateIsNot("online", () => state(app), { patience, interval: 5000 }),
      resident: "its daemon, logs included",
      daemons: async () => [await unitPid(bench, "pm2")],
      stop: async () => void (await bench.run("systemctl", "stop", "pm2.service")),
    };
  };
}

type Listed = { name: string; pid: number; pm2_env: { status: string } };
