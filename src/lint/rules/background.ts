import { type Program, programOf, programText } from "../program.ts";
import { commandsOf, flagOf, restartOf, serviceType } from "../read-settings.ts";
import { atValue, type Rule } from "../rule.ts";

/** Programs that leave, or that are soon done. */
export const backgroundRules: readonly Rule[] = [
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
