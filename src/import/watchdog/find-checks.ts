import { posix } from "node:path";
import type { SpecData } from "../../init/write-keys.ts";
import type { Place } from "../../report/diagnostic.ts";
import { problemOf } from "../../spec/health-values.ts";
import type { Script, ScriptLine } from "./script.ts";

/** A check that a script makes, as one of the spec's; `check` is null where systemd itself does it. */
export type FoundCheck = {
  at: Place;
  what: string;
  check: { readonly [kind: string]: SpecData } | null;
  mistakes: readonly string[];
};

type Finder = (line: ScriptLine, script: Script) => FoundCheck | null;

/** Addresses that are told something, and looked at by no one. */
export const alertHosts =
  /api\.telegram\.org|hooks\.slack\.com|discord(?:app)?\.com\/api|pushover\.net|ntfy\.sh|events\.pagerduty\.com|api\.mailgun|twilio|hc-ping\.com|healthchecks\.io|webhook/i;

/** The checks of a script, in order, each once. */
export function findChecks(script: Script): FoundCheck[] {
  const found: FoundCheck[] = [];
  for (const line of script.lines)
    for (const find of finders) {
      const check = find(line, script);
      if (check === null) continue;
      const same = found.some(
        (other) => JSON.stringify(other.check) === JSON.stringify(check.check) && other.check !== null,
      );
      if (!same) found.push(check);
    }
  return joined(found);
}

/** The pattern and the age of one file are one check. */
function joined(found: readonly FoundCheck[]): FoundCheck[] {
  const ages = new Map(
    found.flatMap(({ check }) => {
      const file = check?.["file"] as { path: string; fresh?: string; match?: string } | undefined;
      return file?.fresh !== undefined && file.match === undefined ? [[file.path, file.fresh] as const] : [];
    }),
  );
  const filled = found.map((one) => {
    const file = one.check?.["file"] as { path: string; fresh?: string; match?: string } | undefined;
    if (file?.match === undefined || file.fresh !== undefined) return one;
    return { ...one, check: { file: { ...file, fresh: ages.get(file.path) ?? "5m" } } };
  });
  // Where a fresh line must match, any fresh line is asked for already.
  const matched = new Set(
    filled.flatMap(({ check }) => {
      const file = check?.["file"] as { path: string; match?: string } | undefined;
      return file?.match === undefined ? [] : [file.path];
    }),
  );
  return filled.map((one) => {
    const file = one.check?.["file"] as { path: string; match?: string } | undefined;
    return file !== undefined && file.match === undefined && matched.has(file.path)
      ? { ...one, check: null }
      : one;
  });
}

