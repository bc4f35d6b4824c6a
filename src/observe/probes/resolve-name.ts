import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { BrokenLink } from "../../network/broken-link.ts";

/**
 * getaddrinfo(3) keeps a thread of Node's pool of four until the resolver has answered or given up. Two at a time leave
 * room for reading files, whatever the resolver does.
 */
const atOnce = 2;
/**
 * Nothing can call getaddrinfo(3) off, and this process cannot end before it is over: so it gives up after two tries of
 * 2 s, and not of 5 s (resolv.conf(5)). Who has set this for the host is obeyed.
 */
const patience = "timeout:2 attempts:2";

type Asked = { addresses: Promise<LookupAddress[]>; wanted: Set<AbortSignal> };

const asked = new Map<string, Asked>();
const waiting: (() => void)[] = [];
let busy = 0;

/**
 * The addresses of a name as programs of this host get them (/etc/hosts, nsswitch.conf, the resolver). Throws BrokenLink:
 * "fail" when there is no such name, "unknown" when nobody could be asked. `shown` is how the name may be called.
 */
export async function resolveName(
  name: string,
  shown: string,
  signal: AbortSignal,
): Promise<LookupAddress[]> {
  const family = isIP(name);
  if (family !== 0) return [{ address: name, family }];
  // RFC 6761: always this host, so that what is near does not wait for a resolver that hangs.
  if (name.toLowerCase() === "localhost") return loopback;
  try {
    const addresses = await share(name, signal);
    if (addresses.length > 0) return addresses;
  } catch (error) {
    throw brokenName(error, shown);
  }
  throw new BrokenLink("DNS", `nobody was asked about ${shown}`, "unknown");
}

const loopback: LookupAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/** Who asks for a name that is being asked for gets the same answer. */
function share(name: string, signal: AbortSignal): Promise<LookupAddress[]> {
  const known = asked.get(name);
  if (known) {
    known.wanted.add(signal);
    return known.addresses;
  }
  const wanted = new Set([signal]);
  const addresses = lookUp(name, wanted).finally(() => asked.delete(name));
  asked.set(name, { addresses, wanted });
  return addresses;
}

async function lookUp(name: string, wanted: ReadonlySet<AbortSignal>): Promise<LookupAddress[]> {
  if (busy < atOnce) busy += 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    // Its turn may have come when everybody has given up.
    if ([...wanted].every(({ aborted }) => aborted)) return [];
    process.env["RES_OPTIONS"] ??= patience;
    return await lookup(name, { all: true });
  } finally {
    const next = waiting.shift();
    if (next) next();
    else busy -= 1;
  }
}

/** getaddrinfo(3): EAI_NONAME and EAI_NODATA are answers (Node calls both ENOTFOUND); EAI_AGAIN and EAI_FAIL are none. */
function brokenName(error: unknown, shown: string): BrokenLink {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOTFOUND") return new BrokenLink("DNS", `there is no such name: ${shown}`);
  if (code === "EAI_AGAIN" || code === "EAI_FAIL")
    return new BrokenLink(
      "DNS",
      `no answer about ${shown}: the resolver fails, or this host is offline`,
      "unknown",
    );
  return new BrokenLink("DNS", `${shown} could not be looked up: ${code ?? "no reason is given"}`, "unknown");
}
