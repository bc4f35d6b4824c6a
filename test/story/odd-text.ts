import * as fc from "fast-check";

// What has a meaning somewhere between a unit file and a process, and what people try to inject.
const meaningful =
  "\"'\\%$;#\n\r\t {}[]*?~!@:+-=abnx0sU,|&<>()^`/.\0\u0001\u001B\u007F\u0085\v\f\bé\u2028\u202E\uFEFF"
    .split("")
    .concat(["\u{1F600}", "\uFFFF", "\uD800", "\\\n", "\r\n", "%n", "%%", "%i", "$$", "${HOME}", "$HOME"])
    .concat(["$(id)", "\\x41", "\\;", " ; ", "\rUser=nobody\r", "\0Group=nogroup\0"])
    .concat(["\nExecStartPost=/bin/touch /injected\n", "\n[Install]\nWantedBy=x.target\n"]);

/** Any text at all, most of it made of characters that mean something to systemd. */
export const oddText = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...meaningful) },
      { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 1 }) },
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(""));

/** The texts that went wrong somewhere, once, and long ones. */
export const knownOddities: readonly string[] = ["", ";", "\\;", "$", "$$", "${HOME}", "$HOME", "%", "%%"]
  .concat(["%n", "%i", "\\", "\\\\", "a\\", '"', "'", " ", "\t", "\n", "-", "@", "#", "+", "!", ":", "~"])
  .concat([".", "a b", " lead", "trail ", "a%sb%hc", "date +%Y-%m-%d", "\\x2d", "a:b", "*", "A=1", "\\n"])
  .concat(["\u202Etxt", "é".repeat(500), "x".repeat(131_071)]);

/** Names of files or directories made of texts, each once. */
export function fileNames(texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap((text) => asFileName(text) ?? []))];
}

/** The same for one text; undefined when Linux could not hold it. */
export function asFileName(text: string): string | undefined {
  const name = text.replaceAll("/", "_");
  const fits = Buffer.byteLength(name) <= 200 && name.isWellFormed() && !name.includes("\0");
  return fits && !["", ".", ".."].includes(name) ? name : undefined;
}

/** Runs a check on a batch of texts: one boot, one reload, hundreds of values. The seed is printed when it fails. */
export async function checkBatch<T>(
  arbitrary: fc.Arbitrary<T>,
  size: number,
  check: (batch: T[]) => Promise<void>,
): Promise<void> {
  const batches = fc.uniqueArray(arbitrary, { minLength: size, maxLength: size, size: "max" });
  await fc.assert(fc.asyncProperty(batches, check), { numRuns: 1, endOnFailure: true });
}
