import type { Properties } from "../host/host.ts";
import { listOf, textOf } from "../host/properties.ts";

/** The directive that takes a path out of a service's sight although it is there on the host, in words; null when none does. */
export function hiddenBy(properties: Properties, path: string): string | null {
  const home = textOf(properties, "ProtectHome");
  if ((home === "yes" || home === "tmpfs") && isBelow(path, ["/home", "/root", "/run/user"]))
    return `ProtectHome=${home}`;
  if (properties["PrivateTmp"] === true && isBelow(path, ["/tmp", "/var/tmp"])) return "PrivateTmp=yes";
  const denied = listOf(properties, "InaccessiblePaths").map(plainPath);
  const inaccessible = denied.find((one) => isBelow(path, [one]));
  if (inaccessible !== undefined) return `InaccessiblePaths=${inaccessible}`;
  const root = textOf(properties, "RootDirectory") || textOf(properties, "RootImage");
  return root === "" || root === "/" ? null : `the root directory ${root}`;
}

/** The directive that forbids to run what is at a path; null when none does. The longer of the two lists' paths decides. */
export function notRunBy(properties: Properties, path: string): string | null {
  const longest = (name: string): string =>
    listOf(properties, name)
      .map(plainPath)
      .filter((one) => isBelow(path, [one]))
      .toSorted((a, b) => b.length - a.length)[0] ?? "";
  const denied = longest("NoExecPaths");
  return denied !== "" && longest("ExecPaths").length < denied.length ? `NoExecPaths=${denied}` : null;
}

/** Without the marks that systemd.exec(5) allows before a path: "-" for optional, "+" for inside the root directory. */
export function plainPath(entry: string): string {
  return entry.replace(/^[-+!]+/, "");
}

function isBelow(path: string, directories: readonly string[]): boolean {
  return directories.some((one) => path === one || one === "/" || path.startsWith(`${one}/`));
}
