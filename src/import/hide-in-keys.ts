import type { Key, SpecData } from "../init/write-keys.ts";
import { hideShapes } from "../value/secret-shapes.ts";

/** Whatever an importer missed: no value of a key, and no reason for it, keeps what looks like a secret. */
export function hideInKeys(keys: readonly Key[]): Key[] {
  return keys.map((key) => {
    const why = key.why === undefined ? {} : { why: hideShapes(key.why).text };
    // Those are paths of files.
    return key.key.includes("secrets")
      ? { ...key, ...why }
      : { ...key, ...why, value: hidden(key.value, key.key) };
  });
}

function hidden(value: SpecData, path: readonly string[]): SpecData {
  if (typeof value === "string") {
    const name = path.at(-2) === "set" ? `${path.at(-1)}=` : "";
    return hideShapes(`${name}${value}`).text.slice(name.length);
  }
  if (typeof value !== "object") return value;
  if (isList(value)) {
    // As a command line of the kernel: the word after --password is one too.
    if (value.length > 1 && value.every((item) => typeof item === "string"))
      return hideShapes(value.join("\0")).text.split("\0");
    return value.map((item) => hidden(item, path));
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, hidden(inner, [...path, name])]),
  );
}

function isList(value: SpecData): value is readonly SpecData[] {
  return Array.isArray(value);
}
