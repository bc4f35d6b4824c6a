import { notParsed, parsed, type Parsed } from "./parsed.ts";

/**
 * Makes a regular expression that no text can make slow. V8 runs it with its ordinary engine, which is the fast one, and
 * begins anew with its linear engine when that goes back and forth too often (50 000 times); which patterns the linear
 * engine can take is asked of V8 itself, by its flag "l". Not among them: back references, look-around, (?i:...), and
 * repetitions that multiply to more than 16. The reason is in words when it cannot be done.
 */
export function makeLinearPattern(written: string): Parsed<RegExp> {
  // Before anything is made of the pattern: V8 keeps what it has compiled, and would go on without a bound.
  if (!linearEngineIsThere()) return notParsed("this Node.js has no engine that matches in bounded time");
  try {
    new RegExp(written);
  } catch (error) {
    return notParsed((error as Error).message);
  }
  const barred = barredIn(written);
  if (barred !== null) return notParsed(`it could take for ever on one line: ${barred}`);
  const source = splitCounts(written);
  try {
    new RegExp(source, linear);
  } catch {
    return notParsed("it could take for ever on one line: its repetitions multiply to more than 16");
  }
  // The group makes it another pattern than one that was compiled before the flags were set.
  return parsed(new RegExp(`(?:${source})`));
}

/** A flag of V8 alone, and only when it was started or told so. */
const linear: string = "l";
let known: boolean | undefined;

/** V8's flags may be set at any time, and hold for patterns that are made afterwards. */
function linearEngineIsThere(): boolean {
  if (known !== undefined) return known;
  // Loaded here, because only those pay for it who have patterns.
  const v8 = process.getBuiltinModule("node:v8");
  v8.setFlagsFromString("--enable-experimental-regexp-engine");
  v8.setFlagsFromString("--enable-experimental-regexp-engine-on-excessive-backtracks");
  try {
    known = new RegExp("a", linear).test("a");
  } catch {
    known = false;
  }
  return known;
}

/** What V8 repeats at most in its linear engine (kMaxReplicationFactor). */
const most = 16;
const atom =
  /(\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|c[A-Za-z]|[0-7]{1,3}|[^])|\[(?:[^\]\\]|\\[^])*\]|[^\\[(){}*+?|^$])(?:\{(\d{1,3})(,?)(\d{0,3})\}(\??))?/g;

/** "[0-9a-f]{40}" is as good as "[0-9a-f]{16}[0-9a-f]{16}[0-9a-f]{8}", which the linear engine can take. */
function splitCounts(source: string): string {
  return source.replace(
    atom,
    (all: string, one: string, low?: string, comma?: string, high?: string, lazy?: string) => {
      if (low === undefined) return all;
      let least = Number(low);
      let largest = comma === "" ? least : high === "" ? Infinity : Number(high);
      let split = "";
      for (; least > most; least -= most, largest -= most) split += `${one}{${most}}`;
      if (largest === Infinity) return `${split}${one}{${least},}${lazy}`;
      if (largest <= most) return `${split}${one}{${least},${largest}}${lazy}`;
      split += `${one}{${least}}`;
      for (let rest = largest - least; rest > 0; rest -= most)
        split += `${one}{0,${Math.min(rest, most)}}${lazy}`;
      return split;
    },
  );
}

/** Newer versions of V8 look behind in linear time; a spec means the same to all of them. */
function barredIn(source: string): string | null {
  const bare = source.replaceAll(/\\\\/g, "").replaceAll(/\[(?:[^\]\\]|\\.)*\]/g, "");
  if (/\\[1-9]|\\k</.test(bare)) return "it has a back reference";
  if (/\(\?<?[=!]/.test(bare)) return "it looks around";
  if (/\(\?[a-z-]+:/.test(bare)) return "it has modifiers; write [Ee]rror for (?i:error)";
  return null;
}
