import { basename, join } from "node:path";
import type { Artifact } from "../compile/artifact.ts";
import { debian12, type Target } from "../compile/target.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { describeBecause } from "./describe-plan.ts";
import { compileFor, loadSpec } from "./load-spec.ts";
import type { Session } from "./session.ts";

/** holdfast compile: the files, for a named version of systemd or for this host. */
export async function runCompile(
  session: Session,
  options: { explain?: boolean; target?: string; out?: string },
): Promise<number> {
  const { spec } = loadSpec(session);
  const target = options.target === undefined ? await session.target() : namedTarget(session, options.target);
  const { desired, losses } = compileFor(target, spec);
  session.out.diagnose(losses);
  if (options.out !== undefined) {
    const { files } = await session.host();
    await files.makeDirectory(options.out, 0o755);
    for (const artifact of desired.artifacts)
      await files.write(join(options.out, basename(artifact.path)), artifact.text, { mode: artifact.mode });
  }
  const texts = desired.artifacts.map(
    (artifact) => `# ${artifact.path}\n${options.explain ? explained(artifact) : artifact.text}`,
  );
  session.out.result(
    { target, artifacts: desired.artifacts },
    options.out === undefined
      ? texts.join("\n")
      : `${desired.artifacts.length} files written to ${options.out}`,
  );
  return exitCode.done;
}

function namedTarget(session: Session, text: string): Target {
  const systemd = Number(text);
  if (!Number.isInteger(systemd) || systemd < 239 || systemd > 999) {
    throw new HoldfastError(
      {
        severity: "error",
        code: "usage/bad-target",
        summary: `Cannot compile for systemd "${text}"`,
        detail: "a version from 239 on, such as 252 (Debian 12) or 257 (Debian 13)",
        fix: "--target 252",
      },
      exitCode.usage,
    );
  }
  const user =
    session.scope === "user"
      ? {
          unitDirectory: "~/.config/systemd/user",
          settingsDirectory: "~/.config",
          stateDirectory: "~/.local/state/holdfast",
        }
      : {};
  return {
    ...debian12,
    systemd,
    scope: session.scope,
    encryptsCredentials: systemd >= 250 && session.scope === "system",
    ...user,
  };
}

/** Every directive with its cause, in a column beside it; meant for reading, not for installing. */
function explained(artifact: Artifact): string {
  const width = Math.min(
    60,
    Math.max(0, ...artifact.directives.map((d) => d.key.length + d.value.length + 1)),
  );
  const remaining = [...artifact.directives];
  return artifact.text
    .split("\n")
    .map((line) => {
      const index = remaining.findIndex((d) => `${d.key}=${d.value}` === line);
      if (index === -1) return line;
      const [directive] = remaining.splice(index, 1);
      return `${line.padEnd(width)}   # ${describeBecause(directive!.because)}`;
    })
    .join("\n");
}
