import { notParsed, parsed, type Parsed } from "./parsed.ts";

declare const brand: unique symbol;

/** A number of bytes; Infinity means "no limit". */
export type Size = number & { readonly [brand]: "Size" };

const letters = ["", "K", "M", "G", "T"] as const;
const expected = "a number and one of K, M, G or T (1024-based), such as 512M or 2G";

/** Sizes as systemd reads them (base 1024), but never a bare number: MemoryMax=512 is 512 bytes. */
export function parseSize(text: string): Parsed<Size> {
  const compact = text.trim();
  if (compact === "infinity") return parsed(Infinity as Size);
  if (compact === "0") return parsed(0 as Size);
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(compact);
  if (!match) return notParsed(expected);
  const [, number, unit] = match as unknown as [string, string, string];
  if (unit === "") return notParsed(expected, `${number}M`);
  const letter = unit[0]!.toUpperCase() as (typeof letters)[number];
  const exponent = letters.indexOf(letter);
  if (exponent < 1) return notParsed(expected);
  if (unit !== letter) return notParsed(expected, `${number}${letter}`);
  const bytes = Number(number) * 1024 ** exponent;
  return Number.isInteger(bytes) && bytes <= Number.MAX_SAFE_INTEGER
    ? parsed(bytes as Size)
    : notParsed(expected);
}

/** The shortest exact text that systemd reads as the same size: 2147483648 -> "2G", 1610612736 -> "1536M". */
export function formatSize(size: Size): string {
  if (size === Infinity) return "infinity";
  const exponent = letters.findLastIndex((_, index) => size % 1024 ** index === 0);
  return size === 0 ? "0" : `${size / 1024 ** exponent}${letters[exponent]}`;
}

/** For people: 23.4M, 1.2G. */
export function describeSize(bytes: number): string {
  if (!Number.isFinite(bytes)) return "no limit";
  const exponent = Math.min(4, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const scaled = bytes / 1024 ** exponent;
  return `${Number(scaled.toFixed(scaled < 100 ? 1 : 0))}${letters[exponent] || "B"}`;
}
