import type { DirectiveInfo } from "./directives.ts";
import {
  readBoolean,
  readInteger,
  readMode,
  readNanoSpan,
  readPercent,
  readSignal,
  readSize,
  readTimeSpan,
  readUnsigned,
} from "./read-value.ts";
import type { ValueKind } from "./value-kind.ts";
import { enumerations } from "./value-words.ts";

const span: ValueKind = {
  expected: "a span of time such as 30s, 5min or 1h 30min",
  reads: (value) => readTimeSpan(value) !== null,
};
const boolean: ValueKind = { expected: "yes or no", reads: (value) => readBoolean(value) !== null };
const size: ValueKind = {
  expected: "a size such as 512M or 2G",
  reads: (value) => readSize(value) !== null,
};
const unsigned: ValueKind = {
  expected: "a whole number",
  reads: (value) => (readUnsigned(value) ?? Infinity) < 2 ** 32,
};

/** Soft and hard limit, between ":", or both in one; the soft one is the smaller. */
function limit(expected: string, read: (value: string) => number | null, endless = true): ValueKind {
  const one = (part: string) => (endless && part === "infinity" ? Infinity : read(part));
  return {
    expected: endless ? `${expected}, or infinity` : expected,
    reads: (value) => {
      const [soft, hard, ...rest] = value.split(":").map(one);
      return soft !== null && hard !== null && rest.length === 0 && soft! <= (hard ?? Infinity);
    },
  };
}

function between(number: number | null, from: number, to: number): boolean {
  return number !== null && number >= from && number <= to;
}

function within(from: number, to: number, expected = `a whole number from ${from} to ${to}`): ValueKind {
  return {
    expected,
    reads: (value) => between(readInteger(value), from, to),
  };
}

/** MemoryMax= and its like: a share of the machine's memory is at most 100 %. */
function memory(zero: boolean): ValueKind {
  return {
    expected: "a size such as 512M or 2G, a share such as 20%, or infinity",
    reads: (value) => {
      if (value === "infinity") return true;
      const bytes = readPercent(value) ?? readSize(value);
      return bytes !== null && (zero || bytes > 0) && !(value.endsWith("%") && bytes > 100);
    },
  };
}

const perDevice = (what: string, base: 1000 | 1024): ValueKind => ({
  expected: `a device and ${what}, such as "/dev/sda 10M"`,
  reads: (value) => {
    const [, rate] = /^\S+\s+(\S.*)$/.exec(value) ?? [];
    return rate !== undefined && (rate === "infinity" || readSize(rate, base) !== null);
  },
});

const byKind: Readonly<Record<string, ValueKind>> = {
  BOOLEAN: boolean,
  SECONDS: span,
  NANOSECONDS: { ...span, reads: (value) => readNanoSpan(value) !== null },
  SIGNAL: { expected: "a signal such as SIGTERM or INT", reads: (value) => readSignal(value) !== null },
  UNSIGNED: unsigned,
  INTEGER: within(-(2 ** 31), 2 ** 31 - 1, "a whole number"),
  LONG: within(-(2 ** 63), 2 ** 63 - 1, "a whole number"),
  SIZE: size,
  NICE: within(-20, 19),
  OOMSCOREADJUST: within(-1000, 1000),
  CPUWEIGHT: {
    expected: 'a whole number from 1 to 10000, or "idle"',
    reads: (value) => value === "idle" || within(1, 10_000).reads(value, 0),
  },
  WEIGHT: within(1, 10_000),
  SHARES: within(2, 262_144),
  IOPRIORITY: within(0, 7),
  CPUSCHEDPRIO: within(0, 99),
};

const mode: ValueKind = {
  expected: "octal permissions such as 0750",
  reads: (value) => readMode(value) !== null,
};
const bytes = limit("a size such as 512M", (value) => readSize(value));
const count = limit("a whole number", (value) => {
  const number = readUnsigned(value);
  return between(number, 0, 2 ** 63) ? number : null;
});
/** A nice level with its sign, or the kernel's own number for it, from 40 for -20 down to 1. */
function readNiceLimit(value: string): number | null {
  const number = readInteger(value);
  if (number === null) return null;
  if (/^[+-]/.test(value)) return number >= -20 && number <= 19 ? 20 - number : null;
  return number <= 40 ? number : null;
}

