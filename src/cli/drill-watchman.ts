import type { Host } from "../host/host.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import { holdfastProgram } from "./session.ts";

/** How often it is looked whether a drill was killed. */
const lookEvery = "30s";

const watchmanOf = (app: string): string => `${app}-drill-watchman`;

/** Starts a timer of systemd that clears up after a drill for the case that it is killed. */
export async function armWatchman(host: Host, app: string): Promise<void> {
  await disarmWatchman(host, app);
  const { status, stderr } = await host.run([
    "systemd-run",
    `--unit=${watchmanOf(app)}`,
    `--description=Clear up after a drill of ${app} that was killed`,
    `--on-active=${lookEvery}`,
    `--on-unit-active=${lookEvery}`,
    "--timer-property=AccuracySec=1s",
    "--collect",
    "--quiet",
    "--",
    holdfastProgram(),
    "drill",
    app,
    "--clear",
  ]);
  if (status === 0) return;
  throw new HoldfastError({
    severity: "error",
    code: "drill/no-watchman",
    summary: `Cannot drill "${app}": nobody would clear up if it were killed: ${stderr.trim()}`,
    fix: "see why systemd-run does not start a timer here",
  });
}

/** Its service goes on: it may be the one that has found this drill dead. */
export async function disarmWatchman(host: Host, app: string): Promise<void> {
  await host.run(["systemctl", "stop", `${watchmanOf(app)}.timer`]);
}
