import type { Candidate, NotTried, Setting } from "./candidates.ts";
import type { Found } from "./search.ts";

/** One line of what was learned. */
export type LearnedLine = {
  directive: string;
  /** as-preset: nothing to write down. tighter, milder and off differ from the preset. not-tried: was left out of the search. */
  state: "as-preset" | "tighter" | "milder" | "off" | "not-tried";
  /** What the unit says of it; empty when it is off. */
  settings: readonly Setting[];
  why: string;
};

/** What a profile says besides what it was learned with. */
export type LearnedProfile = {
  set: Readonly<Record<string, { to: string | readonly string[]; why: string }>>;
  off: Readonly<Record<string, { why: string }>>;
};

/** Each directive with what was found about it, in the order of the search. */
export function describeLearned(
  candidates: readonly Candidate[],
  notTried: readonly NotTried[],
  found: Found<string>,
): LearnedLine[] {
  const lines = candidates.map(({ id, ways, preset, suspect }): LearnedLine => {
    const rung = found.choice.get(id) ?? ways.length;
    const broke = found.failures.findLast((one) => one.id === id && !one.flaky);
    const way = ways[rung];
    if (way === undefined)
      return {
        directive: id,
        state: "off",
        settings: [],
        why: withSuspect(broke?.why ?? "it broke", suspect),
      };
    const { settings } = way;
    if (rung === preset) {
      const tighter = broke === undefined ? way.why : `tighter broke it: ${broke.why}`;
      return { directive: id, state: "as-preset", settings, why: tighter };
    }
    const milder = preset !== null && rung > preset;
    const why = milder ? (broke?.why ?? way.why) : way.why;
    return { directive: id, state: milder ? "milder" : "tighter", settings, why };
  });
  const left = notTried.map(({ id, why }): LearnedLine => ({
    directive: id,
    state: "not-tried",
    settings: [],
    why,
  }));
  return [...lines, ...left];
}

function withSuspect(why: string, suspect: string | null): string {
  return suspect === null ? why : `${why}; ${suspect}`;
}

/** What has to be written down: the differences from the preset. */
export function profileOf(lines: readonly LearnedLine[]): LearnedProfile {
  const set: Record<string, { to: string | readonly string[]; why: string }> = {};
  const off: Record<string, { why: string }> = {};
  const denied = lines.filter(
    ({ directive, state }) => state === "tighter" && directive.startsWith("SystemCallFilter=~"),
  );
  for (const { directive, state, settings, why } of lines) {
    if (directive.includes("=")) continue;
    if (state === "off") off[directive] = { why };
    if (state !== "tighter" && state !== "milder") continue;
    const keys = [...new Set(settings.map(([key]) => key))].filter((key) => key !== "SystemCallErrorNumber");
    for (const key of keys) set[key] = { to: oneOrMore(valuesOf(key, settings)), why };
  }
  if (denied.length > 0) {
    const groups = denied.map(({ directive }) => directive.slice("SystemCallFilter=~".length)).join(" ");
    const base = set["SystemCallFilter"];
    const own = `~${groups}`;
    const why = [...new Set(denied.map((line) => line.why))].join("; ");
    set["SystemCallFilter"] = base
      ? { to: [...listOf(base.to), own], why: `${base.why}; ${groups}: ${why}` }
      : { to: own, why };
  }
  return { set, off };
}

function valuesOf(key: string, settings: readonly Setting[]): string[] {
  return settings.filter(([name]) => name === key).map(([, value]) => value);
}

function oneOrMore(values: readonly string[]): string | readonly string[] {
  return values.length === 1 ? values[0]! : values;
}

function listOf(to: string | readonly string[]): readonly string[] {
  return typeof to === "string" ? [to] : to;
}