const byKey: Readonly<Record<string, ValueKind>> = {
  ...Object.fromEntries(
    "LimitAS LimitCORE LimitDATA LimitFSIZE LimitMEMLOCK LimitMSGQUEUE LimitRSS LimitSTACK"
      .split(" ")
      .map((key) => [key, bytes]),
  ),
  ...Object.fromEntries(
    "LimitNOFILE LimitNPROC LimitLOCKS LimitSIGPENDING LimitRTPRIO".split(" ").map((key) => [key, count]),
  ),
  LimitCPU: limit("a span of time", (value) => readTimeSpan(value)),
  LimitRTTIME: limit("a span of time", (value) => readTimeSpan(value, 1)),
  LimitNICE: limit("a nice level such as -5", readNiceLimit, false),
  ...Object.fromEntries(
    (
      "TimeoutSec TimeoutAbortSec JobTimeoutSec JobRunningTimeoutSec TimeoutIdleSec CPUQuotaPeriodSec " +
      "ManagedOOMMemoryPressureDurationSec OnActiveSec OnBootSec OnStartupSec OnUnitActiveSec OnUnitInactiveSec"
    )
      .split(" ")
      .map((key) => [key, span]),
  ),
  ...Object.fromEntries("MemoryMax MemoryHigh MemoryLimit".split(" ").map((key) => [key, memory(false)])),
  ...Object.fromEntries(
    (
      "MemoryLow MemoryMin DefaultMemoryLow DefaultMemoryMin MemorySwapMax MemoryZSwapMax StartupMemoryLow " +
      "StartupMemoryHigh StartupMemoryMax StartupMemorySwapMax StartupMemoryZSwapMax DefaultStartupMemoryLow"
    )
      .split(" ")
      .map((key) => [key, memory(true)]),
  ),
  ...Object.fromEntries(
    (
      "UMask SocketMode DirectoryMode CacheDirectoryMode ConfigurationDirectoryMode LogsDirectoryMode " +
      "RuntimeDirectoryMode StateDirectoryMode"
    )
      .split(" ")
      .map((key) => [key, mode]),
  ),
  IOReadBandwidthMax: perDevice("bytes each second", 1000),
  IOWriteBandwidthMax: perDevice("bytes each second", 1000),
  IOReadIOPSMax: perDevice("a number of operations each second", 1000),
  IOWriteIOPSMax: perDevice("a number of operations each second", 1000),
  BlockIOWeight: within(10, 1000),
  StartupBlockIOWeight: within(10, 1000),
  TasksMax: {
    expected: "a whole number above 0, a share such as 15%, or infinity",
    reads: (value) =>
      value === "infinity" ||
      (readPercent(value) ?? 101) <= 100 ||
      (!value.endsWith("%") && between(readUnsigned(value), 1, 2 ** 63)),
  },
  CPUQuota: {
    expected: "a share of one processor with its sign, such as 50% or 200% for two",
    reads: (value) => (readPercent(value) ?? 0) > 0,
  },
  ManagedOOMMemoryPressureLimit: {
    expected: "a share such as 60%",
    reads: (value) => (readPercent(value) ?? 101) <= 100,
  },
};

/** How values of this directive are read; null where any text will do, or more than one value stands in a line. */
export function valueKind(info: DirectiveInfo, section: string): ValueKind | null {
  // Listed for them, and refused for them whatever the value is.
  if (info.key.startsWith("ManagedOOM") && !["Service", "Slice", "Scope"].includes(section)) return null;
  const own = byKey[info.key];
  if (own) return own;
  const words = enumerations(info, section);
  if (!words) return byKind[info.kind] ?? null;
  const listed = words.words.map(({ word }) => word);
  return {
    expected: [...(words.boolean ? ["yes", "no"] : []), ...listed].join(", "),
    words: listed,
    reads: (value, systemd) =>
      (words.boolean && readBoolean(value) !== null) ||
      (words.number?.reads(value, systemd) ?? false) ||
      words.words.some(({ word, since }) => word === value && since <= systemd),
  };
}
