import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { BrokenLink } from "./broken-link.ts";

/**
 * getaddrinfo(3) keeps a thread of Node's pool of four until the resolver has answered or given up, which takes 10 s and
 * more. Two at a time leave room for reading files, whatever the resolver does.
 */
const atOnce = 2;
const running = new Map<string, Promise<LookupAddress[]>>();
const waiting: (() => void)[] = [];

/**
 * The addresses of a name as programs of this host get them (/etc/hosts, nsswitch.conf, the resolver). Throws BrokenLink:
 * "fail" when there is no such name, "unknown" when nobody could be asked. `shown` is how the name may be called.
 */
export async function resolveName(name: string, shown: string): Promise<LookupAddress[]> {
  const family = isIP(name);
  if (family !== 0) return [{ address: name, family }];
  // RFC 6761: always this host, so that what is near does not wait for a resolver that hangs.
  if (name.toLowerCase() === "localhost") return loopback;
  const known = running.get(name);
  const asked = known ?? lookUp(name);
  if (!known) {
    running.set(name, asked);
    const end = () => running.delete(name);
    asked.then(end, end);
  }
  try {
    return await asked;
  } catch (error) {
    throw brokenName(error, shown);
  }
}

const loopback: LookupAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

let busy = 0;

async function lookUp(name: string): Promise<LookupAddress[]> {
  if (busy < atOnce) busy += 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
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
