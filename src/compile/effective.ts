import type { Directive } from "./artifact.ts";
import type { Properties, PropertyValue } from "../host/host.ts";
import { readBoolean, readSize, readTimeSpan } from "../unit/read-value.ts";
import { signalNumber } from "../value/exit-status.ts";
import { parseDuration, formatDuration, durationOf } from "../value/duration.ts";
import { parseSize, formatSize, type Size } from "../value/size.ts";

const infinity = 2n ** 64n - 1n;
const signals: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGUSR2: 12,
  SIGTERM: 15,
};

/** How a directive shows in systemd's properties (org.freedesktop.systemd1(5)): the property, what it should be, and the found value as a person would write it. */
type Reader = {
  property: string;
  expect: (text: string) => PropertyValue;
  show: (found: PropertyValue) => string;
  /** The same of what stands below systemd:, in any spelling; null where it cannot be told. Without it such a directive is not compared. */
  written?: (text: string) => PropertyValue | null;
  /** The property tells about the run in progress, and without one about none. */
  whileRunning?: true;
};

const plain = (property: string): Reader => ({
  property,
  expect: (text) => text.replaceAll("%%", "%"),
  // Specifiers are systemd's to resolve, and "true" stands for "yes" where words are expected, too.
  written: (text) =>
    text === "" || text.includes("%") || (readBoolean(text) !== null && !/^(yes|no)$/.test(text))
      ? null
      : text,
  show: String,
});
const number = (property: string): Reader => ({
  property,
  expect: (text) => BigInt(text),
  written: (text) => (/^-?\d+$/.test(text) ? BigInt(text) : null),
  show: (found) => (typeof found === "object" ? JSON.stringify(found) : String(found)),
});
const yes = (property: string): Reader => ({
  property,
  expect: (text) => text === "yes",
  written: readBoolean,
  show: (found) => (found === true ? "yes" : "no"),
});
const micros = (property: string): Reader => ({
  property,
  expect: (text) => {
    const span = parseDuration(text);
    return span.ok && span.value !== Infinity ? BigInt(span.value) * 1000n : infinity;
  },
  // 0 is "at once" in some directives and "never" in others.
  written: (text) => {
    const span = readTimeSpan(text);
    return span === null || span === 0 ? null : span === Infinity ? infinity : BigInt(span);
  },
  show: (found) => (found === infinity ? "infinity" : formatDuration(durationOf(Number(found) / 1000))),
});
const bytes = (property: string): Reader => ({
  property,
  expect: (text) => {
    const size = parseSize(text === "0" ? "0M" : text);
    return size.ok && size.value !== Infinity ? BigInt(size.value) : infinity;
  },
  written: (text) => {
    if (text === "infinity") return infinity;
    const size = readSize(text);
    return size === null ? null : BigInt(size);
  },
  show: (found) => (found === infinity ? "infinity" : formatSize(Number(found) as Size)),
});

/** Bits of capabilities(7); more names when the compiler writes more. */
const capabilityBits: Readonly<Record<string, number>> = { CAP_NET_BIND_SERVICE: 10, CAP_NET_RAW: 13 };
const capabilities = (property: string): Reader => ({
  property,
  expect: (text) => wordsOf(text).reduce((mask, name) => mask | (1n << BigInt(capabilityBits[name]!)), 0n),
  show: (found) => {
    const mask = BigInt(found as bigint | number);
    const names = Object.keys(capabilityBits).filter((name) => mask === 1n << BigInt(capabilityBits[name]!));
    return mask === 0n ? "empty" : (names[0] ?? `0x${mask.toString(16)}`);
  },
});

function wordsOf(text: string): string[] {
  return text.split(" ").filter((word) => word !== "");
}

