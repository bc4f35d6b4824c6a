import { isOwnedBy, hostMarker } from "../../compile/artifact.ts";
import { holdsSecret } from "../../spec/check-written.ts";
import { readBoolean } from "../../unit/read-value.ts";
import type { Place } from "../../report/diagnostic.ts";
import { commandsOf } from "./command.ts";
import { placeOf } from "./in-force.ts";
import type { Taking } from "./taking.ts";
import type { FoundUnit } from "./unit-files.ts";

/** Why a unit cannot be brought over as it is, and what to do. */
export type Refusal = { at: Place; why: string; todo: string };

/** Why a file is no unit that could be brought over; null when it is one. */
export function refuseFile(unit: FoundUnit): Refusal | null {
  const { path, text, nodes } = unit.fragment;
  const at: Place = { file: path, line: 1, column: 1, length: 1 };
  if (text.trim() === "") return { at, why: "it is masked, so nothing starts it", todo: "nothing" };
  if (text.startsWith(hostMarker) || isOwnedBy(/application "([^"]*)"/.exec(text)?.[1] ?? "", text))
    return { at, why: "Holdfast has written it", todo: "change its holdfast.yaml instead" };
  if (/^\/run\/systemd\/(generator|transient)/.test(path))
    return {
      at,
      why: "it is made anew at every boot or start",
      todo: "look at what makes it: systemd.generator(7)",
    };
  if (/@\.[a-z]+$/.test(unit.name))
    return {
      at,
      why: "it is a template, and runs only as an instance",
      todo: `name one: holdfast import ${unit.name.replace("@.", "@NAME.")}`,
    };
  const files = [unit.fragment, ...unit.own];
  for (const file of files)
    for (const node of file.nodes)
      if (node.kind === "junk" && /^(bad-header|not-utf8|too-long)$/.test(node.what))
        return {
          at: { file: file.path, line: node.line, column: 1, length: 1 },
          why: "systemd does not load it, because of this line",
          todo: "see: holdfast lint",
        };
  return nodes.length === 0 ? { at, why: "it says nothing", todo: "nothing" } : null;
}

/** Units of a user run as that user; one that names an account ends with 216/GROUP. */
export function refuseAccount(taking: Taking): Refusal | null {
  const setting = taking.all(["Service", "User"]).at(-1) ?? taking.all(["Service", "Group"]).at(-1);
  return setting === undefined
    ? null
    : {
        at: placeOf(setting),
        why: `a unit of a user cannot have an account of its own (${setting.key}=)`,
        todo: "take it out, and import it again",
      };
}

/** Why the spec cannot say what the unit says; null when it can. */
export function refuseUnit(taking: Taking): Refusal | null {
  const { unit } = taking;
  const at: Place = { file: unit.fragment.path, line: 1, column: 1, length: 1 };
  const written = (section: string, key: string): Place => {
    const setting = taking.all([section, key]).at(-1);
    return setting ? placeOf(setting) : at;
  };
  if (commandsOf(taking, "ExecStart").length === 0)
    return {
      at,
      why: "it has no ExecStart=, so there is no program to describe",
      todo: "leave it to systemd",
    };
  if (taking.value(["Service", "LogNamespace"]) !== null)
    return {
      at: written("Service", "LogNamespace"),
      why: "it has a journal of its own, in which Holdfast would not look",
      todo: "take LogNamespace= out, and import it again",
    };
  for (const key of ["RefuseManualStart", "RefuseManualStop"])
    if (readBoolean(taking.value(["Unit", key]) ?? "no") === true)
      return {
        at: written("Unit", key),
        why: `nobody may start or stop it by hand (${key}=), and so neither may Holdfast`,
        todo: "leave it to systemd",
      };
  for (const [section, keys] of taking.everything)
    for (const [key, settings] of keys)
      for (const setting of settings) {
        if (holdsSecret(key, setting.value))
          return {
            at: placeOf(setting),
            why: `${section === "Service" ? "" : `[${section}] `}${key}= holds what looks like a secret, and a spec must not`,
            todo: "move it into a file that only root can read (EnvironmentFile=), and import it again",
          };
        if (/%[yY]/.test(setting.value.replaceAll("%%", "")))
          return {
            at: placeOf(setting),
            why: "it goes by the directory of its own file (%y or %Y), and that changes",
            todo: "write the path, and import it again",
          };
      }
  return null;
}