const unquote = (text: string): string => text.replace(/^(["'])(.*)\1$/s, "$2");
const word = `("[^"]+"|'[^']+'|[^\\s;|&)]+)`;

const finders: readonly Finder[] = [
  ({ at, text }) =>
    /\bsystemctl\s+(?:-\S+\s+)*(?:is-active|is-failed|status)\b/.test(text)
      ? {
          at,
          what: "systemctl is-active",
          check: null,
          mistakes: ["A frozen process is active, too: is-active alone sees no freeze."],
        }
      : null,
  ({ at, text }) => {
    const match =
      new RegExp(`\\bp(?:grep|idof)\\s+(?:-\\S+\\s+)*${word}`).exec(text) ??
      new RegExp(`\\bps\\b[^|]*\\|\\s*grep\\s+(?:-\\S+\\s+)*${word}`).exec(text);
    return match
      ? { at, what: `is there a process "${unquote(match[1]!)}"`, check: null, mistakes: [] }
      : null;
  },
  findHttp,
  ({ at, text }) => {
    const match =
      /\bnc\s+(?:-\S+\s+)*-\w*z\w*\s+(?:-\w+\s+(?:\d+\s+)?)*([\w.-]+)\s+(\d+)/.exec(text) ??
      /\/dev\/tcp\/([\w.-]+)\/(\d+)/.exec(text) ??
      /\b(?:ss|netstat)\s+-\w+[^|]*\|\s*grep\s+(?:-\S+\s+)*["']?()[^\d\s]*:?(\d{2,5})\b/.exec(text);
    if (!match) return null;
    const host = match[1] === "" || match[1] === "localhost" ? "127.0.0.1" : match[1]!;
    return {
      at,
      what: `does ${host}:${match[2]} answer`,
      check: { tcp: { to: `${host}:${match[2]}` } },
      mistakes: [],
    };
  },
  findByFind,
  findAge,
  findPattern,
  ({ at, text }) => {
    const path = /\bdf\b(?:\s+-\S+)*\s+(\/\S*)/.exec(text)?.[1];
    const most = /-g[te]\s+["']?(\d{2})\b/.exec(text)?.[1];
    return path === undefined || most === undefined
      ? null
      : {
          at,
          what: `is ${path} full`,
          check: { disk: { path, free: `${100 - Number(most)}%` } },
          mistakes: [],
        };
  },
];

function findHttp({ at, text }: ScriptLine): FoundCheck | null {
  const match = /\b(?:curl|wget|urlopen|requests\.get)\b.*?(https?:\/\/[^\s"'|;)]+)/.exec(text);
  const url = match?.[1];
  if (url === undefined || alertHosts.test(url) || /[$`]/.test(url)) return null;
  const seconds =
    /(?:--max-time|-m|--timeout|-T)[ =]?(\d+)/.exec(text)?.[1] ?? /timeout\s*=\s*(\d+)/.exec(text)?.[1];
  const body = new RegExp(`\\|\\s*e?grep\\s+(?:-\\w+\\s+)*${word}`).exec(text)?.[1];
  const status = /http_code/.test(text)
    ? (/(?:=|-eq|!=|-ne)\s*["']?(\d{3})\b/.exec(text)?.[1] ?? undefined)
    : undefined;
  const pattern = body === undefined ? undefined : toPattern(unquote(body), /grep\s+-\w*E|egrep/.test(text));
  return {
    at,
    what: `does ${url} answer`,
    check: {
      http: {
        url,
        ...(status === undefined ? {} : { status: Number(status) }),
        ...(pattern === undefined ? {} : { body: pattern }),
        ...(seconds === undefined || seconds === "0" ? {} : { timeout: `${seconds}s` }),
      },
    },
    mistakes:
      seconds === undefined && /\bcurl\b/.test(text)
        ? ["curl had no --max-time: it could hang on the very service that hangs."]
        : [],
  };
}

function findByFind({ at, text }: ScriptLine): FoundCheck | null {
  const match = /\bfind\s+("[^"]+"|'[^']+'|\S+)\s(.*)$/.exec(text);
  const minutes =
    /-mmin\s+["']?[+-]?(\d+)/.exec(match?.[2] ?? "")?.[1] ??
    /-newermt\s+["'](\d+) min/.exec(match?.[2] ?? "")?.[1];
  if (!match || minutes === undefined || minutes === "0" || /-delete|\brm\b/.test(text)) return null;
  const name = /-name\s+("[^"]+"|'[^']+'|\S+)/.exec(match[2]!)?.[1];
  const root = unquote(match[1]!);
  const path = name === undefined ? root : posix.join(root, unquote(name));
  return /[*?[$]/.test(path)
    ? null
    : {
        at,
        what: `is ${path} older than ${minutes} minutes`,
        check: { file: { path, fresh: `${minutes}m` } },
        mistakes: [],
      };
}

/** The age of a file is read in one line and compared in another. */
function findAge({ at, text }: ScriptLine, { lines }: Script): FoundCheck | null {
  const match =
    /\bstat\s+(?:-c|--format=?|--printf=?|-f|-L)\s*(?:-c\s*)?["']?%[YXm]["']?\s+("[^"]+"|'[^']+'|[^\s)"'`]+)/.exec(
      text,
    ) ??
    /\bdate\s+\+?%?s?\s*-r\s+("[^"]+"|'[^']+'|[^\s)"'`]+)/.exec(text) ??
    /\bgetmtime\(\s*([^)]+)\)/.exec(text);
  if (!match) return null;
  const path = unquote(match[1]!.trim());
  if (/[$*`]/.test(path)) return null;
  const limit = ageLimit(lines);
  return {
    at,
    what: `is ${path} older than ${limit?.text ?? "?"}`,
    check: { file: { path, fresh: limit?.text ?? "5m" } },
    mistakes: limit === null ? ["No comparison of the age with a number was found: 5m is a guess."] : [],
  };
}

function ageLimit(lines: readonly ScriptLine[]): { text: string } | null {
  const aged = /age|diff|stale|elapsed|idle|since|delta|old|mtime|now|stat\b|%s/i;
  const compare = /(?:-g[te]|-l[te]|[<>]=?|&gt;)\s*["']?(\d{1,7})\b/;
  const line = lines.find(({ written, text }) => compare.test(text) && aged.test(written)) ?? null;
  if (line === null) return null;
  const value = Number(compare.exec(line.text)![1]);
  if (value === 0) return null;
  const minutes = lines.some(({ text }) => /\/\s*60\b/.test(text)) && value < 1000;
  return { text: minutes ? `${value}m` : value % 60 === 0 ? `${value / 60}m` : `${value}s` };
}

function findPattern({ at, text }: ScriptLine): FoundCheck | null {
  const match = new RegExp(
    `\\btail\\s+(?:-n\\s*|-)?(\\d+)\\s+${word}\\s*\\|\\s*e?grep\\s+((?:-\\w+\\s+)*)${word}`,
  ).exec(text);
  if (!match) return null;
  const [, count, file, flags, wanted] = match as unknown as [string, string, string, string, string];
  const path = unquote(file);
  const pattern = toPattern(unquote(wanted), /E|P/.test(flags) || text.includes("egrep"));
  if (pattern === undefined || /[$*]/.test(path)) return null;
  return {
    at,
    what: `do the last ${count} lines of ${path} have "${unquote(wanted)}"`,
    check: { file: { path, match: pattern } },
    mistakes: [
      `A pattern in the last ${count} lines has no time in it: in a frozen file the old lines still match. Now the newest match must be fresh.`,
    ],
  };
}

/** A pattern of grep in the spelling of ours; undefined where it cannot be taken. */
function toPattern(text: string, extended: boolean): string | undefined {
  const pattern = extended ? text : text.replace(/\\([|+?(){}])/g, "$1");
  return problemOf(pattern) === null ? pattern : undefined;
}
