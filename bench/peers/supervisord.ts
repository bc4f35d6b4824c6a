import { join } from "node:path";
import { until } from "../../src/host/throwaway/until.ts";
import { home } from "./bench.ts";
import { unpackDebian } from "./install.ts";
import type { Installed } from "./peer.ts";
import { startedAs, unitPid } from "./supervisor-unit.ts";
import { untilStateIsNot } from "./watch-state.ts";

const patience = 60_000;

/** supervisord with its own defaults. */
export function installSupervisord(directory: string): Installed {
  const { tree, version } = unpackDebian("supervisor", directory);
  const library = join(tree, "usr/lib/python3/dist-packages");
  return (bench) => {
    const file = join(home, "supervisord/supervisord.conf");
    const environment = { PYTHONPATH: library };
    const control = async (...argv: string[]) => {
      const program = ["/usr/bin/python3", join(tree, "usr/bin/supervisorctl"), "-c", file, ...argv];
      // It ends with 3 when a program is not running, which is an answer too.
      return (await bench.host.run(program, { env: environment })).stdout;
    };
    const state = async (app: string) => (await control("status", app)).split(/\s+/)[1] ?? "gone";
    return {
      name: `supervisord ${version}`,
      setting: "its defaults, restarts at once",
      cycle: 0,
      trials: { frozen: 3, rounds: 1, crashes: 30 },
      patience,
      async start(count) {
        const names = Array.from({ length: count }, (_, index) => `supervisord-${index}`);
        await bench.host.write(file, configuration(names.map((name) => [name, bench.command(name)])));
        await startedAs(
          bench,
          "supervisord",
          ["/usr/bin/python3", join(tree, "usr/bin/supervisord"), "-n", "-c", file],
          { environment },
        );
        for (const name of names) await until(async () => (await state(name)) === "RUNNING", 20_000, 100);
        return names;
      },
      pid: async (app) => Number(await control("pid", app)),
      state,
      waitDetected: (app) => untilStateIsNot("RUNNING", () => state(app), { patience, interval: 2000 }),
      resident: "its daemon, logs included",
      daemons: async () => [await unitPid(bench, "supervisord")],
      stop: async () => void (await bench.run("systemctl", "stop", "supervisord.service")),
    };
  };
}

function configuration(programs: readonly (readonly [string, readonly string[]])[]): string {
  const own = join(home, "supervisord");
  const socket = `${own}/supervisor.sock`;
  return [
    `[supervisord]\nlogfile=${own}/supervisord.log\nchildlogdir=${own}\npidfile=${own}/supervisord.pid`,
    `[unix_http_server]\nfile=${socket}`,
    `[supervisorctl]\nserverurl=unix://${socket}`,
    "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
    ...programs.map(([name, command]) => `[program:${name}]\ncommand=${command.join(" ")}`),
    "",
  ].join("\n\n");
}
