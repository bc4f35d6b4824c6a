import { basename, join, resolve } from "node:path";
import type { HostFacts } from "../host/facts.ts";
import type { UnitSource } from "../host/unit-source.ts";
import type { Diagnostic } from "../report/diagnostic.ts";
import { type Collected, UnitCollector } from "./collect-units.ts";
import type { LintUnit, UnitScope } from "./lint-unit.ts";
import { type Found, lintUnits } from "./lint.ts";
import { sortFound } from "./report.ts";
import { lintRules } from "./rules.ts";
import { lintContext, templateOf } from "./unit-world.ts";

/** What is linted, and against what. */
export type LintRequest = {
  paths: readonly string[];
  scope: UnitScope;
  systemd: number;
  source: UnitSource;
  /** Where the host's systemd looks for units, the strongest first; empty when the units are not held against a host. */
  places: readonly string[];
  /** Facts of the host, given how to find units; absent when the units are not held against one. */
  facts?: (hasUnit: (name: string) => boolean) => HostFacts;
  /** In milliseconds since 1970, for dates that have passed. */
  now?: number;
};

export type LintResult = { units: LintUnit[]; found: Found[]; diagnostics: Diagnostic[] };

/** Collects units and holds them against every rule. */
export function lintPaths(request: LintRequest): LintResult {
  return lintCollected(request, collectUnits(request));
}

/** Finds the units of a request. */
export function collectUnits({ source, scope, places, paths }: LintRequest): Collected {
  const collector = new UnitCollector(source, scope, places);
  for (const path of paths) collector.add(path);
  return collector.collected();
}

/** Holds units that were collected against every rule. */
export function lintCollected(request: LintRequest, { units, strays, diagnostics }: Collected): LintResult {
  const { source, scope, places, systemd, facts } = request;
  const world = new HostUnits(source, scope, places);
  const context = lintContext(units, {
    systemd,
    host: facts?.((name) => units.some((unit) => unit.name === name) || world.has(name)) ?? null,
    elsewhere: (name) => world.get(name),
    strays,
    ...(request.now === undefined ? {} : { now: request.now }),
  });
  return { units, found: sortFound(lintUnits(units, lintRules, context)), diagnostics };
}

/** Units of the host by name, read when first asked for; a name may be an alias, or an instance of a template. */
class HostUnits {
  readonly #source: UnitSource;
  readonly #scope: UnitScope;
  readonly #places: readonly string[];
  readonly #known = new Map<string, LintUnit | null>();

  constructor(source: UnitSource, scope: UnitScope, places: readonly string[]) {
    this.#source = source;
    this.#scope = scope;
    this.#places = places;
  }

  has(name: string): boolean {
    return this.#find(name) !== null;
  }

  get(name: string): LintUnit | null {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const path = this.#find(name);
    const unit = path === null ? null : this.#read(path);
    this.#known.set(name, unit);
    return unit;
  }

  #find(name: string): string | null {
    return findUnit(name, this.#places, this.#source);
  }

  #read(path: string): LintUnit | null {
    const real = this.#source.real(path);
    // An alias is a link to the unit under its own name.
    const own =
      real !== null && real !== "/dev/null" && basename(real) !== basename(path)
        ? this.#find(basename(real))
        : null;
    const collector = new UnitCollector(this.#source, this.#scope, this.#places);
    collector.add(own ?? path);
    return collector.collected().units[0] ?? null;
  }
}

/** Where a unit of this name, or its template, lies; null when it is nowhere. */
function findUnit(name: string, places: readonly string[], source: UnitSource): string | null {
  for (const one of [name, templateOf(name)])
    if (one !== null)
      for (const place of places) {
        const path = join(place, one);
        if (source.entry(path) !== null) return path;
      }
  return null;
}

/** What a person wrote on the command line as paths: a name of a unit that is no file here is looked for on the host. */
export function pathsFor(words: readonly string[], places: readonly string[], source: UnitSource): string[] {
  return words.map((word) => {
    if (word.includes("/") || source.entry(resolve(word)) !== null) return resolve(word);
    return findUnit(word, places, source) ?? resolve(word);
  });
}
