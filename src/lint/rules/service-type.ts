import { setValue } from "../../unit/edit-unit.ts";
import type { LintUnit } from "../lint-unit.ts";
import { type Program, programOf, programText } from "../program.ts";
import { commandsOf, flagOf, serviceType } from "../read-settings.ts";
import { atKey, atValue, type Finding, type Rule } from "../rule.ts";
import { timersOf } from "../triggers.ts";

/** What Type= promises, and what the program does. */
export const serviceTypeRules: readonly Rule[] = [
  {
    id: "oneshot-restart",
    level: "will-not-start",
    reason:
      "a oneshot service that has ended well is done: systemd does not take Restart=always or on-success for it",
    happens: "systemd refuses to load the unit",
    source: "systemd.service(5)",
    bad: "[Service]\nType=oneshot\nExecStart=/usr/bin/backup\nRestart=always\n",
    good: "[Service]\nType=oneshot\nTimeoutStartSec=1h\nExecStart=/usr/bin/backup\nRestart=on-failure\nRestartSec=1min\n",
    *check(unit) {
      if (unit.type !== "service" || serviceType(unit) !== "oneshot") return;
      const restart = unit.settings.last("Service", "Restart");
      if (!restart || !/^(always|on-success)$/.test(restart.value)) return;
      yield {
        ...atValue(restart.file, restart),
        says: `Restart=${restart.value} with Type=oneshot`,
        fix: "Restart=on-failure to try a failed job again; Type=exec if the program is to stay",
      };
    },
  },
  {
    id: "oneshot-runtime-max",
    level: "will-not-do-what-it-says",
    reason: "the run of a oneshot service is its start: RuntimeMaxSec= counts only what comes after that",
    happens: "systemd says that the setting has no effect; a job that hangs is never stopped",
    source: "systemd.service(5)",
    bad: "[Service]\nType=oneshot\nExecStart=/usr/bin/backup\nRuntimeMaxSec=1h\n",
    good: "[Service]\nType=oneshot\nExecStart=/usr/bin/backup\nTimeoutStartSec=1h\n",
    *check(unit) {
      if (unit.type !== "service" || serviceType(unit) !== "oneshot") return;
      const limit = unit.settings.last("Service", "RuntimeMaxSec");
      if (!limit || limit.value === "infinity") return;
      const replaceable =
        !unit.settings.has("Service", "TimeoutStartSec") && !unit.settings.has("Service", "TimeoutSec");
      yield {
        ...atKey(limit.file, limit),
        says: "RuntimeMaxSec= does not limit a oneshot service",
        fix: `TimeoutStartSec=${limit.value}`,
        ...(replaceable
          ? {
              edits: [
                {
                  ...setValue(limit.file, limit, limit.value),
                  text: renamed(limit.file.text.slice(limit.start, limit.end)),
                },
              ],
            }
          : {}),
      };
    },
  },
  {
    id: "oneshot-daemon",
    level: "risky",
    reason: "a oneshot service counts as started only when its program has ended",
    happens: 'a program that stays is "activating" for ever, and all that is ordered after it waits',
    bad: "[Service]\nType=oneshot\nExecStart=/usr/bin/gunicorn app:app\n\n[Install]\nWantedBy=multi-user.target\n",
    good: "[Service]\nType=notify\nExecStart=/usr/bin/gunicorn app:app\nRestart=on-failure\nRestartSec=5s\n\n[Install]\nWantedBy=multi-user.target\n",
    *check(unit, context) {
      if (unit.type !== "service" || serviceType(unit) !== "oneshot" || unit.partial) return;
      if (flagOf(unit, "RemainAfterExit") || timersOf(unit, context).length > 0) return;
      const [last] = commandsOf(unit, "ExecStart").slice(-1);
      if (!last) return;
      const program = programOf(last.command);
      if (!staysInForeground(program)) return;
      yield {
        ...atType(unit),
        says: `${programText(program)} stays, but Type=oneshot waits for its end`,
        fix: "Type=exec",
      };
    },
  },
  {
    id: "forking-foreground",
    level: "will-not-start",
    reason: "Type=forking waits until the started process has gone and left a child behind",
    happens: "a program that stays in the foreground is killed when the start times out, 90 s by default",
    source: "measured with systemd 252",
    bad: "[Service]\nType=forking\nExecStart=/usr/bin/node /srv/bot/main.js\nRestart=always\nRestartSec=5s\n",
    good: "[Service]\nType=exec\nExecStart=/usr/bin/node /srv/bot/main.js\nRestart=always\nRestartSec=5s\n",
    *check(unit) {
      if (unit.type !== "service" || serviceType(unit) !== "forking") return;
      const [first] = commandsOf(unit, "ExecStart");
      if (!first) return;
      const program = programOf(first.command);
      const certain = staysInForeground(program);
      const likely =
        program.kind === "interpreter" &&
        program.script !== null &&
        !/\b(start|daemon|--?d(aemon)?)\b/.test(program.arguments.join(" "));
      if (!certain && !likely) return;
      yield {
        ...atType(unit),
        says: certain
          ? `${programText(program)} stays in the foreground, but Type=forking waits for it to go`
          : `Type=forking, and nothing here tells ${programText(program)} to go into the background`,
        fix: "Type=exec; or Type=notify when the program says that it is ready",
        ...(certain ? {} : { level: "risky" as const }),
      };
    },
  },
];

function renamed(line: string): string {
  return line.replace("RuntimeMaxSec", "TimeoutStartSec");
}

/** The line with Type=, or the first command when there is none. */
function atType(unit: LintUnit): Pick<Finding, "file" | "start" | "end"> {
  const type = unit.settings.last("Service", "Type");
  if (type) return atValue(type.file, type);
  const start = unit.settings.last("Service", "ExecStart")!;
  return atValue(start.file, start);
}

const servers = new Set(
  (
    "uvicorn hypercorn daphne waitress-serve caddy traefik prometheus grafana-server node_exporter alertmanager " +
    "minio cloudflared frpc frps syncthing etcd consul vault nomad"
  ).split(" "),
);

/** Programs that are known to stay in the foreground, called as they are here. */
function staysInForeground({ name, kind, script, arguments: words }: Program): boolean {
  const text = words.join(" ");
  if (name === "gunicorn") return !/(^| )(-D|--daemon)\b/.test(text) && !/(^| )(-c|--config)\b/.test(text);
  if (name === "java") return /(^| )-jar /.test(text);
  if (/^(node|nodejs|deno|bun)$/.test(name))
    return script !== null && !/(^| )(--?d|--?daemon|start)\b/.test(text);
  if (/^(npm|yarn|pnpm)$/.test(name)) return kind === "wrapper" && /^(run )?(start|serve|dev)\b/.test(text);
  if (name === "python") return /(^| )-m (http\.server|uvicorn|flask run|streamlit|hypercorn)\b/.test(text);
  return servers.has(name);
}
