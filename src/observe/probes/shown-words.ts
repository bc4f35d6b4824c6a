import { makeRedact } from "../../value/redact.ts";
import { readHidden } from "../secrets-in-text.ts";
import { quoted } from "./mask-address.ts";
import type { ProbeContext } from "./probe.ts";

/**
 * Words of another program, as a reading may show them: without values of the service's environment files, what looks like a
 * secret, and what the address holds. Cut after they are masked, so that no part of a secret is left at the end.
 */
export async function shownWords(
  { host, service }: ProbeContext,
  text: string,
  secrets: readonly string[],
  longest?: number,
): Promise<string> {
  const { envFiles } = service;
  const hidden = await readHidden(host, { envFiles, secrets: [] }).catch(() => null);
  // What cannot be read may be in any words.
  if (hidden === null) return "something that is not shown, because the environment files cannot be read";
  return quoted(makeRedact(hidden, { shapes: true })(text).text, secrets, longest);
}
