import type { Audit } from "./facts.ts";

/** Words before a program that have it run as an account; none when it would be us anyway, or when only root may do that. */
export function asAccount(
  { self, scope }: Pick<Audit, "self" | "scope">,
  account: { uid: number; gid: number },
): readonly string[] {
  if (scope === "user" || self !== 0 || account.uid === 0) return [];
  return [
    "/usr/bin/setpriv",
    `--reuid=${account.uid}`,
    `--regid=${account.gid}`,
    "--clear-groups",
    "--no-new-privs",
    "--",
  ];
}
