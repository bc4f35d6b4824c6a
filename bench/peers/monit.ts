import { join } from "node:path";
import { until } from "../../src/host/throwaway/until.ts";
import { home } from "./bench.ts";
import { unpackDebian } from "./install.ts";
import type { Installed } from "./peer.ts";
import { startedAs, unitPid } from "./supervisor-unit.ts";

type App = { name: string; command: readonly string[] };

/** Monit with a process check and a check of the log's age for each app, looking every so many seconds. */
export function installMonit(directory: string, cycles: readonly number[]): Installed[] {
  const { tree, version } = unpackDebian("monit", directory);
  return cycles.map((seconds) => (bench) => {
    const unit = `monit-${seconds}`;
    const own = join(home, unit);
    const file = join(own, "monitrc");
    const monit = (...argv: string[]) => bench.run(join(tree, "usr/bin/monit"), "-c", file, ...argv);
    const patience = (2 * seconds + 15) * 1000;
    return {
      name: `Monit ${version}`,
      setting: seconds === 120 ? "every 120 s, Debian's setting" : `set to look every ${seconds} s`,
      cycle: seconds * 1000,
      trials: { frozen: 6, rounds: 1, crashes: 10 },
      patience,
      async start(count) {
        const apps = Array.from({ length: count }, (_, index): App => {
          const name = `${unit}-${index}`;
          return { name, command: bench.command(name) };
        });
        await bench.host.write(file, configuration(own, seconds, apps), 0o600);
        await startedAs(bench, unit, [join(tree, "usr/bin/monit"), "-I", "-c", file]);
        for (const { name } of apps) await bench.startAfter(name, 0, 30_000);
        return apps.map(({ name }) => name);
      },
      pid: async (app) => Number(await bench.host.read(join(own, `${app}.pid`))),
      async state(app) {
        return /^\s+status\s+(.*)$/m.exec(await monit("status", app))?.[1] ?? "gone";
      },
      async waitDetected(app, frozenAt) {
        const recorded = await until(
          async () => {
            const times = ((await bench.host.read(join(own, `${app}.stale`))) ?? "").split("\n");
            return times.map((time) => Number(time) * 1000).find((time) => time > frozenAt);
          },
          patience,
          100,
        );
        return recorded;
      },
      resident: `its daemon; logs are not its task; ${seconds} s`,
      daemons: async () => [await unitPid(bench, unit)],
      stop: async () => void (await bench.run("systemctl", "stop", `${unit}.service`)),
    };
  });
}

function configuration(own: string, seconds: number, apps: readonly App[]): string {
  const port = 2812 + seconds;
  const checks = apps.map(({ name, command }) => {
    const [pid, log] = [join(own, `${name}.pid`), join(own, `${name}.log`)];
    const daemon = "/usr/sbin/start-stop-daemon";
    const [program, ...rest] = command;
    const start = `${daemon} --start --background --make-pidfile --pidfile ${pid} --output ${log} --startas ${program} -- ${rest.join(" ")}`;
    // Monit's own log has whole seconds only, so what it executes writes down the time.
    return `check process ${name} with pidfile ${pid}
  start program = "${start}"
  stop program = "${daemon} --stop --retry 5 --pidfile ${pid}"
check file ${name}-log with path ${log}
  if timestamp > 5 seconds then exec "/bin/sh -c 'date +%s.%N >> ${join(own, `${name}.stale`)}'"`;
  });
  return [
    `set daemon ${seconds}`,
    `set log ${own}/monit.log`,
    `set pidfile ${own}/monit.pid\nset idfile ${own}/monit.id\nset statefile ${own}/monit.state`,
    `set httpd port ${port} and use address localhost\n  allow localhost`,
    ...checks,
    "",
  ].join("\n");
}
