import { join } from "node:path";
import { makeRedact, type Hidden } from "../../value/redact.ts";
import { Secret } from "../../value/secret.ts";
import { readHidden } from "../secrets-in-text.ts";
import { quoted } from "./mask-address.ts";
import type { ProbeContext } from "./probe.ts";

/** Shorter values are everywhere. */
const shortestSecret = 4;

/**
 * Words of another program, as a reading may show them: without values of the service's environment files and credentials, what
 * looks like a secret, and what the address holds. Cut after they are masked, so that no part of a secret is left at the end.
 */
export async function shownWords(
  context: ProbeContext,
  text: string,
  secrets: readonly string[],
  longest?: number,
): Promise<string> {
  const hidden = await readValues(context).catch(() => null);
  // What cannot be read may be in any words.
  if (hidden === null) return "something that is not shown, because secrets of the service cannot be read";
  return quoted(makeRedact(hidden, { shapes: true })(text).text, secrets, longest);
}

async function readValues(context: ProbeContext): Promise<Hidden[] | null> {
  const { envFiles } = context.service;
  const own = await readHidden(context.host, { envFiles, secrets: [] });
  return own === null ? null : [...own, ...(await credentialsOf(context))];
}

/**
 * As the running service has them: nothing has to be decrypted for that (systemd.exec(5), $CREDENTIALS_DIRECTORY). In a unit
 * without credentials, such as the agent's, systemd hides those of all others; so they are looked for where the service sees them.
 */
async function credentialsOf({ host, service, unit, watch }: ProbeContext): Promise<Hidden[]> {
  const runtime = watch.scope === "system" ? "/run" : (process.env["XDG_RUNTIME_DIR"] ?? "/run");
  const root = unit.pid === null ? "/" : `/proc/${unit.pid}/root`;
  const directory = join(root, runtime, "credentials", service.unit);
  const names = await host.files.list(directory);
  const values = await Promise.all(
    names.map(async (name) => {
      const text = await host.files.read(join(directory, name));
      return { name, value: new Secret((text ?? "").trim()) };
    }),
  );
  return values.filter(({ value }) => value.reveal().length >= shortestSecret);
}
