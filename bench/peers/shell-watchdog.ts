import { join } from "node:path";
import { until } from "../../src/host/throwaway/until.ts";
import { home } from "./bench.ts";
import type { Installed } from "./peer.ts";

const patience = 75_000;
const own = join(home, "watchdog");
const log = join(own, "watchdog.log");
/** What each run used, for us: the one line that no such script has. */
const cpu = join(own, "cpu");

/** The script that people copy: once a minute, is the unit active, is its log young. */
export const shellWatchdog: Installed = (bench) => ({
  name: "shell watchdog",
  setting: "once a minute, units without Restart=",
  cycle: 60_000,
  trials: { frozen: 6, rounds: 1, crashes: 6 },
  patience,
  async start(count) {
    const names = Array.from({ length: count }, (_, index) => `watchdog-${index}`);
    for (const name of names) {
      await bench.host.write(
        `/etc/systemd/system/${name}.service`,
        `[Service]\nExecStart=${bench.command(name).join(" ")}\nStandardOutput=append:${own}/${name}.log\n`,
      );
    }
    await bench.host.write(join(own, "watchdog.sh"), script(names), 0o755);
    await bench.host.write(
      "/etc/systemd/system/watchdog.service",
      `[Service]\nType=oneshot\nExecStart=${own}/watchdog.sh\n`,
    );
    await bench.host.write(
      "/etc/systemd/system/watchdog.timer",
      "[Timer]\nOnCalendar=*-*-* *:*:00\nAccuracySec=1s\n",
    );
    await bench.run("systemctl", "daemon-reload");
    await bench.run("systemctl", "start", "watchdog.timer", ...names);
    return names;
  },
  pid: async (app) => Number(await bench.run("systemctl", "show", "--property=MainPID", "--value", app)),
  state: async (app) => (await bench.host.run(["systemctl", "is-active", app])).stdout.trim(),
  waitDetected: (app, frozenAt) =>
    until(
      async () => {
        const lines = ((await bench.host.read(log)) ?? "").split("\n").map((line) => line.split(" "));
        const found = lines.find(([time, name]) => name === app && Number(time) * 1000 > frozenAt);
        return found && Number(found[0]) * 1000;
      },
      patience,
      100,
    ),
  resident: "one run a minute",
  daemons: async () => [],
  async shortLivedCpuSeconds() {
    const times = ((await bench.host.read(cpu)) ?? "").matchAll(/(\d+)m([\d.]+)s/g);
    return [...times].reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
  },
  async stop() {
    await bench.run("systemctl", "stop", "watchdog.timer");
    await bench.run("systemctl", "stop", "watchdog-*.service");
  },
});

function script(names: readonly string[]): string {
  return `#!/bin/sh
for name in ${names.join(" ")}; do
  if ! systemctl is-active --quiet "$name"; then
    echo "$(date +%s.%N) $name is not active, restarting it" >> ${log}
    systemctl restart "$name"
    continue
  fi
  age=$(( $(date +%s) - $(stat -c %Y ${own}/$name.log) ))
  if [ "$age" -gt 5 ]; then
    echo "$(date +%s.%N) $name has a log $age s old, restarting it" >> ${log}
    systemctl restart "$name"
  fi
done
times >> ${cpu}
`;
}
