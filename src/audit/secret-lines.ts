import { makeRedact, type Hidden } from "../value/redact.ts";
import { hiddenMark, hideShapes } from "../value/secret-shapes.ts";

/** Something secret in a text: where, and what kind it is in words. The value itself is never kept. */
export type SecretLine = {
  line: number;
  kind: string;
  /** It is one of the application's own, not only like one. */ known: boolean;
};

/** Shorter ones are found in texts by chance. */
const shortestKnown = 8;

/** Looks for secrets in a text, line by line. `known` are values of the application by their names. */
export type FindSecrets = (text: string) => SecretLine[];

/**
 * Makes what finds secrets in texts that people have written: settings, code, logs. What only looks like one counts when
 * its value is as random as a key is; words, paths, names of variables and calls are none.
 */
export function makeFindSecrets(known: readonly Hidden[]): FindSecrets {
  const own = known.filter(({ value }) => value.reveal().length >= shortestKnown);
  const redact = makeRedact(own, { shapes: false });
  const names = own.map(({ name }) => name);
  return (text) => {
    const found: SecretLine[] = [];
    const rest = redact(text);
    // Most texts have none of them, and then no line has to be looked at by itself.
    const lines = text.split("\n");
    const hidden = rest.count === 0 ? lines : lines.map((line) => redact(line).text);
    for (const [index, line] of lines.entries()) {
      const without = hidden[index]!;
      const name = without === line ? undefined : names.find((one) => without.includes(`[${one}]`));
      if (name !== undefined) found.push({ line: index + 1, kind: `the value of ${name}`, known: true });
      else {
        const kind = line.length > longestLine ? undefined : shapeOf(line);
        if (kind !== undefined) found.push({ line: index + 1, kind, known: false });
      }
    }
    return found;
  };
}

/** Minified code and data; nobody writes a setting so long. */
const longestLine = 4000;

/** What a line has that looks like a secret, in words; undefined when it has nothing. */
function shapeOf(line: string): string | undefined {
  const { text, count } = hideShapes(line);
  if (count === 0) return undefined;
  const parts = text.split(hiddenMark);
  let at = 0;
  for (const [index, before] of parts.slice(0, -1).entries()) {
    at += before.length;
    const after = parts[index + 1]!;
    const end = after === "" ? (index + 2 === parts.length ? line.length : -1) : line.indexOf(after, at);
    const value = line.slice(at, end < 0 ? line.length : end);
    const kind = kindOf(before, value);
    if (kind !== undefined) return kind;
    at += value.length;
  }
  return undefined;
}

const makers =
  /^(?:x(?:ox[a-z]|app)-|gh[a-z]_|github_pat_|glpat-|npm_|hf_|[prs]k_(?:live|test)_|sk-|AKIA|ASIA|AIza|SG\.|eyJ|\d{8,10}:)/;

function kindOf(before: string, value: string): string | undefined {
  const bare = value.replace(/^["'\\]+|["'\\]+$/g, "");
  if (bare.startsWith("-----BEGIN")) return "a private key";
  if (isPlaceholder(bare)) return undefined;
  if (before.endsWith("://"))
    return bare.includes(":") && !isPlaceholder(bare.split(":")[1]!) ? "a password in an address" : undefined;
  if (makers.test(bare)) return "a token of a known provider";
  if (!isRandom(bare)) return undefined;
  const name = /([A-Za-z_][\w.-]{0,60})["'\\]*\s*(?:=>?|:|\s)\s*["'\\]*$/.exec(before)?.[1];
  return name === undefined ? "something like a key" : `a value for ${name}`;
}

/** Written so that somebody puts the real one there, or takes it from elsewhere. */
function isPlaceholder(value: string): boolean {
  return (
    value === "" ||
    value === hiddenMark ||
    /^[$<{%([]|^\/|^~\/|^\.{1,2}\/|^(true|false|none|null|yes|no)$/i.test(value) ||
    /change.?me|example|placeholder|your[-_ ]|replace|dummy|insert|xxxx|\*\*\*|\.\.\.|^any-|^test/i.test(
      value,
    ) ||
    /[(){}[\]<>$;]/.test(value)
  );
}

/** Letters and digits mixed, long enough, and not a name with a number at its end. */
function isRandom(value: string): boolean {
  if (value.length < 12 || /\s/.test(value)) return false;
  if (/^[A-Za-z_.-]+\d{0,2}$/.test(value) || /^[\d.:,-]+$/.test(value)) return false;
  return new Set(value).size >= 7 && /\d/.test(value) && /[A-Za-z]/.test(value);
}

/** A name that says its value is secret. */
const secretName =
  /(token|secret|passw|passphrase|credential|private|mnemonic|seed_?phrase|signing|webhook|dsn$|(^|[_-])(key|pass|pwd|auth)([_-]|$)|api_?key)/i;

/** Is the value of a variable one that nobody else may see? */
export function isSecretVariable(name: string, value: string): boolean {
  if (value.length < shortestKnown) return false;
  if (value.includes("://")) return shapeOf(`${name}=${value}`) !== undefined;
  if (isPlaceholder(value) || /_(FILE|PATH|DIR|URL|NAME|ID)$/i.test(name)) return false;
  return secretName.test(name) || shapeOf(`${name}=${value}`) !== undefined;
}
