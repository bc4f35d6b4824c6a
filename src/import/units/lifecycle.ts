import { formatDuration, durationOf } from "../../value/duration.ts";
import { readTimeSpan, readUnsigned } from "../../unit/read-value.ts";
import { splitWords } from "../../unit/words.ts";
import type { Named, Taking } from "./taking.ts";

/** How it starts, is watched by systemd, ends, and starts again. */
export function takeLifecycle(taking: Taking, kind: "service" | "job"): void {
  takeType(taking, kind);
  takeTimeouts(taking, kind);
  if (kind === "service") {
    span(taking, ["Service", "WatchdogSec"], ["watchdog"]);
    takeRestart(taking);
  }
  takeStop(taking);
}

function takeType(taking: Taking, kind: "service" | "job"): void {
  const type = taking.value(["Service", "Type"]);
  const name: Named = ["Service", "Type"];
  if (kind === "job") {
    if (type === "oneshot") taking.drop(name);
    // A job is one that ends, unless it says otherwise.
    if (type === null)
      taking.keys.push({
        key: ["systemd", "Service", "Type"],
        value: taking.value(["Service", "BusName"]) === null ? "simple" : "dbus",
        why: "no Type=, and this is what systemd takes it for",
      });
    return;
  }
  if (type === "notify") taking.put(["ready", "notify"], true, [name]);
  // What systemd takes it for anyway.
  if (type === "simple" && taking.value(["Service", "BusName"]) === null) taking.drop(name);
}

function takeTimeouts(taking: Taking, kind: "service" | "job"): void {
  // Together with these the order of the lines decides.
  if (taking.value(["Service", "TimeoutSec"]) !== null) return;
  span(taking, ["Service", "TimeoutStartSec"], kind === "job" ? ["timeout"] : ["ready", "within"]);
  span(taking, ["Service", "TimeoutStopSec"], ["stop", "timeout"]);
}

function takeRestart(taking: Taking): void {
  const name: Named = ["Service", "Restart"];
  const restart = taking.value(name);
  if (restart === "no") taking.drop(name);
  if (restart === "on-failure") taking.put(["restart", "on"], "failure", [name]);
  if (restart === "always") taking.put(["restart", "on"], "always", [name]);
  span(taking, ["Service", "RestartSec"], ["restart", "delay"], { zero: true });
  codes(taking, ["Service", "RestartPreventExitStatus"], ["restart", "not-on"]);
  takeLimit(taking);
}

/** The spec has them together, and only where the limit can be reached; it says so itself when not. */
function takeLimit(taking: Taking): void {
  const names: Named[] = [
    ["Unit", "StartLimitIntervalSec"],
    ["Unit", "StartLimitBurst"],
  ];
  const [window, burst] = names.map((one) => taking.value(one));
  const older: Named[] = [
    ["Unit", "StartLimitInterval"],
    ["Service", "StartLimitInterval"],
    ["Service", "StartLimitBurst"],
  ];
  if (window === null && burst === null) return;
  if (older.some((one) => taking.value(one) !== null)) return;
  const micros = window === null || window === undefined ? 10e6 : readTimeSpan(window);
  const count = burst === null || burst === undefined ? 5 : readUnsigned(burst);
  if (micros === null || count === null || micros % 1000 !== 0 || micros === 0 || count === 0) return;
  if (!Number.isFinite(micros)) return;
  taking.put(["restart", "limit"], `${count} per ${formatDuration(durationOf(micros / 1000))}`, names);
}

const signals = /^(SIG)?(HUP|INT|QUIT|USR1|USR2|TERM|ABRT|KILL)$/;

function takeStop(taking: Taking): void {
  const signal: Named = ["Service", "KillSignal"];
  const named = signals.exec(taking.value(signal) ?? "")?.[2];
  if (named === "TERM") taking.drop(signal);
  else if (named !== undefined) taking.put(["stop", "signal"], `SIG${named}`, [signal]);
  const mode: Named = ["Service", "KillMode"];
  const kill = taking.value(mode);
  if (kill === "control-group") taking.drop(mode);
  if (kill === "mixed") taking.put(["stop", "kill"], kill, [mode]);
  codes(taking, ["Service", "SuccessExitStatus"], ["stop", "clean-exit"]);
}

/** A span of time above 0 that has an end, and no part below a millisecond. */
export function span(
  taking: Taking,
  name: Named,
  key: readonly string[],
  options: { zero?: boolean } = {},
): void {
  const value = taking.value(name);
  const micros = value === null ? null : readTimeSpan(value);
  if (micros === null || !Number.isFinite(micros) || micros % 1000 !== 0) return;
  if (micros === 0 && !options.zero) return;
  taking.put(key, formatDuration(durationOf(micros / 1000)), [name]);
}

function codes(taking: Taking, name: Named, key: readonly string[]): void {
  const words = taking.all(name).flatMap(({ value }) => splitWords(value).words.map(({ text }) => text));
  if (words.length === 0 || !words.every((word) => /^\d{1,3}$/.test(word) && Number(word) <= 255)) return;
  taking.put(key, words.map(Number), [name]);
}
