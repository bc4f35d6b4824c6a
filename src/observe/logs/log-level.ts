/** What a line is worth to a reader; every scale of levels is mapped to these four. */
const levels = ["error", "warning", "info", "debug"] as const;
export type Level = (typeof levels)[number];

/** At this level or worse. */
export function isAtLeast(level: Level, wanted: Level): boolean {
  return levels.indexOf(level) <= levels.indexOf(wanted);
}

/** From syslog(3): 0 to 3 are errors, 5 is a notice. */
export function levelOfPriority(priority: number): Level {
  if (priority <= 3) return "error";
  if (priority === 4) return "warning";
  return priority <= 6 ? "info" : "debug";
}

/** The level that a message names itself: in a JSON object, as level=..., or as a word in front; null when it names none. */
export function levelOfMessage(message: string): Level | null {
  const text = message.slice(0, longest).replace(colours, "").trimStart();
  if (text.startsWith("{")) return levelOfJson(message.trim()) ?? null;
  return levelOfPrefix(text) ?? levelOfPair(text) ?? levelOfCrash(text) ?? null;
}

const longest = 400;
// oxlint-disable-next-line no-control-regex
const colours = /\u001B\[[0-9;]*m/g;

const names: Readonly<Record<Level, string>> = {
  error: "emerg emergency alert crit critical fatal panic dpanic error err eror severe",
  warning: "warning warn wrn",
  info: "info inf information informational notice log success",
  debug: "debug dbg trace trc verbose fine finer finest silly",
};
const byName: ReadonlyMap<string, Level> = new Map(
  levels.flatMap((level) => names[level].split(" ").map((name): [string, Level] => [name, level])),
);

function levelOfValue(value: unknown): Level | undefined {
  if (typeof value === "string")
    return /^\d+$/.test(value) ? levelOfNumber(Number(value)) : byName.get(value.toLowerCase());
  return typeof value === "number" ? levelOfNumber(value) : undefined;
}

/** From 10 on as pino and bunyan number them, below that as syslog does (GELF). */
function levelOfNumber(value: number): Level {
  if (value < 8) return levelOfPriority(value);
  if (value >= 50) return "error";
  if (value >= 40) return "warning";
  return value >= 30 ? "info" : "debug";
}

const keys = [
  "level",
  "severity",
  "lvl",
  "levelname",
  "log.level",
  "loglevel",
  "log_level",
  "@level",
  "severityText",
];

function levelOfJson(text: string): Level | undefined {
  try {
    const fields = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const nested = fields["log"];
    const inner =
      typeof nested === "object" && nested !== null ? (nested as { level?: unknown }).level : undefined;
    return [...keys.map((key) => fields[key]), inner].map(levelOfValue).find((level) => level !== undefined);
  } catch {
    // Cut off, or no JSON after all: the first such pair decides.
    const pair = /"(?:level|severity|lvl|levelname)"\s*:\s*"?([A-Za-z]+|\d+)/.exec(text);
    return pair ? levelOfValue(pair[1]) : undefined;
  }
}

function levelOfPair(text: string): Level | undefined {
  const pair = /(?:^|\s)(?:level|lvl|severity|loglevel)=["']?([A-Za-z]+|\d+)\b/.exec(text);
  return pair ? levelOfValue(pair[1]) : undefined;
}

const stamp =
  /^[[(]?(?:\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?\s?(?:Z|UTC|[+-]\d\d:?\d\d)?|\d\d:\d\d:\d\d(?:[.,]\d+)?|[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d)[\])]?[\s:|,-]*/;
/** What may stand between a time and a level without being prose: a thread, a process id, a separator. */
const filler = /^(?:\[[^\]]*\]|\([^)]*\)|#?\d+|[|:-]+)\s+/;

function levelOfPrefix(text: string): Level | undefined {
  // glog: E1121 08:00:00.000000 123 file.cc:1] text
  const glog = /^([IWEF])\d{4} \d\d:\d\d:\d\d/.exec(text);
  if (glog) return ({ I: "info", W: "warning", E: "error", F: "error" } as const)[glog[1] as "I"];
  let rest = text.replace(stamp, "").replace(stamp, "");
  for (let count = 0; count < 4; count += 1) {
    const level = leading(rest);
    if (level) return level;
    if (!filler.test(rest)) break;
    rest = rest.replace(filler, "");
  }
  return between(rest);
}

/** "[error] x", "ERROR x", "Error: x"; a plain "error x" may be prose. */
function leading(text: string): Level | undefined {
  const bracket = /^[[(<]\s*([A-Za-z]+)\s*[\])>]/.exec(text);
  if (bracket) return byName.get(bracket[1]!.toLowerCase());
  const word = /^([A-Za-z]+)(?=(:|\s*\||\s+-\s|\[|\()|\s|$)/.exec(text);
  if (!word) return undefined;
  const [, name = "", mark] = word;
  return name === name.toUpperCase() || mark !== undefined ? byName.get(name.toLowerCase()) : undefined;
}

/** "name - ERROR - x" and "name | ERROR | x", as Python's logging is often told to write. */
function between(text: string): Level | undefined {
  const found = /^[^|]{0,80}?\s[-|]\s+([A-Z]+)\s+[-|]\s/.exec(text);
  return found ? byName.get(found[1]!.toLowerCase()) : undefined;
}

const crash =
  /^(?:Traceback \(most recent call last\)|Exception in thread |Caused by: |Uncaught |panic: |fatal error: |thread '.*' panicked at |(?:[\w$]+\.)*[\w$]*(?:Error|Exception)(?::|$))/;

/** What runtimes write when a program dies has no level, and is what people look for. */
function levelOfCrash(text: string): Level | undefined {
  return crash.test(text) ? "error" : undefined;
}
