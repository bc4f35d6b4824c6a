import { profileName } from "../../compile/apparmor.ts";
import type { Fault } from "../fault.ts";

/** Only root may read it, and no profile of ours names it. */
const forbidden = "/etc/shadow";

/** The kernel's own word on what a service may open. */
export const appArmorFault: Fault = {
  id: "profile",
  title: "something in it reads what its AppArmor profile does not name",
  standard: false,
  needs: "own-kernel",
  scope: "service",
  cannot: ({ service: { hardening }, name }) =>
    typeof hardening === "object" && "apparmor" in hardening && hardening.apparmor === true
      ? null
      : `services.${name}.hardening.apparmor is not set`,
  run: async ({ subject, stage, watch, before }) => {
    const { app, name } = subject;
    const profile = profileName(app, name);
    const promise = `${name} is held by its AppArmor profile`;
    const because = `services.${name}.hardening.apparmor`;
    const label = (await stage.run(["cat", `/proc/${before.pid}/attr/current`])).stdout.trim();
    if (label !== `${profile} (enforce)`)
      return {
        verdict: "broken",
        promise,
        because,
        says: `it runs as "${label || "unconfined"}"`,
        fix: "see: holdfast doctor",
      };
    watch.note("check", `process ${before.pid} runs as ${label}`);
    const outside = await stage.run(["cat", forbidden]);
    const inside = await stage.run(["aa-exec", `--profile=${profile}`, "--", "cat", forbidden]);
    if (outside.status !== 0)
      return {
        verdict: "not-rehearsed",
        promise,
        because,
        says: `nobody can read ${forbidden} there: ${outside.stderr.trim()}`,
      };
    return /Permission denied/.test(inside.stderr) && inside.stdout === ""
      ? {
          verdict: "kept",
          promise,
          because,
          recover: watch.now,
          says: `enforced: root itself may not read ${forbidden} in it`,
        }
      : {
          verdict: "broken",
          promise,
          because,
          says:
            inside.status === 0
              ? `${forbidden} could be read in it`
              : `cannot try it: ${inside.stderr.trim()}`,
        };
  },
};
