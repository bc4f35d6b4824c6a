import type { Diagnostic } from "../../report/diagnostic.ts";
import { containerFix, restrictionsOf, type Privileges } from "./privileges.ts";

/** Why the holder could not get further than to a step of its script, in words for whoever has to change something. */
export function explainStep(step: string, said: string, privileges: Privileges): Diagnostic {
  const [word = "", path = ""] = step.split(/ (.*)/s);
  const refused = /permission denied|operation not permitted/i.test(said);
  const culprits = restrictionsOf(privileges).join(" and ");
  const because = culprits === "" ? "" : `; there is ${culprits}`;
  const base = { severity: "error", code: `throwaway/cannot-${word}`, detail: said } as const;
  if (refused)
    return {
      ...base,
      summary: `Cannot boot a throwaway host: the kernel refuses root to ${refusedTo[word] ?? "set it up"}${because}`,
      fix:
        containerFix(privileges.container) ??
        "run it as root of the machine, outside of what confines this process",
    };
  if (word === "layer" && path === "/" && isOverlay(privileges, path))
    return {
      ...base,
      summary:
        "Cannot boot a throwaway host: what this machine's root lies on is an overlay on an overlay, and the kernel allows no third one",
      fix: "run it one container further out, or on a virtual machine",
    };
  if (word === "layer")
    return {
      ...base,
      summary: `Cannot boot a throwaway host: no overlay can be mounted over ${path}`,
      fix: `see the last lines of dmesg(1), and findmnt --target ${path}`,
    };
  return {
    ...base,
    summary: `Cannot boot a throwaway host: it could not ${refusedTo[word] ?? "be set up"}`,
    fix: "see what was said, and the last lines of dmesg(1)",
  };
}

const refusedTo: Readonly<Record<string, string>> = {
  unshare: "make namespaces",
  memory: "mount a file system in memory",
  layer: "mount an overlay",
  files: "copy files into the overlay",
  namespaces: "mount over directories",
};

function isOverlay({ mounts }: Privileges, path: string): boolean {
  return mounts.some(({ point, type }) => point === path && type === "overlay");
}
