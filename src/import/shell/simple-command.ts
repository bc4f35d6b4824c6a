import type { ShellToken, Word } from "./lex.ts";

/** Where output went: { stream: "out", path: "/var/log/x.log" }. */
export type Redirect = { stream: "out" | "err" | "both"; path: string };

/** One command with what stands around it. `odd` is what only a shell could do about it. */
export type Simple = {
  assignments: [string, string][];
  words: Word[];
  redirects: Redirect[];
  odd: string | null;
};

/** One command without anything that joins it to another; null when it is more than that. */
export function readSimple(tokens: readonly ShellToken[]): Simple | null {
  const simple: Simple = { assignments: [], words: [], redirects: [], odd: null };
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.kind === "word") {
      const assigned = simple.words.length === 0 && token.bare ? /^([A-Za-z_]\w*)=/.exec(token.raw) : null;
      if (assigned) {
        if (token.needs !== null) simple.odd ??= token.needs;
        simple.assignments.push([assigned[1]!, token.text.slice(assigned[0].length)]);
      } else simple.words.push(token);
      continue;
    }
    const redirect = /^(\d?|&)(>>|>|>\||<|>&)$/.exec(token.text);
    const target = tokens[i + 1];
    if (!redirect || target?.kind !== "word") return null;
    i += 1;
    if (redirect[2] === "<" && target.text === "/dev/null") continue;
    if (redirect[2] === "<") {
      simple.odd ??= "its input comes from a file";
      continue;
    }
    if (target.needs !== null) {
      simple.odd ??= target.needs;
      continue;
    }
    addRedirect(simple, redirect[1]!, redirect[2]!, target.text);
  }
  return simple;
}

function addRedirect(simple: Simple, from: string, operator: string, target: string): void {
  if (operator === ">&" && /^\d$/.test(target)) {
    const out = simple.redirects.findIndex(({ stream }) => stream === "out");
    if (from === "2" && target === "1" && out !== -1)
      simple.redirects[out] = { stream: "both", path: simple.redirects[out]!.path };
    else if (!(from === "2" && target === "1")) simple.odd ??= "it turns its streams around";
    return;
  }
  if (from === "" || from === "1") simple.redirects.push({ stream: "out", path: target });
  else if (from === "2") simple.redirects.push({ stream: "err", path: target });
  else if (from === "&") simple.redirects.push({ stream: "both", path: target });
  else simple.odd ??= "it uses further streams";
}
