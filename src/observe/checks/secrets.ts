import type { DesiredSecret } from "../../plan/desired.ts";
import { readOutdatedOf } from "../../plan/outdated.ts";
import { check, type Check, type CheckInput } from "../check.ts";

/** Secrets are where they belong, nobody else can read them, and the process has what the file holds now. */
export async function checkSecrets(input: CheckInput): Promise<Check | null> {
  const { secrets } = input.service;
  if (secrets.length === 0) return null;
  const promise = `has ${secrets.map(({ id }) => id).join(", ")}, which nobody else can read`;
  for (const secret of secrets) {
    const trouble = await findTrouble(input, secret, promise).catch(() =>
      check(
        input,
        "secrets",
        promise,
        "unknown",
        `${secret.source} cannot be looked at by this account`,
        "sudo holdfast doctor",
      ),
    );
    if (trouble) return trouble;
  }
  const old = (await readOutdatedOf(input.host, input.service)).secrets;
  if (old.length > 0)
    return check(
      input,
      "secrets",
      promise,
      "warning",
      `the process was started with another ${old.join(", ")} than the source holds now`,
      "holdfast apply",
    );
  return check(input, "secrets", promise, "ok", "present and private");
}

async function findTrouble(input: CheckInput, secret: DesiredSecret, promise: string): Promise<Check | null> {
  const { files } = input.host;
  const { id, source, encrypted } = secret;
  const stat = await files.stat(source);
  const copy = encrypted === null ? null : await files.stat(encrypted);
  const failed = (found: string, fix: string) => check(input, "secrets", promise, "failed", found, fix);
  if (encrypted !== null && copy === null)
    return failed(`the encrypted copy of ${id} is gone: the next start will fail`, "holdfast apply");
  if (stat === null)
    return encrypted === null
      ? failed(`${source} does not exist: the next start will fail`, `put ${source} back`)
      : null;
  if ((stat.mode & 0o077) !== 0)
    return failed(
      `others than its owner may read ${source} (mode 0${stat.mode.toString(8)})`,
      `chmod 600 ${source}`,
    );
  return null;
}
