import type { Host } from "../host/host.ts";
import type { DesiredService } from "../plan/desired.ts";

/** Why the kernel would not run a program, and what to do about it. */
export type ProgramTrouble = {
  kind: "no-program" | "not-executable" | "no-interpreter";
  says: string;
  fix: string;
};

/** Longer than any script, and shorter than what would have to be read of an interpreter. */
const longestScript = 256 * 1024;

/**
 * Looks at what execve(2) would look at: the file is there, may be executed, and so is the interpreter of its first line.
 * null when all is well, and for a bare name, which systemd looks for by itself.
 */
export async function programTrouble(
  host: Host,
  { program, runtime }: Pick<DesiredService, "program" | "runtime">,
): Promise<ProgramTrouble | null> {
  if (!program.startsWith("/")) return null;
  const real = await host.files.realPath(program);
  if (real === null) {
    const broken = (await host.files.stat(program))?.kind === "link";
    return {
      kind: "no-program",
      says: `${program} ${broken ? "is a link to something that is gone" : "does not exist"}`,
      fix:
        runtime === "python" && program.includes("/bin/python")
          ? `make the virtual environment: python3 -m venv ${program.replace(/\/bin\/[^/]+$/, "")}`
          : "build or install it, or change run:",
    };
  }
  const size = await sizeIfExecutable(host, real);
  if (size === null)
    return {
      kind: "not-executable",
      says: `${program} is not an executable file`,
      fix: `chmod +x ${program}`,
    };
  if (size > longestScript) return null;
  const [, interpreter] = /^#!\s*(\/\S+)/.exec((await host.files.read(real)) ?? "") ?? [];
  if (interpreter === undefined) return null;
  const found = await host.files.realPath(interpreter);
  if (found !== null && (await sizeIfExecutable(host, found)) !== null) return null;
  return {
    kind: "no-interpreter",
    says: `${program} is to be run by ${interpreter}, which ${found === null ? "does not exist" : "is not an executable file"}`,
    fix: `install ${interpreter}, or correct the first line of ${program}`,
  };
}

async function sizeIfExecutable(host: Host, path: string): Promise<number | null> {
  const stat = await host.files.stat(path);
  return stat?.kind === "file" && (stat.mode & 0o111) !== 0 ? stat.size : null;
}
