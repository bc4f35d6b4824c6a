import { Secret } from "./secret.ts";
import { hideShapes } from "./secret-shapes.ts";

/** A value that must not be shown, and what is written in its place. */
export type Hidden = { name: string; value: Secret };

export type Redacted = { text: string; count: number };
export type Redact = (text: string) => Redacted;

/** Shorter ones, within a longer line of theirs or encoded, are found by chance. */
const shortestPart = 8;

/**
 * Makes what takes values out of texts, and puts their names there: as they are, within JSON and addresses, in base64, and
 * line by line; with `shapes`, also what only looks like a secret.
 */
export function makeRedact(hidden: readonly Hidden[], options: { shapes: boolean }): Redact {
  const plain = new Map<string, string>();
  const encoded = new Map<string, string>();
  for (const { name, value } of hidden)
    for (const part of partsOf(value.reveal())) {
      if (part === "") continue;
      for (const form of formsOf(part)) if (!plain.has(form)) plain.set(form, `[${name}]`);
      for (const core of base64Cores(part)) if (!encoded.has(core)) encoded.set(core, `[${name}]`);
    }
  // The longest first: one value may be a part of another.
  const values = [...plain].toSorted(([a], [b]) => b.length - a.length);
  const marks = new Set(hidden.map(({ name }) => `[${name}]`));
  return (text) => {
    let rest = text;
    let count = 0;
    for (const [form, mark] of values) {
      const pieces = rest.includes(form) ? rest.split(form) : [rest];
      count += pieces.length - 1;
      rest = pieces.join(mark);
    }
    for (const [core, mark] of encoded) {
      if (!rest.includes(core)) continue;
      const found = hideRuns(rest, core, mark);
      rest = found.text;
      count += found.count;
    }
    if (!options.shapes) return { text: rest, count };
    const shaped = hideShapes(rest, marks);
    return { text: shaped.text, count: count + shaped.count };
  };
}

/** Each line of a value of several (a key file comes into a log line by line), the password in an address, hexadecimal without its mark. */
function partsOf(value: string): string[] {
  const lines = value.includes("\n") ? value.split("\n").map((line) => line.trim().replace(/,$/, "")) : [];
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^/?#:]*:([^/?#]+)@/i.exec(value)?.[1];
  const hex = /^0x([0-9a-f]{16,})$/i.exec(value)?.[1];
  const own = [password, hex].filter((part) => part !== undefined && part.length >= 4) as string[];
  return [value, ...lines.filter((line) => line.length >= shortestPart), ...own];
}

function formsOf(value: string): Set<string> {
  const json = JSON.stringify(value).slice(1, -1);
  const forms = new Set([value, json, JSON.stringify(json).slice(1, -1)]);
  // A lone surrogate has no form in an address.
  if (value.isWellFormed()) {
    const address = encodeURIComponent(value);
    forms.add(address).add(address.replaceAll("%20", "+"));
    forms.add(address.replaceAll(/%[0-9A-F]{2}/g, (part) => part.toLowerCase()));
    forms.add(encodeURI(value)).add(new URLSearchParams([["", value]]).toString().slice(1));
  }
  return forms;
}

/**
 * What the value looks like within base64 of something longer, for each of the three places where it may begin; only the
 * digits that it alone decides. A short one is looked for only as a whole.
 */
function base64Cores(value: string): Set<string> {
  const bytes = Buffer.from(value);
  const cores = new Set<string>();
  const add = (core: string): void =>
    void cores.add(core).add(core.replaceAll("+", "-").replaceAll("/", "_"));
  if (bytes.length < shortestPart) {
    const whole = bytes.toString("base64");
    if (whole.length >= shortestPart) add(whole);
    return cores;
  }
  for (const before of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    const from = before === 0 ? 0 : before + 1;
    const to = Math.floor(((before + bytes.length) * 8) / 6);
    add(text.slice(from, to));
  }
  return cores;
}

const digits = /[A-Za-z0-9+/_-]/;

/** Hides a core with all of the base64 around it, which holds the rest of the value. */
function hideRuns(text: string, core: string, mark: string): Redacted {
  const out: string[] = [];
  let done = 0;
  let count = 0;
  for (let at = text.indexOf(core); at >= 0; at = text.indexOf(core, done)) {
    let from = at;
    while (from > done && digits.test(text[from - 1]!)) from -= 1;
    let to = at + core.length;
    while (to < text.length && digits.test(text[to]!)) to += 1;
    while (text[to] === "=") to += 1;
    out.push(text.slice(done, from), mark);
    done = to;
    count += 1;
  }
  return { text: out.join("") + text.slice(done), count };
}
