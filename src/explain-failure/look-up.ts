import { signalNumber, type Explanation } from "../value/exit-status.ts";
import { explainEnding } from "./explain-ending.ts";
import { exitCodeName, exitCodes } from "./exit-codes.ts";
import { results } from "./results.ts";
import { inVoice } from "./voice.ts";

/** One way in which a unit can end, with what to do about it in a spec and in a unit of one's own. */
export type KnownEnding = { name: string; sentence: string; inSpec: string | null; inUnit: string | null };

/**
 * The ending that a person means: 226, 226/NAMESPACE, NAMESPACE, status=226, SIGSYS, 31/SYS, start-limit-hit or
 * Result=start-limit-hit; null when it is none.
 */
export function findEnding(query: string): KnownEnding | null {
  const text = query.replace(/^(result|status|code)=/i, "").trim();
  const result = text.toLowerCase();
  if (Object.hasOwn(results, result)) {
    const told = results[result]!;
    return entry(`Result=${result}`, inVoice(told, "spec"), inVoice(told, "unit"));
  }
  const status = statusOf(text);
  if (status !== null) return ofExit(status);
  const signal = signalOf(text);
  if (signal === null) return null;
  const ending = { result: "signal", code: "killed", status: signal } as const;
  return entry(`SIG${signalText(text)}`, explainEnding(ending, "spec"), explainEnding(ending, "unit"));
}

/** Is it one that a key of the spec is called too? Then the key is meant, and this is told only when asked for in full. */
export function isResult(query: string): boolean {
  return Object.hasOwn(results, query.toLowerCase());
}

/** Names that a person may have meant. */
export function endingNames(): string[] {
  return [
    ...Object.keys(results),
    ...Object.keys(exitCodes).map((code) => exitCodeName(Number(code))!),
    "SIGSYS",
  ];
}

function ofExit(status: number): KnownEnding {
  const ending = { result: "exit-code", code: "exited", status } as const;
  const name = exitCodeName(status) ?? `exit code ${status}`;
  return entry(name, explainEnding(ending, "spec"), explainEnding(ending, "unit"));
}

function entry(name: string, spec: Explanation, unit: Explanation): KnownEnding {
  return { name, sentence: spec.sentence, inSpec: spec.fix, inUnit: unit.fix };
}

/** "226", "226/NAMESPACE" and "NAMESPACE"; a number with another name beside it is somebody's slip, and no code. */
function statusOf(text: string): number | null {
  const [, number, name] = /^(\d{1,3})(?:\/(\w+))?$/.exec(text) ?? [];
  if (number !== undefined) {
    const status = Number(number);
    if (status > 255 || (name !== undefined && exitCodes[status]?.name !== name.toUpperCase())) return null;
    return status;
  }
  const found = Object.entries(exitCodes).find(([, code]) => code.name === text);
  return found === undefined ? null : Number(found[0]);
}

/** "SIGSYS" and, as systemd writes it, "31/SYS". */
function signalOf(text: string): number | null {
  const named = /^(?:SIG|\d{1,2}\/)([A-Z]+\d?)$/.exec(text.toUpperCase())?.[1];
  return named === undefined ? null : signalNumber(named);
}

function signalText(text: string): string {
  return text.toUpperCase().replace(/^(SIG|\d+\/)/, "");
}
