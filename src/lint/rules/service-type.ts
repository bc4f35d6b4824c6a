import type { LintUnit } from "../lint-unit.ts";
import { programOf, programText, type Program } from "../program.ts";
import { commandsOf, flagOf, restartOf, serviceType } from "../read-settings.ts";
import { atKey, atValue, type Finding, type Rule } from "../rule.ts";
import { setValue } from "../../unit/edit-unit.ts";
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
  {
    id: "simple-daemonizes",
    level: "will-not-do-what-it-says",
    reason: "the service is its first process: when that ends, systemd ends the rest",
    happens:
      'the unit is "inactive (dead)" with success at once, and what went into the background is killed',
    source: "measured with systemd 252",
    bad: "[Service]\nExecStart=/usr/bin/screen -dmS bot /srv/bot/run\n",
    good: "[Service]\nType=exec\nExecStart=/srv/bot/run\n",
    *check(unit) {
      if (unit.type !== "service" || !["simple", "exec", "idle", "notify"].includes(serviceType(unit)))
        return;
      if (flagOf(unit, "RemainAfterExit") || unit.settings.value("Service", "ExitType") === "cgroup") return;
      for (const { setting, command } of commandsOf(unit, "ExecStart")) {
        const why = goesToBackground(programOf(command));
        if (why === null) continue;
        const start = command.program.start;
        yield {
          ...atValue(setting.file, setting, { start, end: setting.value.length }),
          says: `${why}, and the service ends with it`,
          fix: "run the program in the foreground, without anything that puts it into the background",
        };
      }
    },
  },
  {
    id: "endless-finished-program",
    level: "will-not-do-what-it-says",
    reason: "Restart=always starts a program again that has done its work and ended",
    happens: "it runs again and again until the start limit is hit; then the unit is failed",
    source: "measured with systemd 252",
    bad: "[Service]\nExecStart=/usr/bin/rsync -a /srv/ /backup/\nRestart=always\n",
    good: "[Service]\nType=oneshot\nTimeoutStartSec=1h\nExecStart=/usr/bin/rsync -a /srv/ /backup/\n",
    *check(unit) {
      if (unit.type !== "service" || serviceType(unit) === "oneshot") return;
      if (!/^(always|on-success)$/.test(restartOf(unit)) || flagOf(unit, "RemainAfterExit")) return;
      const restart = unit.settings.last("Service", "Restart")!;
      for (const { command } of commandsOf(unit, "ExecStart")) {
        const program = programOf(command);
        if (!isSoonDone(program)) continue;
        yield {
          ...atValue(restart.file, restart),
          says: `Restart=${restart.value} runs ${programText(program)} again each time that it is done`,
          fix: "Type=oneshot and a timer for what is to happen again",
        };
      }
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

/** Why the first process ends while the work goes on; null when nothing says so. */
function goesToBackground({ name, inline, kind, arguments: words }: Program): string | null {
  const has = (...flags: string[]) => flags.some((flag) => words.includes(flag));
  const text = words.join(" ");
  if (kind === "shell" && inline !== null && /[^&>|]&\s*(?:disown\s*)?$/.test(inline))
    return 'the shell leaves with "&"';
  if (name === "screen" && words.some((word) => word.startsWith("-d")) && /(^| )-\w*m/.test(text))
    return "screen -d goes into the background";
  if (name === "tmux" && /^(new|new-session|start|start-server)\b/.test(text) && has("-d"))
    return "tmux starts a server in the background";
  if (name === "gunicorn" && has("-D", "--daemon")) return "gunicorn goes into the background";
  if (name === "uwsgi" && /(^| )(-d|--daemonize)\b/.test(text)) return "uwsgi goes into the background";
  if (name === "redis-server" && /--daemonize yes/.test(text)) return "redis-server goes into the background";
  if (name === "mongod" && has("--fork")) return "mongod goes into the background";
  if (name === "start-stop-daemon" && has("-b", "--background"))
    return "start-stop-daemon puts the program into the background";
  if (name === "pm2" && /^(start|resurrect|restart|reload)\b/.test(text) && !has("--no-daemon"))
    return "pm2 starts its own daemon";
  if (name === "forever" && /^start\b/.test(text)) return "forever goes into the background";
  if (name === "celery" && / ?multi start\b/.test(text)) return "celery multi goes into the background";
  if (
    /^(docker|podman)$/.test(name) &&
    /^(run|start)\b/.test(text) &&
    (words[0] === "run" ? has("-d", "--detach", "-dit", "-itd") : !has("-a", "--attach", "-i"))
  )
    return `${name} ${words[0]} returns at once`;
  if (
    /^(docker|podman|docker-compose|podman-compose)$/.test(name) &&
    /(^|compose .*|^)up\b/.test(text) &&
    has("-d", "--detach")
  )
    return `${name} up -d returns at once`;
  if (
    /^(apachectl|apache2ctl|httpd)$/.test(name) &&
    /-k start\b|^start\b/.test(text) &&
    !/FOREGROUND/.test(text)
  )
    return `${name} goes into the background`;
  return null;
}

const short = new Set(
  "echo printf true false mkdir cp mv chmod chown touch rm ln tar gzip certbot restic borg find sysctl modprobe mount umount".split(
    " ",
  ),
);

/** Programs that do their work and end. */
function isSoonDone({ name, arguments: words }: Program): boolean {
  const text = words.join(" ");
  if (name === "rsync") return !/--daemon/.test(text);
  if (name === "git") return /^(pull|fetch|clone|-C \S+ (pull|fetch))\b/.test(text);
  if (name === "restic") return !/^(rest-server|mount|serve)\b/.test(text);
  if (name === "borg") return !/^(serve|mount)\b/.test(text);
  return short.has(name);
}
