import { posix } from "node:path";
import type { Word } from "./lex.ts";
import type { Simple } from "./simple-command.ts";

/** The program itself, and what those around it said. */
export type Unwrapped = {
  words: Word[];
  env: Record<string, string>;
  limits: { nice: number | null; timeout: string | null; lock: string | null };
};

/** Takes away programs that only start another one, where a unit has a better way. */
export function unwrap(simple: Simple): Unwrapped {
  const env: Record<string, string> = {};
  const limits = { nice: null as number | null, timeout: null as string | null, lock: null as string | null };
  let { words } = simple;
  for (;;) {
    const texts = words.map(({ text }) => text);
    const name = posix.basename(texts[0] ?? "");
    let taken = 0;
    if (texts.length < 2) break;
    if (name === "exec" || name === "nohup") taken = 1;
    else if (name === "setsid") taken = texts[1]!.startsWith("-") ? 0 : 1;
    else if (name === "env") {
      let next = 1;
      for (; /^[A-Za-z_]\w*=/.test(texts[next] ?? "") && words[next]!.needs === null; next++) {
        const cut = texts[next]!.indexOf("=");
        env[texts[next]!.slice(0, cut)] = texts[next]!.slice(cut + 1);
      }
      if (texts[next] !== undefined && !texts[next]!.startsWith("-") && !texts[next]!.includes("="))
        taken = next;
    } else if (name === "nice") {
      const short = /^-(?:n)?(-?\d+)$/.exec(texts[1]!);
      const value = short?.[1] ?? (texts[1] === "-n" || texts[1] === "--adjustment" ? texts[2] : undefined);
      taken = short
        ? 2
        : value !== undefined && /^-?\d+$/.test(value)
          ? 3
          : texts[1]!.startsWith("-")
            ? 0
            : 1;
      if (taken > 0) limits.nice = taken === 1 ? 10 : Number(value);
    } else if (name === "timeout" && /^\d+(\.\d+)?[smhd]?$/.test(texts[1]!)) {
      limits.timeout = /[smhd]$/.test(texts[1]!) ? texts[1]! : `${texts[1]}s`;
      taken = 2;
    } else if (name === "flock") {
      const plain = /^-(n|-nonblock|xn|nx)$/.test(texts[1]!) ? 2 : 0;
      if (plain > 0 && texts[3] !== undefined && texts[3] !== "-c") {
        limits.lock = texts[2]!;
        taken = 3;
      }
    }
    if (taken === 0) break;
    words = words.slice(taken);
  }
  return { words, env, limits };
}
