import type { Key } from "../../init/write-keys.ts";
import { durationOf, formatDuration } from "../../value/duration.ts";
import { formatSize, type Size } from "../../value/size.ts";
import { entry, textOf, type DataNode } from "../data/node.ts";
import type { Dropped } from "../imported.ts";
import type { Pm2App } from "./read-apps.ts";

/** Keys of PM2 that have no key of their own here: why, and what to do. */
const notCarried: Readonly<Record<string, readonly [why: string, todo: string]>> = {
  watch: ["a service does not restart when its files change", "use it while developing only: node --watch"],
  cron_restart: [
    "a restart by the clock hides what it is for",
    "find the leak, or restart it at a size: heal: { recycle: 500M }",
  ],
  cron: [
    "a restart by the clock hides what it is for",
    "find the leak, or restart it at a size: heal: { recycle: 500M }",
  ],
  wait_ready: [
    "process.send('ready') is PM2's own",
    "say when it is ready: ready: { http: ... }, or { notify: true } with sd_notify",
  ],
  post_update: ["pm2 pull is not done here", "run these commands before holdfast apply"],
  uid: ["an account has a name here", "put the name of the account into user:"],
  gid: ["a group has a name here", "put the name of the group into group:"],
  shutdown_with_message: ["process.send('shutdown') is PM2's own", "let the program end at SIGTERM"],
};

const logs = [
  "out_file",
  "error_file",
  "log_file",
  "output",
  "error",
  "log",
  "pm_out_log_path",
  "pm_err_log_path",
];

const millis = (node: DataNode | undefined): number | undefined => {
  const text = textOf(node);
  if (text === undefined) return undefined;
  const match = /^(\d+)(ms|s|m|h)?$/.exec(text.trim());
  return match
    ? Number(match[1]) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] ?? "ms"]!
    : undefined;
};
const span = (value: number): string => formatDuration(durationOf(value));

/** What PM2 does about ends, stops and memory, and what is not carried over. */
export function keysOf(app: Pm2App, name: string): { keys: Key[]; dropped: Dropped[]; logFiles: string[] } {
  const { node, dumped } = app;
  const of = (key: string): DataNode | undefined => entry(node, key);
  const keys: Key[] = [];
  const dropped: Dropped[] = [];
  const logFiles: string[] = [];
  const drop = (at: DataNode, what: string, why: string, todo: string): void => {
    dropped.push({ at: at.at, what, why, todo });
  };
  restartKeys(of, node, keys);
  keys.push({ key: ["stop", "signal"], value: "SIGINT", why: "what PM2 stops with", at: node.at });
  const wait = millis(of("kill_timeout"));
  keys.push({
    key: ["stop", "timeout"],
    value: span(wait !== undefined && wait > 0 ? wait : 1600),
    why: wait === undefined ? "PM2's default; more would be kinder" : `kill_timeout: ${wait}`,
    at: of("kill_timeout")?.at ?? node.at,
  });
  if (textOf(of("treekill")) === "false")
    keys.push({ key: ["stop", "kill"], value: "mixed", why: "treekill: false", at: of("treekill")!.at });
  const memory = of("max_memory_restart");
  const size = sizeOf(textOf(memory));
  if (memory && size !== null && size > 0)
    keys.push({
      key: ["heal", "recycle"],
      value: formatSize(size as Size),
      why: `max_memory_restart: ${textOf(memory)}; a graceful restart`,
      at: memory.at,
    });
  if (textOf(of("autostart")) === "false")
    keys.push({ key: ["enable"], value: false, why: "autostart: false", at: of("autostart")!.at });
  for (const [key, [why, todo]] of Object.entries(notCarried)) {
    const found = of(key);
    const value = textOf(found);
    if (
      found &&
      value !== "false" &&
      value !== undefined &&
      value !== "" &&
      !(dumped && key !== "cron_restart")
    )
      drop(found, `${key}: ${value}`, why, todo);
    else if (found && found.kind !== "scalar" && !dumped) drop(found, key, why, todo);
  }
  for (const key of logs) {
    const path = textOf(of(key));
    if (path === undefined || path === "/dev/null" || path === "NULL") continue;
    logFiles.push(path);
    if (!dumped)
      drop(
        of(key)!,
        `${key}: ${path}`,
        "its output goes into the journal, with limits (logs:) in the place of pm2-logrotate",
        `read it with holdfast logs ${name}, and whatever reads ${path} has to read the journal`,
      );
  }
  for (const [key, value] of node.entries)
    if (value.kind === "dynamic" && !["script", "args", "env"].includes(key))
      drop(
        value,
        `${key.startsWith("...") ? "" : `${key}: `}${value.text.split("\n")[0]}`,
        "only running the file would tell it, and nothing is run",
        "write the value into the spec",
      );
  return { keys, dropped, logFiles };
}

function restartKeys(of: (key: string) => DataNode | undefined, node: DataNode, keys: Key[]): void {
  const auto = of("autorestart");
  const at = auto?.at ?? node.at;
  if (textOf(auto) === "false") {
    keys.push({ key: ["restart", "on"], value: "never", why: "autorestart: false", at });
    return;
  }
  keys.push({
    key: ["restart", "on"],
    value: "always",
    why: auto ? "autorestart: true" : "what PM2 does",
    at,
  });
  const backoff = millis(of("exp_backoff_restart_delay"));
  const delay = backoff ?? millis(of("restart_delay")) ?? 0;
  keys.push({
    key: ["restart", "delay"],
    value: delay === 0 ? "100ms" : span(delay),
    why:
      delay === 0
        ? "PM2 waits for nothing"
        : backoff === undefined
          ? `restart_delay: ${delay}`
          : "exp_backoff_restart_delay",
    at: of("restart_delay")?.at ?? at,
  });
  if (backoff !== undefined && backoff < 15_000)
    keys.push({
      key: ["restart", "max-delay"],
      value: "15s",
      why: "as far as PM2 lets it grow",
      at: of("exp_backoff_restart_delay")!.at,
    });
  const most = Number(textOf(of("max_restarts")) ?? 16);
  const uptime = millis(of("min_uptime")) ?? 1000;
  if (Number.isInteger(most) && most > 0 && most < 5000)
    keys.push({
      key: ["restart", "limit"],
      value: `${most + 1} per ${Math.ceil(((most + 1) * (uptime + Math.max(delay, 1000))) / 1000)}s`,
      why: `max_restarts: ${most}: so many that never stayed up`,
      at: of("max_restarts")?.at ?? at,
    });
  const codes = of("stop_exit_codes");
  if (codes) {
    const list = (codes.kind === "list" ? codes.items : [codes]).map((item) => Number(textOf(item)));
    if (list.every((code) => Number.isInteger(code) && code >= 0 && code < 256))
      keys.push({ key: ["restart", "not-on"], value: list, why: "stop_exit_codes", at: codes.at });
  }
}

function sizeOf(text: string | undefined): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([KMG])?B?$/i.exec(text ?? "");
  if (!match) return null;
  const bytes = Number(match[1]) * 1024 ** (match[2] ? "KMG".indexOf(match[2].toUpperCase()) + 1 : 0);
  return Math.round(bytes / 1024) * 1024;
}
