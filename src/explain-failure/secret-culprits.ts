import type { Culprit, Look } from "./failure-facts.ts";
import { findFileTrouble } from "./file-trouble.ts";
import { placeOf } from "./voice.ts";

/** The credential whose file cannot be read, or that is not for this host (243/CREDENTIALS). */
export async function credentials({ host, properties, voice }: Look): Promise<Culprit[]> {
  const found: Culprit[] = [];
  for (const directive of ["LoadCredential", "LoadCredentialEncrypted"] as const)
    for (const [id, source] of (properties[directive] ?? []) as readonly (readonly [string, string])[]) {
      const trouble = source.startsWith("/")
        ? await findFileTrouble(host, null, source, "read", placeOf(directive, voice))
        : null;
      const stat = trouble === null && source.startsWith("/") ? await host.files.stat(source) : null;
      if (trouble)
        found.push({ what: `the credential ${id} cannot be read: ${trouble.what}`, fix: trouble.fix });
      else if (directive === "LoadCredentialEncrypted" && stat?.size === 0)
        found.push({
          what: `the credential ${id} is empty: ${source}`,
          fix: "encrypt it again: systemd-creds encrypt",
        });
    }
  const encrypted = (properties["LoadCredentialEncrypted"] ?? []) as readonly (readonly [string, string])[];
  // Which of several it is would show only by decrypting each, and a secret is not to be looked at for an explanation.
  if (found.length === 0 && encrypted.length > 0)
    found.push({
      what: `an encrypted credential (${encrypted.map(([id]) => id).join(", ")}) could not be decrypted: it was encrypted on another host, or under another name`,
      fix:
        voice === "spec"
          ? "holdfast apply encrypts the secrets again from their sources"
          : "encrypt it on this host: systemd-creds encrypt --name=ID SOURCE TARGET",
    });
  return found;
}

/** systemd reads them as root, before anything else. */
export async function environmentFiles({ host, properties, voice }: Look): Promise<Culprit[]> {
  const files = (properties["EnvironmentFiles"] ?? []) as readonly (readonly [string, boolean])[];
  const found: Culprit[] = [];
  for (const [path, optional] of files) {
    if (optional || /[*?[]/.test(path)) continue;
    const trouble = await findFileTrouble(host, null, path, "read", placeOf("EnvironmentFile", voice));
    if (trouble) found.push({ what: `${trouble.what}, and EnvironmentFile= needs it`, fix: trouble.fix });
    else if ((await host.files.stat(path))?.kind === "directory")
      found.push({
        what: `EnvironmentFile=${path} is a directory`,
        fix: `name a file in ${placeOf("EnvironmentFile", voice)}`,
      });
  }
  return found;
}
