/** Spans of time in microseconds by systemd's words, in the order in which time-util.c tries them. */
const timeUnits: readonly (readonly [word: string, micros: number])[] = [
  ["seconds", 1e6],
  ["second", 1e6],
  ["sec", 1e6],
  ["s", 1e6],
  ["minutes", 6e7],
  ["minute", 6e7],
  ["min", 6e7],
  ["months", 2_629_800e6],
  ["month", 2_629_800e6],
  ["M", 2_629_800e6],
  ["msec", 1e3],
  ["ms", 1e3],
  ["m", 6e7],
  ["hours", 3600e6],
  ["hour", 3600e6],
  ["hr", 3600e6],
  ["h", 3600e6],
  ["days", 86_400e6],
  ["day", 86_400e6],
  ["d", 86_400e6],
  ["weeks", 604_800e6],
  ["week", 604_800e6],
  ["w", 604_800e6],
  ["years", 31_557_600e6],
  ["year", 31_557_600e6],
  ["y", 31_557_600e6],
  ["usec", 1],
  ["us", 1],
  ["\u03bcs", 1],
  ["\u00b5s", 1],
];

/** Spans and sizes are numbers of 64 bits; the last one means infinity. */
const most = 2 ** 64;

const nanoUnits: readonly (readonly [word: string, micros: number])[] = [
  ...timeUnits,
  ["nsec", 1e-3],
  ["ns", 1e-3],
];

/**
 * A span of time in microseconds as systemd reads it (parse_time() of src/basic/time-util.c): parts are added, and one
 * without a unit has `bare` microseconds, a second unless a directive says otherwise. null when systemd refuses it.
 */
export function readTimeSpan(value: string, bare = 1e6, units = timeUnits): number | null {
  if (/^\s*infinity\s*$/.test(value)) return Infinity;
  let rest = value.trimStart();
  if (rest === "") return null;
  let total = 0;
  while (rest !== "") {
    const number = /^\+?(\d+(?:\.\d+)?|\.\d+)/.exec(rest);
    if (!number) return null;
    const after = rest.slice(number[0].length);
    const trimmed = after.trimStart();
    const unit = units.find(([word]) => trimmed.startsWith(word));
    // "12.34.56" is refused, "12 34" is a sum.
    if (!unit && trimmed === after && after !== "") return null;
    total += Number(number[1]) * (unit?.[1] ?? bare);
    rest = (unit ? trimmed.slice(unit[0].length) : trimmed).trimStart();
  }
  return total < most ? total : null;
}

/** A span whose bare number means nanoseconds (TimerSlackNSec=), in microseconds. */
export function readNanoSpan(value: string): number | null {
  const micros = readTimeSpan(value, 1e-3, nanoUnits);
  return micros === null || (micros !== Infinity && micros * 1000 >= most) ? null : micros;
}

const sizeUnits = ["E", "P", "T", "G", "M", "K", "B", ""];

/** A number of bytes as systemd reads it (parse_size() of src/basic/parse-util.c): "1.5G", "1G 512M", never "512MB". */
export function readSize(value: string, base: 1000 | 1024 = 1024): number | null {
  let rest = value;
  let total = 0;
  let from = 0;
  do {
    const number = /^\s*\+?(\d+)(?:\.(\d*))?\s*/.exec(rest);
    if (!number) return null;
    rest = rest.slice(number[0].length);
    // Units must fall from part to part.
    const unit = sizeUnits.findIndex((word, index) => index >= from && rest.startsWith(word));
    if (unit === -1) return null;
    total += Number(`${number[1]}.${number[2] || "0"}`) * base ** Math.max(0, 6 - unit);
    rest = rest.slice(sizeUnits[unit]!.length);
    from = unit + 1;
  } while (rest !== "");
  return total < most ? total : null;
}

/** "yes", "on", "1" and their like; null for a word that is none. */
export function readBoolean(value: string): boolean | null {
  if (/^(1|yes|y|true|t|on)$/i.test(value)) return true;
  return /^(0|no|n|false|f|off)$/i.test(value) ? false : null;
}

/** A share in percent: "20%", "12.5%", "200‰"; null when there is no sign of a share. */
export function readPercent(value: string): number | null {
  const match = /^\+?(\d+)(?:\.(\d{1,2}))?%$/.exec(value);
  if (match) return Number(`${match[1]}.${match[2] ?? 0}`);
  const mille = /^\+?(\d+)(?:\.(\d))?‰$/.exec(value);
  if (mille) return Number(`${mille[1]}.${mille[2] ?? 0}`) / 10;
  const myriad = /^\+?(\d+)‱$/.exec(value);
  return myriad ? Number(myriad[1]) / 100 : null;
}

/** A whole number, decimal, "0x…", "0o…", "0b…" or octal with a leading 0, as strtol() reads it. */
export function readInteger(value: string): number | null {
  const match = /^\s*([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9]\d*)$/.exec(value);
  if (!match) return null;
  const digits = match[2]!;
  const number = /^0[0-7]/.test(digits) ? parseInt(digits, 8) : Number(digits);
  return match[1] === "-" ? -number : number;
}

/** As readInteger, without a sign. */
export function readUnsigned(value: string): number | null {
  return value.trimStart().startsWith("-") ? null : readInteger(value);
}

/** File permissions: octal, at most 7777. */
export function readMode(value: string): number | null {
  if (!/^[0-7]+$/.test(value)) return null;
  const mode = parseInt(value, 8);
  return mode <= 0o7777 ? mode : null;
}

const signals = (
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG " +
  "XCPU XFSZ VTALRM PROF WINCH IO PWR SYS"
).split(" ");

/** The number of a signal by its name, with or without "SIG", or by number; names are in capitals only. */
export function readSignal(value: string): number | null {
  const name = value.replace(/^SIG/, "");
  const index = signals.indexOf(name);
  if (index !== -1) return index + 1;
  const real = /^(?:RTMIN(?:\+(\d{1,2}))?|RTMAX(?:-(\d{1,2}))?)$/.exec(name);
  if (real) {
    const number = name.startsWith("RTMIN") ? 34 + Number(real[1] ?? 0) : 64 - Number(real[2] ?? 0);
    return number >= 34 && number <= 64 ? number : null;
  }
  const number = readInteger(value);
  return number !== null && number >= 1 && number <= 64 ? number : null;
}
