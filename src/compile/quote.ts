/**
 * A text as systemd must find it in a unit file, or why no unit file can carry it.
 * The rules differ by kind of directive; test/story/what-systemd-reads-back.test.ts proves each against PID 1.
 */
export type Quoted = { ok: true; text: string } | { ok: false; reason: string };

/** MAX_ARG_STRLEN of the smallest page size, less the closing NUL: one word of argv or one NAME=value (execve(2)). */
const longestArgument = 131_071;

/** PID 1 refuses a whole unit file when one line reaches 1 MiB; 64 bytes are left for the name of the directive. */
const longestText = 1_048_575 - 64;

const simpleWord = /^[A-Za-z0-9_@+=:,./-]+$/;
const shortEscapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
// Controls, and format characters such as right-to-left overrides: written as escapes, so a reviewer sees them.
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
// systemd counts these code points as invalid UTF-8, though Unicode permits them in interchange.
const nonCharacter = /\p{Noncharacter_Code_Point}/u;

/** Quotes one argument of ExecStart= and its relatives, by the rules of systemd.service(5), "COMMAND LINES". */
export function quoteExecArgument(text: string): Quoted {
  return unlessUncarriable(text, longestArgument, () => quoteWord(doubled(text, /[%$]/g)));
}

/**
 * Quotes a whole command line for ExecStart= (systemd.service(5)). The program is an absolute path, so that no text
 * can become one of the prefixes `@ - : + !` or be looked up in a search path.
 */
export function quoteExecCommand(argv: readonly string[]): Quoted {
  const program = quoteProgram(argv[0] ?? "");
  if (!program.ok) return { ok: false, reason: `begins with a program that ${program.reason}` };
  const words = [program.text];
  for (const [index, argument] of argv.slice(1).entries()) {
    const word = quoteExecArgument(argument);
    if (!word.ok) return { ok: false, reason: `has an argument (number ${index + 1}) that ${word.reason}` };
    words.push(word.text);
  }
  return carried(words.join(" "));
}

/** Quotes one assignment of Environment= (systemd.exec(5)): specifiers expand there, `$` does not. */
export function quoteEnvironment(name: string, value: string): Quoted {
  if (!isEnvironmentName(name))
    return { ok: false, reason: "is not a variable name: use letters, digits and _" };
  const assignment = `${name}=${value}`;
  return unlessUncarriable(assignment, longestArgument, () => quoteWord(doubled(assignment, /%/g)));
}

/** What systemd accepts as the name of a variable (systemd.exec(5), Environment=); it ignores any other assignment. */
function isEnvironmentName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/**
 * Writes the free text of a directive that takes one value and expands specifiers, such as Description= or
 * SyslogIdentifier=. Nothing is unescaped there (systemd.syntax(7)), so quotes and backslashes stand for themselves.
 */
export function quotePlain(text: string): Quoted {
  if (text === "") return { ok: false, reason: "is empty, which would reset the directive" };
  if (/^[ \t]|[ \t]$/.test(text))
    return { ok: false, reason: "begins or ends with white space, which systemd removes" };
  if (endsInContinuation(text))
    return { ok: false, reason: "ends with a backslash, which would join the next line to it" };
  return unlessUncarriable(text, longestText, () => refuseLineBreak(text) ?? carried(doubled(text, /%/g)));
}

/**
 * Writes a path for a directive that takes exactly one, such as WorkingDirectory= (systemd.exec(5)). systemd removes
 * a slash at the end, so one is added where the last character would otherwise be lost.
 */
export function quotePath(path: string): Quoted {
  const wrong = refusePath(path);
  if (wrong) return wrong;
  return quotePlain(/[ \t]$/.test(path) || endsInContinuation(path) ? `${path}/` : path);
}

/** Writes the path of an EnvironmentFile= (systemd.exec(5)): it is a glob(7) pattern, so its characters are escaped. */
export function quoteEnvironmentFile(path: string, options: { optional?: boolean } = {}): Quoted {
  const quoted = quotePath(path.replace(/[\\*?[\]]/g, "\\$&"));
  return quoted.ok && options.optional ? carried(`-${quoted.text}`) : quoted;
}

/**
 * Writes one unit name for a list such as After= or Wants= (systemd.unit(5)). Those take no quotes and no escapes: a
 * quoted name is dropped with a warning, and the dependency with it.
 */
export function quoteUnitName(name: string): Quoted {
  if (!/^[A-Za-z0-9:_.\\@-]{1,255}$/.test(name)) return { ok: false, reason: "is not a unit name" };
  return endsInContinuation(name) ? { ok: false, reason: "ends with a backslash" } : carried(name);
}

/** Quotes one word of Documentation= (systemd.unit(5)). Quotes group there, yet a backslash is an ordinary character. */
export function quoteListItem(text: string): Quoted {
  if (text === "") return { ok: false, reason: "is empty" };
  return unlessUncarriable(
    text,
    longestText,
    () => refuseLineBreak(text) ?? carried(quoteLiterally(doubled(text, /%/g))),
  );
}

