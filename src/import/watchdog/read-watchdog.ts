import { isAbsolute, posix } from "node:path";
import type { Key } from "../../init/write-keys.ts";
import type { Place } from "../../report/diagnostic.ts";
import { hideShapes } from "../../value/secret-shapes.ts";
import type { Dropped, ImportOptions, Watchdog } from "../imported.ts";
import { takeApart } from "../shell/take-apart.ts";
import { findLimit, findStart, findTargets, isAlert } from "./find-acts.ts";
import { findChecks, type FoundCheck } from "./find-checks.ts";
import { readScript, type Script, type ScriptLine } from "./script.ts";

/** Largest script that is looked into. */
const mostText = 200_000;
const mostNamed = 12;

/**
 * Recognises a line of a crontab that restarts something when it looks wrong, by the text of the line and of the script it
 * runs; null for everything else. Nothing is run.
 */
export function readWatchdog(
  line: { at: Place; command: string; home: string; user: string | null },
  options: ImportOptions,
): Watchdog | null {
  const inline = readScript(line.at.file, line.command);
  const lines = inline.lines.map((one) => ({ ...one, at: line.at }));
  const path = scriptOf(line.command, line.home);
  const text = path === null ? null : (options.readFile?.(path) ?? null);
  const known = new Map([["HOME", line.home]]);
  const script =
    path !== null && text !== null && text.length <= mostText
      ? readScript(path, text, known)
      : { ...inline, lines };
  return watchdogOf(script, line);
}

/** A script by itself, given to import: the watchdog in it. */
export function readWatchdogScript(file: string, text: string): Watchdog | null {
  if (text.length > mostText) return null;
  return watchdogOf(readScript(file, text), { at: { file, line: 1, column: 1, length: 1 }, user: null });
}

function watchdogOf(script: Script, { at, user }: { at: Place; user: string | null }): Watchdog | null {
  const targets = findTargets(script);
  const start = findStart(script);
  const checks = findChecks(script);
  if (checks.length === 0 || (targets.length === 0 && start === null)) return null;
  const health = checks.flatMap(({ check }) => (check === null ? [] : [check]));
  const limit = findLimit(script);
  const keys: Key[] = [];
  if (health.length > 0)
    keys.push({ key: ["health"], value: health, why: `what the watchdog looked at: ${whatOf(checks)}`, at });
  if (checks.some(({ what }) => /^systemctl|process/.test(what)))
    keys.push({
      key: ["restart", "on"],
      value: "always",
      why: "the watchdog started it whenever it was gone",
      at,
    });
  if (health.length > 0 || limit !== null)
    keys.push({
      key: ["heal"],
      value: { do: "restart", limit: `${limit?.count ?? 3} per 1h` },
      why: limit === null ? "the watchdog restarted it without end" : `the watchdog's ${limit.why}`,
      at,
    });
  return {
    at,
    targets,
    start,
    keys,
    user,
    notes: notesOf(script, checks, targets, user, at),
    dropped: droppedOf(script, checks),
  };
}

function whatOf(checks: readonly FoundCheck[]): string {
  return checks.map(({ what, at }) => `${what} (${at.file}:${at.line})`).join("; ");
}

/** The script that a command runs, where that is all it does. */
function scriptOf(command: string, home: string): string | null {
  const { run, shell, directory } = takeApart(command, { known: new Map([["HOME", home]]), directory: home });
  if (shell !== null) return null;
  const [first = "", second = ""] = run;
  const path = /(^|\/)(sh|bash|dash|zsh|ksh|python[\d.]*)$/.test(first) ? second : first;
  if (!path.includes("/") && !/\.(sh|py|bash)$/.test(path)) return null;
  return isAbsolute(path) ? path : posix.join(directory ?? home, path);
}

function notesOf(
  { lines }: Script,
  checks: readonly FoundCheck[],
  targets: Watchdog["targets"],
  user: string | null,
  at: Place,
): string[] {
  const notes = [
    `Was watched by ${at.file}:${at.line}; its checks and restarts are health and heal here, and the old one must go: two of them restart at once.`,
  ];
  notes.push(...new Set(checks.flatMap(({ mistakes }) => mistakes)));
  for (const { at: where, text } of lines) {
    const place = `${where.file}:${where.line}`;
    if (/\b(?:pkill|killall)\b/.test(text))
      notes.push(
        `${place}: pkill ended every process whose command line has those words, of other programs and people, too. Now only the unit's own processes are ended.`,
      );
    if (/\[\s+"?\$?\w+"?\s+[<>]\s+"?\$?\w+"?\s+\]/.test(text) && !/\[\[/.test(text))
      notes.push(
        `${place}: within [ ] a > is a redirection: it wrote a file and compared nothing, so this check never worked.`,
      );
  }
  if (user !== null && user !== "root" && targets.some(({ manager }) => manager === "systemd"))
    notes.push(
      `${user} may not restart a system service: the watchdog asked and was refused, whenever it was needed.`,
    );
  return [...new Set(notes)];
}

function droppedOf(script: Script, checks: readonly FoundCheck[]): Dropped[] {
  const dropped: Dropped[] = [];
  const alerts = script.lines.filter(isAlert);
  if (alerts.length > 0)
    dropped.push({
      at: alerts[0]!.at,
      what: "the messages of the watchdog",
      why: "whom to tell is not said in units and scripts, and tokens do not belong into them",
      todo: "add notify: with a channel (holdfast explain notify); restarts, and the limit that was reached, are told there",
    });
  const understood = new Set(checks.map(({ at }) => at.line));
  const odd = script.lines.filter(
    (line) => !understood.has(line.at.line) && !isAlert(line) && !isHarmless(line),
  );
  for (const { at, written } of odd.slice(0, mostNamed))
    dropped.push({
      at,
      what: hideShapes(written.slice(0, 100)).text,
      why: "this line of the watchdog was not understood",
      todo: "see whether a check, heal.run-first or nothing says the same: holdfast explain health",
    });
  if (odd.length > mostNamed)
    dropped.push({
      at: odd[mostNamed]!.at,
      what: `${odd.length - mostNamed} further lines of the watchdog`,
      why: "they were not understood either",
      todo: "read the script before it goes",
    });
  return dropped;
}

/** What any such script has, and what means nothing without it. */
function isHarmless({ text, written }: ScriptLine): boolean {
  return (
    /^(#|if\b|fi\b|else|elif|then|do\b|done|while\b|for\b|case|esac|exit|return|function\b|def\b|import\b|from\b|class\b|try:|except|finally|pass$|set\s|echo|printf|print|log|logger|logging|sleep|time\.sleep|touch|mkdir|date|cd\s|local|readonly|export|[{}()]|;;|with\b|"""|'''|sys\.exit|main\(|exec\s)/i.test(
      written,
    ) ||
    /^[A-Za-z_]\w*\s?(?::\s*\w+\s*)?[+-]?=/.test(written) ||
    /^[A-Za-z_]\w*\s*\(\)\s*\{?$/.test(written) ||
    /\b(systemctl|service|pm2|supervisorctl|pkill|killall|kill|nohup)\b/.test(text) ||
    /&\s*\)?$/.test(text)
  );
}
