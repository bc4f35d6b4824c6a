import { join } from "node:path";
import { numberOf } from "../../host/properties.ts";
import type { DesiredSecret } from "../../plan/desired.ts";
import { check, type Check, type CheckInput } from "../check.ts";

/** Secrets are where they belong, nobody else can read them, and the process has what the file holds now. Contents are compared in memory and go nowhere. */
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
  const loaded = await readLoaded(input, id);
  if (loaded === null || loaded === (await files.read(source))) return null;
  return check(
    input,
    "secrets",
    promise,
    "warning",
    `${source} has changed since the process started, which has the older ${id}`,
    "holdfast apply",
  );
}

/** What the running service was given (systemd.exec(5), CREDENTIALS_DIRECTORY); null when it does not run. */
async function readLoaded({ host, service, properties }: CheckInput, id: string): Promise<string | null> {
  if (numberOf(properties, "MainPID") === 0) return null;
  const runtime = host.scope === "system" ? "/run" : (process.env["XDG_RUNTIME_DIR"] ?? "/nowhere");
  return host.files.read(join(runtime, "credentials", service.unit, id));
}
