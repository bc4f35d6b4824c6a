import type { Properties } from "../host/host.ts";

/** What was to be seen when a service gave up. Values of variables and secrets are not in it. */
export type Evidence = {
  reason: string;
  fix: string | null;
  properties: Properties;
  lines: readonly { time: string; from: "unit" | "systemd"; priority: number; text: string }[];
  /** Why something is missing. */
  note: string | null;
};

const mostBytes = 64 * 1024;
const mostOfALine = 4096;

/** Evidence as it is stored, at most 64 KiB of it: long lines are cut, then the oldest are left out. */
export function makeEvidence(evidence: Evidence): string {
  const lines = evidence.lines.map((line) => ({ ...line, text: cut(line.text) }));
  for (;;) {
    const text = JSON.stringify({ ...evidence, lines }, (_key, value: unknown) =>
      typeof value === "bigint" ? Number(value) : value,
    );
    if (Buffer.byteLength(text) <= mostBytes || lines.length === 0) return text;
    lines.shift();
  }
}

/** The stored text again; null for one that another version wrote in another form. */
export function parseEvidence(text: string): Evidence | null {
  try {
    return JSON.parse(text) as Evidence;
  } catch {
    return null;
  }
}

function cut(text: string): string {
  return text.length <= mostOfALine ? text : `${text.slice(0, mostOfALine)} (cut)`;
}