const readers: Readonly<Record<string, Reader>> = {
  CapabilityBoundingSet: capabilities("CapabilityBoundingSet"),
  AmbientCapabilities: capabilities("AmbientCapabilities"),
  // As systemd answers: the kinds that are left, and whether the list says what is allowed.
  RestrictNamespaces: {
    property: "RestrictNamespaces",
    expect: () => 0n,
    show: () => "no, or only for some kinds",
  },
  RestrictAddressFamilies: {
    property: "RestrictAddressFamilies",
    expect: (text) => [true, wordsOf(text).toSorted()],
    show: (found) => {
      const [allowed, names] = found as readonly [boolean, readonly string[]];
      return allowed ? names.join(" ") || "none" : names.length === 0 ? "any" : `any but ${names.join(" ")}`;
    },
  },
  // (bs): whether it may be missing, and its name.
  AppArmorProfile: {
    property: "AppArmorProfile",
    expect: (text) => [false, text],
    show: (found) => (found as readonly [boolean, string])[1] || "none",
  },
  NoExecPaths: {
    property: "NoExecPaths",
    expect: (text) => wordsOf(text),
    show: (found) => (found as readonly string[]).join(" ") || "none",
  },
  SystemCallArchitectures: {
    property: "SystemCallArchitectures",
    expect: (text) => wordsOf(text),
    show: (found) => (found as readonly string[]).join(" ") || "any",
  },
  CPUQuota: {
    property: "CPUQuotaPerSecUSec",
    expect: (text) => BigInt(Math.round(Number(text.slice(0, -1)) * 10_000)),
    show: (found) => (found === infinity ? "infinity" : `${Number(found) / 10_000}%`),
  },
  KillSignal: {
    property: "KillSignal",
    expect: (text) => BigInt(signals[text]!),
    written: (text) => {
      const number = signalNumber(text);
      return number === null ? null : BigInt(number);
    },
    show: (found) =>
      Object.keys(signals).find((name) => signals[name] === Number(found)) ?? `signal ${Number(found)}`,
  },
  SystemCallErrorNumber: {
    property: "SystemCallErrorNumber",
    expect: () => 1n,
    show: (found) =>
      Number(found) === 1
        ? "EPERM"
        : Number(found) === 0
          ? "none: the program is killed"
          : `error ${Number(found)}`,
  },
  UMask: {
    property: "UMask",
    expect: (text) => BigInt(Number.parseInt(text, 8)),
    written: (text) => (/^[0-7]{1,4}$/.test(text) ? BigInt(Number.parseInt(text, 8)) : null),
    show: (found) => `0${Number(found).toString(8)}`,
  },
  RestartSec: micros("RestartUSec"),
  TimeoutStartSec: micros("TimeoutStartUSec"),
  TimeoutStopSec: micros("TimeoutStopUSec"),
  // systemd shows the watchdog of the latest start, and "infinity" before the first one.
  WatchdogSec: { ...micros("WatchdogUSec"), whileRunning: true },
  StartLimitIntervalSec: micros("StartLimitIntervalUSec"),
  RestartMaxDelaySec: micros("RestartMaxDelayUSec"),
  StartLimitBurst: number("StartLimitBurst"),
  RestartSteps: number("RestartSteps"),
  Nice: number("Nice"),
  LimitNOFILE: number("LimitNOFILE"),
  TasksMax: number("TasksMax"),
  CPUWeight: number("CPUWeight"),
  IOWeight: number("IOWeight"),
  MemoryMax: bytes("MemoryMax"),
  MemoryHigh: bytes("MemoryHigh"),
  MemorySwapMax: bytes("MemorySwapMax"),
  ...Object.fromEntries(
    [
      "Description",
      "Type",
      "User",
      "Group",
      "Slice",
      "Restart",
      "RestartMode",
      "KillMode",
      "NotifyAccess",
      "LogNamespace",
      "SyslogIdentifier",
      "ProtectProc",
      "KeyringMode",
      "DevicePolicy",
      "ProtectSystem",
      "ProtectHome",
      "StandardOutput",
      "StandardError",
      "OOMPolicy",
      "RuntimeDirectoryPreserve",
      "FailureAction",
      "SuccessAction",
      "StartLimitAction",
      "CollectMode",
      "PIDFile",
      "BusName",
      "ExitType",
    ].map((name) => [name, plain(name)]),
  ),
  ...Object.fromEntries(
    [
      "NoNewPrivileges",
      "PrivateTmp",
      "PrivateDevices",
      "PrivateIPC",
      "PrivateMounts",
      "PrivateUsers",
      "PrivateNetwork",
      "ProtectClock",
      "ProtectControlGroups",
      "ProtectHostname",
      "ProtectKernelLogs",
      "ProtectKernelModules",
      "ProtectKernelTunables",
      "LockPersonality",
      "MemoryDenyWriteExecute",
      "RemoveIPC",
      "RestrictRealtime",
      "RestrictSUIDSGID",
      "RemainAfterExit",
      "GuessMainPID",
      "SendSIGHUP",
      "SendSIGKILL",
      "IgnoreSIGPIPE",
      "DynamicUser",
      "Delegate",
      "DefaultDependencies",
      "RefuseManualStart",
      "RefuseManualStop",
      "StopWhenUnneeded",
      "IgnoreOnIsolate",
      "CPUAccounting",
      "IOAccounting",
      "MemoryAccounting",
      "TasksAccounting",
      "IPAccounting",
    ].map((name) => [name, yes(name)]),
  ),
};

/** Whether systemd tells the value of this directive, so that it can be compared. */
export function isReadable(key: string): boolean {
  return readers[key] !== undefined;
}

export type Mismatch = { key: string; meant: string; found: string; directive: Directive };

/** Properties to ask systemd for, to compare these directives. */
export function propertiesFor(directives: readonly Directive[]): string[] {
  return [...new Set(directives.flatMap((d) => (readers[d.key] ? [readers[d.key]!.property] : [])))];
}

/**
 * Compares what was written with what systemd has in force. Pure: `found` is what it answered. What only a running
 * service has is compared when MainPID was asked for too, and there is one.
 */
export function findMismatches(directives: readonly Directive[], found: Properties): Mismatch[] {
  return directives.flatMap((directive) => {
    const reader = readers[directive.key];
    const value = reader && found[reader.property];
    if (!reader || value === undefined) return [];
    if (reader.whileRunning && !found["MainPID"]) return [];
    const meant = directive.asWritten
      ? (reader.written?.(directive.value) ?? null)
      : reader.expect(directive.value);
    return meant === null || sameValue(meant, value)
      ? []
      : [{ key: directive.key, meant: directive.value, found: reader.show(value), directive }];
  });
}

function sameValue(meant: PropertyValue, found: PropertyValue): boolean {
  if (Array.isArray(meant) && Array.isArray(found))
    return meant.length === found.length && meant.every((one, index) => sameValue(one, found[index]));
  if (typeof meant === "bigint" && (typeof found === "number" || typeof found === "bigint"))
    return meant === BigInt(found);
  return meant === found;
}
