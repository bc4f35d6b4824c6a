import { Refusal, type Means } from "./means.ts";

export type Account = { name: string; home: string; uid: number; gid: number };

/** The account of a name or number, as this host knows it; null asks for none. Throws Refusal when there is no such account. */
export async function accountOf(user: string | null, { run, patience }: Means): Promise<Account | null> {
  if (user === null) return null;
  const { status, stdout } = await run(["/usr/bin/getent", "--", "passwd", user], { timeout: patience });
  const [name, , uid, gid, , home] = stdout.split("\n")[0]!.split(":");
  if (status !== 0 || name === undefined || !/^\d+$/.test(uid ?? "") || !/^\d+$/.test(gid ?? ""))
    throw new Refusal(`there is no account ${user} on this host`);
  return { name, home: home || "/", uid: Number(uid), gid: Number(gid) };
}
