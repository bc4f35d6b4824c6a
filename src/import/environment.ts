import type { Key } from "../init/write-keys.ts";
import type { Place } from "../report/diagnostic.ts";
import { hideShapes } from "../value/secret-shapes.ts";
import type { Dropped } from "./imported.ts";

/** A variable as it was written; null where its value is not known. */
export type Variable = { name: string; value: string; at: Place; why?: string | undefined };

/** Whether a variable must not be written into a spec. */
export function isSecret(name: string, value: string): boolean {
  return value !== "" && hideShapes(`${name}=${value}`).count > 0;
}

/** Variables as keys of a program: plain ones are set, those that look like a secret come from a file that is still to be made. */
export function environmentKeys(
  variables: readonly Variable[],
  where: {
    app: string;
    name: string;
    files?: readonly { path: string; why: string; at: Place }[];
    /** Variables whose values are not in the file; `from` says where they came from. */
    required?: readonly { name: string; at: Place; from: string }[];
  },
): { keys: Key[]; dropped: Dropped[] } {
  const keys: Key[] = [];
  const dropped: Dropped[] = [];
  const files = [...(where.files ?? [])];
  const usable = variables.filter(({ name, value, at }) => {
    const why = !/^[A-Za-z_]\w*$/.test(name)
      ? "systemd takes no variable of such a name"
      : /[\0\n\r]/.test(value)
        ? "its value has more than one line"
        : null;
    if (why !== null)
      dropped.push({ at, what: `variable ${name}`, why, todo: "let the program read it from a file" });
    return why === null;
  });
  const last = [...new Map(usable.map((one) => [one.name, one])).values()];
  const secret = last.filter(({ name, value }) => isSecret(name, value));
  const required = (where.required ?? []).filter(({ name }) => !last.some((one) => one.name === name));
  const first = secret[0] ?? required[0];
  if (first) {
    const file = `/etc/${where.app}/${where.name}.env`;
    files.push({
      path: file,
      why: "to be made: NAME=value lines, chmod 600; what looked like secrets",
      at: first.at,
    });
    for (const { name, at } of secret)
      dropped.push({
        at,
        what: `the value of ${name}`,
        why: "it looks like a secret, and a spec is no place for one",
        todo: `make ${file} (install -D -m 600 /dev/null ${file}), write ${name} and its value there, and take it out of ${at.file}`,
      });
    for (const { name, at, from } of required)
      dropped.push({
        at,
        what: `the value of ${name}`,
        why: `it came from ${from}, and is not written into a spec`,
        todo: `make ${file} (install -D -m 600 /dev/null ${file}), and write ${name} and its value there`,
      });
  }
  if (files.length === 1)
    keys.push({ key: ["env", "file"], value: files[0]!.path, why: files[0]!.why, at: files[0]!.at });
  else if (files.length > 1)
    keys.push({
      key: ["env", "file"],
      value: files.map(({ path }) => path),
      why: files.map(({ why }) => why).join("; "),
      at: files[0]!.at,
    });
  if (first)
    keys.push({
      key: ["env", "require"],
      value: [...new Set([...secret, ...required].map(({ name }) => name))],
      why: "nothing starts without them",
      at: first.at,
    });
  for (const { name, value, at, why } of last)
    if (!isSecret(name, value)) keys.push({ key: ["env", "set", name], value, why, at });
  return { keys, dropped };
}
