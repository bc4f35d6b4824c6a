import { slugOf } from "../../spec/slug.ts";

/** Holdfast has units of these names itself. */
const taken = new Set(["expect", "check", "notify", "agent", "probation", "drill"]);

/** And these are words of YAML readers, which the spec refuses as names. */
const isReserved = (name: string): boolean => name in Object.prototype;

/** A name for the application of these units: what their names have in common, or the first one. */
export function appNameOf(units: readonly string[]): string {
  const stems = units.map(stemOf);
  const words = stems.map((stem) => slugOf(stem).split("-"));
  const first = words[0] ?? [];
  const common = first.filter((_, index) =>
    words.every((other) => other.slice(0, index + 1).join() === first.slice(0, index + 1).join()),
  );
  return slugOf(common.length > 0 ? common.join("-") : first.join("-")) || "imported";
}

/** Names of services and jobs: the rest of the unit's name behind that of the application. */
export function programNames(app: string, units: readonly string[]): Map<string, string> {
  const names = new Map<string, string>();
  const used = new Set<string>();
  for (const unit of units) {
    const slug = slugOf(stemOf(unit)) || "unit";
    const rest = slug.startsWith(`${app}-`) ? slug.slice(app.length + 1) : slug;
    let name = /^[a-z]/.test(rest) && !taken.has(rest) && !isReserved(rest) ? rest : slug;
    for (let count = 2; used.has(name) || taken.has(name) || isReserved(name); count += 1)
      name = `${slug.slice(0, 36)}-${count}`;
    used.add(name);
    names.set(unit, name);
  }
  return names;
}

function stemOf(unit: string): string {
  return unit.replace(/\.[a-z]+$/, "").replace("@", "-");
}
