import * as v from "valibot";
import { watchKeys } from "./health-schema.ts";
import { key } from "./key-doc.ts";
import { programKeys } from "./program-schema.ts";
import { command, duration, rate } from "./read-values.ts";
import { serviceDirectives } from "./systemd-schema.ts";
import { count, flag, oneOf, port } from "./values.ts";
import { webAddress } from "./web-address.ts";

const ready = v.strictObject({
  notify: key(flag(), {
    meaning: "The program says itself when it is ready (sd_notify READY=1).",
    default: "false",
    becomes: "Type=notify",
    example: "true",
  }),
  http: key(webAddress(), {
    meaning: "Ready when this address answers with a status from 200 to 299.",
    default: "none",
    example: "http://127.0.0.1:8000/health",
  }),
  tcp: key(port(), {
    meaning: "Ready when something of this service listens on this port.",
    default: "none",
    example: "5432",
  }),
  command: key(command(), {
    meaning: "Ready when this command exits 0; it runs as the service's user in its sandbox.",
    default: "none",
    example: "bin/check",
  }),
  within: key(duration(), {
    meaning: "How long it may take. Later is a failed start, and apply goes back.",
    default: "60s",
    becomes: "TimeoutStartSec=",
    example: "60s",
  }),
  settle: key(duration({ zero: true }), {
    meaning:
      "How long the service has to stay up before apply believes it. Without another ready check this is all that is known.",
    default: "0 with a ready check, 10s without",
    example: "10s",
  }),
});

const restart = v.strictObject({
  on: key(oneOf("failure", "always", "never"), {
    meaning:
      "After which kind of end the program is started again. failure: after a non-zero exit, a time-out, or death by any signal (systemd's own on-failure takes SIGTERM, SIGHUP, SIGINT and SIGPIPE for a clean end; here they count as failures). always: after a clean exit too. A stop by the operator never restarts.",
    default: "failure",
    becomes: "Restart= and RestartForceExitStatus=",
    example: "always",
  }),
  delay: key(duration({ zero: true }), {
    meaning: "Pause before each restart.",
    default: "5s",
    becomes: "RestartSec=",
    example: "30s",
  }),
  "max-delay": key(duration(), {
    meaning:
      "Let the pause grow to this in five steps. Needs systemd 254; older hosts keep the fixed delay and the plan says so.",
    default: "no growth",
    becomes: "RestartMaxDelaySec= and RestartSteps=",
    example: "5m",
  }),
  limit: key(rate(), {
    meaning:
      "How many starts, the first one included, may happen within a window before systemd gives up. Deliberate starts do not count.",
    default: "10 starts in a window ten delays and ten minutes long",
    becomes: "StartLimitBurst= and StartLimitIntervalSec= in [Unit]",
    example: "10 per 1h",
  }),
  "reset-after": key(duration(), {
    meaning:
      "After so long in good health the count of crashes and a grown delay start anew; systemd itself never forgets them. Needs supervision: agent or probes.",
    default: "30m where Holdfast watches",
    example: "30m",
  }),
  "not-on": key(v.array(count(0, 255)), {
    meaning: "Exit codes after which a restart is useless, such as a bad configuration.",
    default: "none",
    becomes: "RestartPreventExitStatus=",
    example: "[64, 78]",
  }),
});

const reload = v.strictObject({
  signal: key(oneOf("SIGHUP", "SIGUSR1", "SIGUSR2"), {
    meaning:
      "The signal at which the program reads its settings again. Declare it only if it has a handler: without one SIGHUP ends it.",
    default: "none",
    becomes: "ExecReload=kill -SIGNAL $MAINPID",
    example: "SIGHUP",
  }),
  command: key(command(), {
    meaning: "A command that makes the program read its settings again.",
    default: "none",
    becomes: "ExecReload=",
    example: "bin/ctl reload",
  }),
});

/** One long-running program. */
export const serviceSchema = v.strictObject({
  ...programKeys,
  ready: key(ready, {
    meaning: "When the service counts as started; apply waits for it and goes back if it does not come.",
    default: "it stays up for 10 s",
    example: '{ http: "http://127.0.0.1:8000/health", within: 60s }',
  }),
  watchdog: key(duration(), {
    meaning:
      "The program must report WATCHDOG=1 at least this often; if not, it is killed and restarted. Only for programs that do.",
    default: "none",
    becomes: "WatchdogSec= and NotifyAccess=all",
    example: "30s",
  }),
  reload: key(reload, {
    meaning: "How the program reads its settings again without a restart.",
    default: "reload restarts nothing and is refused",
    example: "{ signal: SIGHUP }",
  }),
  restart: key(restart, {
    meaning: "What happens when the program ends by itself.",
    default: "on failure, after 5s",
    example: "{ on: failure, delay: 30s, limit: 10 per 1h }",
  }),
  ports: key(v.array(port()), {
    meaning:
      "Ports the service listens on. apply refuses when another program has one; below 1024 the service gets the one capability it needs.",
    default: "none",
    becomes: "CAP_NET_BIND_SERVICE for ports below 1024",
    example: "[8000]",
  }),
  ...watchKeys,
  enable: key(flag(), {
    meaning: "Start at boot.",
    default: "true",
    becomes: "an [Install] section and systemctl enable",
    example: "false",
  }),
  start: key(flag(), { meaning: "Start (or restart) as part of apply.", default: "true", example: "false" }),
  systemd: serviceDirectives,
});

export type ServiceSpec = v.InferOutput<typeof serviceSchema>;
