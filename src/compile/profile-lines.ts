import type { Profile } from "../spec/profile.ts";
import type { Line } from "./privileges.ts";

/**
 * The preset with what a learned profile changes: what it leaves out, what it sets. A filter of system calls that only denies
 * (~) is laid on top of the preset's own, which differs with the version of systemd; anything else takes its place.
 */
export function applyProfile(lines: readonly Line[], profile: Profile): Line[] {
  const off = new Set(Object.keys(profile.off ?? {}));
  const set = Object.entries(profile.set ?? {});
  const replaced = new Set<string>(set.flatMap(([key, { to }]) => (onlyDenies(valuesOf(to)) ? [] : [key])));
  const gone = (key: string) =>
    off.has(key) || replaced.has(key) || (key === "SystemCallErrorNumber" && off.has("SystemCallFilter"));
  const kept = lines.filter(([key]) => !gone(key));
  for (const [key, { to }] of set) {
    if (key === "SystemCallFilter" && off.has(key)) continue;
    const added = valuesOf(to).map((value): Line => [key, value, { at: profile.placeOf(["set", key]) }]);
    const last = kept.findLastIndex(([other]) => other === key);
    const place = last === -1 ? lines.findIndex(([other]) => other === key) : last + 1;
    kept.splice(place === -1 ? kept.length : Math.min(place, kept.length), 0, ...added);
  }
  return kept;
}

function valuesOf(to: string | readonly string[]): readonly string[] {
  return typeof to === "string" ? [to] : to;
}

function onlyDenies(values: readonly string[]): boolean {
  return values.every((value) => value.startsWith("~"));
}
