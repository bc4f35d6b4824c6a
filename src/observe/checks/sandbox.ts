import { profileKeys } from "../../spec/profile-keys.ts";
import { check, type Check, type CheckInput } from "../check.ts";
import { fixFor, listDifferences } from "./compared.ts";

/** Directives that shut a service in; those of hardening:, network: and writes:. */
export const sandboxKeys: ReadonlySet<string> = new Set([
  ...profileKeys,
  "LimitRTPRIO",
  "ReadWritePaths",
  "SystemCallErrorNumber",
]);

/** The exposure score of the unit as systemd runs it, drop-ins included, and every part of the sandbox that was changed. */
export async function checkSandbox(input: CheckInput): Promise<Check | null> {
  const declared = input.artifact.directives.some(({ key }) => sandboxKeys.has(key));
  if (!declared && input.service.scoreAtMost === null) return null;
  const limit = input.service.scoreAtMost;
  const promise =
    limit === null ? "sandbox" : `sandbox scores at most ${limit.toFixed(1)} of 10 (lower is tighter)`;
  const score = await readScore(input);
  const differences = listDifferences(input, (key) => sandboxKeys.has(key));
  const said = score === null ? [] : [`score ${score.toFixed(1)}`];
  if (differences.length > 0)
    return check(input, "sandbox", promise, "failed", [...said, ...differences].join("; "), fixFor(input));
  // systemd-analyze knows no score for user services.
  if (input.host.scope === "user") return check(input, "sandbox", promise, "ok", "in force");
  if (score === null) return check(input, "sandbox", promise, "unknown", "systemd-analyze gave no score");
  if (limit !== null && score > limit)
    return check(
      input,
      "sandbox",
      promise,
      "failed",
      said[0]!,
      "tighten hardening:, or raise hardening.at-most",
    );
  return check(
    input,
    "sandbox",
    promise,
    "ok",
    `${said[0]}${limit === null ? "; no limit is declared" : ""}`,
  );
}

async function readScore({ host, service }: CheckInput): Promise<number | null> {
  if (host.scope === "user") return null;
  const result = await host.run(["/usr/bin/systemd-analyze", "--no-pager", "security", service.unit]);
  const score = /Overall exposure level for .*?: (\d+(?:\.\d+)?)/.exec(result.stdout)?.[1];
  return score === undefined ? null : Number(score);
}
