import type { Host } from "../host/host.ts";
import type { Finding, Level, Rule } from "./rule.ts";
import { atLine } from "./rule.ts";
import type { Found } from "./lint.ts";
import type { LintUnit, UnitScope } from "./lint-unit.ts";
import type { UnitFile, UnitNode } from "../unit/unit-file.ts";

/** One line of `systemd-analyze verify`: of a place in a file, or of a unit as a whole. */
export type VerifyMessage = { file: string | null; line: number | null; unit: string | null; text: string };

/** What systemd says itself. It is asked in both of its modes, since each hides what the other tells, and it often exits 0. */
export const verifyRule: Rule = {
  id: "systemd-verify",
  level: "will-not-do-what-it-says",
  reason: "systemd itself complains",
  happens: "see the message",
  source: "systemd-analyze(1), verify",
  bad: "[Service]\nExecStart=/bin/true\nRestart=sometimes\n",
  good: "[Service]\nExecStart=/bin/true\nRestart=always\n",
  check: () => [],
};

/** More paths than this make a second call: an argument list has an end. */
const mostPaths = 2000;

/** Runs `systemd-analyze verify` over unit files, all in one call per mode; what could not be run is said in `trouble`. */
export async function runVerify(
  host: Pick<Host, "run">,
  paths: readonly string[],
  { scope, systemd }: { scope: UnitScope; systemd: number },
): Promise<{ messages: VerifyMessage[]; trouble: string | null }> {
  // --recursive-errors= came with 250.
  const modes = systemd >= 250 ? ["yes", "no"] : [null];
  const calls: Promise<string | Error>[] = [];
  for (let from = 0; from < paths.length; from += mostPaths)
    for (const mode of modes)
      calls.push(
        call(host, [
          "systemd-analyze",
          ...(scope === "user" ? ["--user"] : []),
          "verify",
          "--man=no",
          ...(mode === null ? [] : [`--recursive-errors=${mode}`]),
          "--",
          ...paths.slice(from, from + mostPaths),
        ]),
      );
  const told = new Map<string, VerifyMessage>();
  let trouble: string | null = null;
  for (const answer of await Promise.all(calls)) {
    if (answer instanceof Error) trouble = answer.message;
    else for (const message of parseVerify(answer)) told.set(JSON.stringify(message), message);
  }
  return { messages: [...told.values()], trouble };
}

async function call(host: Pick<Host, "run">, argv: readonly string[]): Promise<string | Error> {
  const { status, signal, stderr } = await host.run(argv, {
    env: { SYSTEMD_LOG_LEVEL: "info", SYSTEMD_COLORS: "0" },
  });
  if (status === 127) return new Error("systemd-analyze is not installed here");
  if (signal !== null) return new Error(`systemd-analyze verify was ended by ${signal}`);
  return stderr;
}

/** Reads what `verify` writes: "/path:7: text", "bot.service: text", or a sentence about nothing in particular. */
function parseVerify(text: string): VerifyMessage[] {
  return text.split("\n").flatMap((raw): VerifyMessage[] => {
    const line = raw.trim();
    if (line === "") return [];
    const placed = /^(\/.*?):(\d+): (.*)$/.exec(line);
    if (placed) return [{ file: placed[1]!, line: Number(placed[2]), unit: null, text: placed[3]! }];
    const whole = /^([A-Za-z0-9:_.\\@-]+\.[a-z]+): (.*)$/.exec(line);
    return [{ file: null, line: null, unit: whole?.[1] ?? null, text: whole?.[2] ?? line }];
  });
}

/** Messages that depend on what is installed where verify runs: nothing about the unit when it is for another host. */
const ofThisHost =
  /is not executable|not loaded, socket cannot be started|Failed to (?:create|prepare|load)|Unit .* not found|No such file/;

/**
 * What verify adds to the findings of the rules: messages about our units, at lines where no rule has found anything.
 * Those about other units, which verify reads along the way, are left out.
 */
export function mergeVerify(
  messages: readonly VerifyMessage[],
  units: readonly LintUnit[],
  found: readonly Found[],
  onHost: boolean,
): Found[] {
  const byPath = new Map(
    units.flatMap((unit) => unit.settings.files.map((file) => [file.path, { unit, file }])),
  );
  const byName = new Map(units.filter(({ masked }) => !masked).map((unit) => [unit.name, unit]));
  const covered = new Set(found.map(({ file, start }) => `${file.path}:${lineAt(file.text, start)}`));
  return messages.flatMap((message): Found[] => {
    const placed = message.file === null ? undefined : byPath.get(message.file);
    const unit = placed?.unit ?? (message.unit === null ? undefined : byName.get(message.unit));
    if (!unit || (!onHost && ofThisHost.test(message.text))) return [];
    if (placed && covered.has(`${placed.file.path}:${message.line}`)) return [];
    if (!placed && alreadyTold(message.text, unit, found)) return [];
    const file = placed?.file ?? unit.settings.files[0]!;
    const node = nodeFor(message, file) ?? file.nodes[0];
    const place: Pick<Finding, "file" | "start" | "end"> = node
      ? atLine(file, node)
      : { file, start: 0, end: file.text.length };
    return [
      {
        ...place,
        says: `systemd: ${message.text}`,
        happens: happensFor(message.text),
        rule: verifyRule,
        level: levelOf(message.text, unit),
        unit,
      },
    ];
  });
}

/** Where a message belongs: at its line, at the line that has what it names, or at the unit's own section. */
function nodeFor({ line, text }: VerifyMessage, file: UnitFile): UnitNode | undefined {
  if (line !== null) return file.nodes.find((node) => node.line === line);
  const named = subjectOf(text);
  return (
    file.nodes.find(
      (node) =>
        node.kind === "assignment" &&
        node.key.startsWith("Exec") &&
        named !== null &&
        node.value.includes(named),
    ) ?? file.nodes.find((node) => node.kind === "section" && node.name !== "Unit")
  );
}

/** The path that a message is about. */
function subjectOf(text: string): string | null {
  return /(\/[^\s'":,]+)/.exec(text)?.[1] ?? null;
}

/** Whether a rule has found what a message about a unit as a whole is about. */
function alreadyTold(text: string, unit: LintUnit, found: readonly Found[]): boolean {
  const own = found.filter((one) => one.unit === unit);
  const named = subjectOf(text);
  if (named !== null && own.some(({ says }) => says.includes(named))) return true;
  return /refusing/i.test(text) && own.some(({ level }) => level === "will-not-start");
}

/** With a condition, a missing program may be just what is expected. */
function levelOf(text: string, { settings }: LintUnit): Level {
  const conditional = settings.keys("Unit").some((key) => /^(Condition|Assert)/.test(key));
  if (/is not executable/.test(text)) return conditional ? "risky" : "will-not-start";
  if (/deprecated|please (?:use|update)|will be removed/i.test(text)) return "risky";
  return /refusing|bad unit file setting/i.test(text) ? "will-not-start" : "will-not-do-what-it-says";
}

function happensFor(text: string): string {
  if (/refusing/i.test(text)) return "the unit is not loaded";
  if (/is not executable/.test(text)) return "203/EXEC at start, unless its conditions keep it from starting";
  if (/deprecated|please (?:use|update)|will be removed/i.test(text))
    return "a later systemd will not know it";
  return /ignor/i.test(text) ? "the line is ignored" : "see systemd-analyze verify";
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line += 1;
  return line;
}
