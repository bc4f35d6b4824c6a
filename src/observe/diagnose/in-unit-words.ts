import type { Diagnosis } from "./diagnosis.ts";

/** What the keys and commands in a fix are for somebody who has no spec. */
const words: readonly (readonly [RegExp, string])[] = [
  [/\blimits\.memory\b/g, "MemoryMax="],
  [/\blimits\.cpu above (\S+) \(CPUQuota=\)/g, "CPUQuota= above $1"],
  [/\blimits\.tasks\b/g, "TasksMax="],
  [/\bready\.within\b/g, "TimeoutStartSec="],
  [/\bstop\.timeout\b/g, "TimeoutStopSec="],
  [/\bbefore-start and needs-files\b/g, "ExecStartPre="],
  [/\brestart: \{ on: always \}/g, "Restart=always"],
  [/\bholdfast reset$/g, "systemctl reset-failed and start"],
  [/\bholdfast reset (\S+)/g, "systemctl reset-failed $1 && systemctl start $1"],
  [/\bholdfast (start|stop|restart) (\S+)/g, "systemctl $1 $2"],
  [/^holdfast apply$/g, "mend the file, then: systemctl daemon-reload"],
];

/** The same diagnosis for a unit of somebody's own. */
export function inUnitWords(found: Diagnosis): Diagnosis {
  const inWords = <One extends { fix: string | null }>(one: One): One => ({
    ...one,
    fix: translate(one.fix),
  });
  return {
    ...found,
    causes: found.causes.map(inWords),
    ends: found.ends.map(inWords),
    limits: found.limits.map(inWords),
  };
}

function translate(fix: string | null): string | null {
  return fix === null ? null : words.reduce((text, [key, word]) => text.replace(key, word), fix);
}
