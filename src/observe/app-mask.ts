import type { Host } from "../host/host.ts";
import type { Desired, DesiredSecret } from "../plan/desired.ts";
import { makeRedact, type Hidden, type Redact } from "../value/redact.ts";
import { readHidden, type Mask } from "./secrets-in-text.ts";

/** A mask that also tells how much it has hidden. */
export type AppMask = Mask & { readonly redact: Redact };

/**
 * What must not be shown of a whole application: secrets and environment files of all its services and jobs, further
 * credentials such as those of its channels, what the caller knows already, and whatever looks like a secret. null when some of it cannot be read: then
 * nobody knows what to hide, and foreign text is left out.
 */
export async function readAppMask(
  host: Host,
  desired: Pick<Desired, "services"> | null,
  more: readonly DesiredSecret[] = [],
  own: readonly Hidden[] = [],
): Promise<AppMask | null> {
  const services = desired?.services ?? [];
  const envFiles = [
    ...new Set(services.flatMap((service) => [...service.envFiles, ...(service.optionalEnvFiles ?? [])])),
  ];
  const secrets = services.flatMap((service) => service.secrets);
  // A service and its jobs often share a source; a name may differ, and belongs to what is encrypted.
  const each = new Map([...secrets, ...more].map((one) => [one.encrypted ?? one.source, one]));
  try {
    const hidden = await readHidden(host, { envFiles, secrets: [...each.values()] });
    return hidden === null ? null : maskOf(makeRedact([...hidden, ...own], { shapes: true }));
  } catch {
    return null;
  }
}

/** Hides only what looks like a secret: for the words of people, where nobody knows the secrets themselves. */
export const shapesMask: AppMask = maskOf(makeRedact([], { shapes: true }));

function maskOf(redact: Redact): AppMask {
  return Object.assign((text: string) => redact(text).text, { redact });
}
