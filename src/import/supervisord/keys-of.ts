import type { Key } from "../../init/write-keys.ts";
import type { IniSection, IniValue } from "./read-ini.ts";

const signals = new Set(["HUP", "INT", "QUIT", "USR1", "USR2", "TERM", "ABRT", "KILL"]);

const isTrue = (value: string | undefined): boolean => /^(true|on|yes|1)$/i.test(value ?? "");

function numberOf(section: IniSection, key: string, otherwise: number): number {
  const value = section.values.get(key)?.value;
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) : otherwise;
}

/** When a program is started again, and when no more. */
export function restartKeys(section: IniSection): Key[] {
  const written = section.values.get("autorestart");
  const value = (written?.value ?? "unexpected").toLowerCase();
  const at = written?.at ?? section.at;
  if (value !== "unexpected" && !isTrue(value))
    return [{ key: ["restart", "on"], value: "never", why: "autorestart=false", at }];
  const always = value !== "unexpected";
  const codes = (section.values.get("exitcodes")?.value ?? "0")
    .split(",")
    .map((code) => Number(code.trim()))
    .filter((code) => Number.isInteger(code) && code >= 0 && code <= 255);
  const other = codes.filter((code) => code !== 0);
  const zero = codes.includes(0);
  const seconds = numberOf(section, "startsecs", 1);
  const retries = numberOf(section, "startretries", 3);
  const keys: Key[] = [];
  if (always)
    keys.push({ key: ["restart", "on"], value: "always", why: `autorestart=${written!.value}`, at });
  else if (zero) {
    keys.push({
      key: ["restart", "on"],
      value: "failure",
      why: `autorestart=unexpected${written ? "" : ", which is the default"}`,
      at,
    });
    if (other.length > 0)
      keys.push({ key: ["stop", "clean-exit"], value: other, why: `exitcodes=${codes.join(",")}`, at });
  } else {
    keys.push({
      key: ["restart", "on"],
      value: "always",
      why: "autorestart=unexpected, and 0 is unexpected here",
      at,
    });
    if (other.length > 0)
      keys.push({ key: ["restart", "not-on"], value: other, why: `exitcodes=${codes.join(",")}`, at });
  }
  keys.push({ key: ["restart", "delay"], value: "1s", why: "supervisord waits 1 s, then longer", at });
  if (seconds > 0)
    keys.push({
      key: ["restart", "limit"],
      // So many starts within this time are starts that never lasted startsecs.
      value: `${retries + 1} per ${(retries + 1) * (seconds + 1)}s`,
      why: `startretries=${retries}: then it gives up`,
      at: section.values.get("startretries")?.at ?? at,
    });
  return keys;
}

/** How a program is stopped. */
export function stopKeys(
  section: IniSection,
  drop: (one: IniValue, why: string, todo: string) => void,
): Key[] {
  const keys: Key[] = [];
  const signal = section.values.get("stopsignal");
  const name = signal?.value.toUpperCase().replace(/^SIG/, "");
  if (signal && name !== "TERM") {
    if (signals.has(name!))
      keys.push({
        key: ["stop", "signal"],
        value: `SIG${name}`,
        why: `stopsignal=${signal.value}`,
        at: signal.at,
      });
    else drop(signal, "a spec stops programs with no such signal", "let the program end at SIGTERM");
  }
  const wait = section.values.get("stopwaitsecs");
  const seconds = numberOf(section, "stopwaitsecs", 10);
  if (seconds > 0)
    keys.push({
      key: ["stop", "timeout"],
      value: `${seconds}s`,
      why: wait ? `stopwaitsecs=${wait.value}` : "supervisord's default",
      at: wait?.at ?? section.at,
    });
  const group = section.values.get("stopasgroup");
  if (!isTrue(group?.value))
    keys.push({
      key: ["stop", "kill"],
      value: "mixed",
      why: "stopasgroup=false: only the program itself is asked; what it leaves behind is killed",
      at: group?.at ?? section.at,
    });
  return keys;
}

/** Whether it starts by itself, and when it counts as started. */
export function startKeys(section: IniSection): Key[] {
  const keys: Key[] = [];
  const start = section.values.get("autostart");
  if (start && !isTrue(start.value))
    keys.push(
      { key: ["enable"], value: false, why: `autostart=${start.value}`, at: start.at },
      { key: ["start"], value: false, why: `autostart=${start.value}`, at: start.at },
    );
  const seconds = numberOf(section, "startsecs", 1);
  const at = section.values.get("startsecs")?.at ?? section.at;
  keys.push({
    key: ["ready", "settle"],
    value: seconds === 0 ? "0" : `${seconds}s`,
    why: `startsecs=${seconds}: up so long is started`,
    at,
  });
  return keys;
}
