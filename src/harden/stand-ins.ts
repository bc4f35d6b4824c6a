import { parseEnvFile } from "../spec/env-file.ts";

/** A stream of numbers from 0 up to 1; never the real value, so it need not be a good one. */
export type Random = () => number;

const secretName =
  /KEY|TOKEN|SECRET|PASS|PRIVATE|CREDENTIAL|AUTH|SEED|MNEMONIC|SIGNATURE|COOKIE|SESSION|WEBHOOK|DSN|ACCOUNT/i;

/**
 * A text of the same shape: as long, letters for letters, digits for digits, the rest as it was. Lines that frame a key stay,
 * and so does the structure of JSON: a program that reads it finds what it looks for.
 */
export function standInFor(text: string, random: Random): string {
  const json = readJson(text);
  if (json !== null) return JSON.stringify(hideValues(json, random));
  return text
    .split("\n")
    .map((line) => (/^-----(BEGIN|END) /.test(line) ? line : scramble(line, random)))
    .join("\n");
}

/** The same file of variables, with stand-ins for the values that look secret by their names, or hold a password. */
export function standInForEnv(text: string, file: string, random: Random): { text: string; names: string[] } {
  const names: string[] = [];
  let result = text;
  for (const [name, { value }] of parseEnvFile(text, file).values) {
    if (value === "") continue;
    const hidden = secretName.test(name)
      ? standInFor(value, random)
      : value.replace(/(:\/\/[^:/\s]*:)([^@\s]+)(@)/g, (_, before, secret, after) =>
          [before, scramble(secret, random), after].join(""),
        );
    if (hidden === value) continue;
    names.push(name);
    // A value that the file quotes or continues may not stand in it as such; then its line is written anew.
    result = result.includes(value)
      ? result.replaceAll(value, () => hidden)
      : `${result.replace(/\n?$/, "\n")}${name}=${JSON.stringify(hidden)}\n`;
  }
  return { text: result, names };
}

function scramble(text: string, random: Random): string {
  const hex = /^(0x)?[0-9a-f]{8,}$/i.test(text);
  const from = (alphabet: string) => alphabet[Math.floor(random() * alphabet.length)]!;
  return text.replace(/[a-z]|[A-Z]|[0-9]/g, (char, at: number) => {
    if (hex) return at === 0 || (at === 1 && /x/i.test(char)) ? char : from("0123456789abcdef");
    if (/[0-9]/.test(char)) return from("123456789");
    return /[a-z]/.test(char) ? from("abcdefghijklmnopqrstuvwxyz") : from("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  });
}

function readJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function hideValues(value: unknown, random: Random): unknown {
  if (typeof value === "string") return scramble(value, random);
  // Some keys are written as the numbers of their bytes.
  if (Array.isArray(value) && value.length >= 16 && value.every((one) => Number.isInteger(one)))
    return value.map(() => Math.floor(random() * 256));
  if (Array.isArray(value)) return value.map((one) => hideValues(one, random));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, hideValues(one, random)]));
}