/**
 * Quotes one path of a list such as ReadWritePaths= or InaccessiblePaths= (systemd.exec(5)). Here a backslash takes
 * the next character as it is, and there are no escapes such as \n.
 */
export function quotePathItem(path: string): Quoted {
  const wrong = refusePath(path.replace(/^[-+]{1,2}/, ""));
  if (wrong) return wrong;
  return unlessUncarriable(
    path,
    longestText,
    () => refuseLineBreak(path) ?? carried(quoteGroup(doubled(path, /%/g))),
  );
}

/** Writes ID:PATH for LoadCredential= (systemd.exec(5)). The path is taken to the end of the line, without quotes. */
export function quoteCredential(id: string, path: string): Quoted {
  if (!/^[A-Za-z0-9_.-]{1,255}$/.test(id) || /^\.\.?$/.test(id))
    return { ok: false, reason: "is not a credential name: use letters, digits, _, . and -" };
  const wrong = refusePath(path);
  if (wrong) return wrong;
  const quoted = quotePlain(path);
  return quoted.ok ? carried(`${id}:${quoted.text}`) : quoted;
}

function quoteProgram(path: string): Quoted {
  const wrong = refusePath(path);
  if (wrong) return wrong;
  // PID 1 calls these "special characters" and refuses the unit, escaped or not.
  if (/[\p{Cc}"'\\]/u.test(path))
    return {
      ok: false,
      reason: "has a quote, a backslash or a control character, which systemd refuses in a program",
    };
  const program = unlessUncarriable(path, longestArgument, () => quoteWord(doubled(path, /%/g)));
  if (!program.ok || !path.includes("$")) return program;
  // `$` means itself in the path, yet expands in argv[0]: "@" lets argv[0] be given by itself.
  const name = quoteExecArgument(path);
  return name.ok
    ? carried(
        `${program.text.startsWith('"') ? `"@${program.text.slice(1)}` : `@${program.text}`} ${name.text}`,
      )
    : name;
}

function refusePath(path: string): Quoted | undefined {
  if (!path.startsWith("/")) return { ok: false, reason: "is not an absolute path" };
  // systemd.exec(5): paths must be normalised; PID 1 rewrites some of these and refuses others.
  if (/\/\/|\/\.\.?(\/|$)|.\/$/.test(path))
    return { ok: false, reason: "is not a plain path: leave out //, /./, /../ and a / at the end" };
  if (Buffer.byteLength(path) >= 4096) return { ok: false, reason: "is longer than a path can be" };
  return undefined;
}

function refuseLineBreak(text: string): Quoted | undefined {
  // PID 1 ends a line at CR as well, and at NUL: a CR let through would start a directive of its own.
  return /[\n\r]/.test(text)
    ? { ok: false, reason: "has a line break, which ends the directive" }
    : undefined;
}

function unlessUncarriable(text: string, longest: number, quote: () => string | Quoted): Quoted {
  if (text.includes("\0")) return { ok: false, reason: "has a NUL character" };
  if (!text.isWellFormed() || nonCharacter.test(text))
    return { ok: false, reason: "has a code point that systemd does not accept as UTF-8" };
  if (Buffer.byteLength(text) > longest) return { ok: false, reason: `is longer than ${longest} bytes` };
  const quoted = quote();
  return typeof quoted === "string" ? carried(quoted) : quoted;
}

function quoteWord(text: string): string {
  if (simpleWord.test(text.replaceAll("%%", ""))) return text;
  return `"${text.replace(/[\\"]/g, "\\$&").replace(invisible, escapeInvisible)}"`;
}

function escapeInvisible(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (shortEscapes[char]) return shortEscapes[char];
  // \x stands for one byte, so it is right below 128 only.
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code < 0x10000
    ? `\\u${code.toString(16).padStart(4, "0")}`
    : `\\U${code.toString(16).padStart(8, "0")}`;
}

function quoteGroup(text: string): string {
  return /[\s"'\\]/.test(text) ? `"${text.replace(/[\\"]/g, "\\$&")}"` : text;
}

function quoteLiterally(text: string): string {
  if (!/[\s"']/.test(text) && !endsInContinuation(text)) return text;
  if (!text.includes('"')) return `"${text}"`;
  // Neighbouring quoted parts make one word, so each run is put in the kind of quote it does not contain.
  return (text.match(/[^"]+|"+/g) ?? [])
    .map((run) => (run.startsWith('"') ? `'${run}'` : `"${run}"`))
    .join("");
}

function endsInContinuation(text: string): boolean {
  return (/\\*$/.exec(text)?.[0].length ?? 0) % 2 === 1;
}

function doubled(text: string, characters: RegExp): string {
  return text.replace(characters, (char) => char + char);
}

function carried(text: string): Quoted {
  if (Buffer.byteLength(text) > longestText)
    return { ok: false, reason: `is longer than ${longestText} bytes when quoted` };
  return { ok: true, text };
}
