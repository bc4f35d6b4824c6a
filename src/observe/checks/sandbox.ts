import { check, type Check, type CheckInput } from "../check.ts";

/** The exposure score of the unit as systemd runs it, drop-ins included. */
export async function checkScore(input: CheckInput): Promise<Check | null> {
  const { host, service } = input;
  if (host.scope === "user") return null;
  const limit = service.scoreAtMost;
  const promise =
    limit === null ? "sandbox" : `sandbox scores at most ${limit.toFixed(1)} of 10 (lower is tighter)`;
  const result = await host.run(["/usr/bin/systemd-analyze", "--no-pager", "security", service.unit]);
  const score = /Overall exposure level for .*?: (\d+(?:\.\d+)?)/.exec(result.stdout)?.[1];
  if (score === undefined)
    return check(input, "sandbox", promise, "unknown", "systemd-analyze gave no score");
  if (limit === null) return check(input, "sandbox", promise, "ok", `score ${score}; no limit is declared`);
  return Number(score) <= limit
    ? check(input, "sandbox", promise, "ok", `score ${score}`)
    : check(
        input,
        "sandbox",
        promise,
        "failed",
        `score ${score}`,
        "holdfast apply, or see what weakens it: systemctl cat",
      );
}
