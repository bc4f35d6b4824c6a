import type { Result } from "../heal/reading.ts";

/** What a request goes through, in this order. The first that does not hold is named. */
export type Link = "DNS" | "TCP" | "TLS" | "HTTP" | "RPC";

/** A look over the network that found something broken, or that could not look ("unknown"). */
export class BrokenLink extends Error {
  readonly result: Extract<Result, "fail" | "unknown">;

  constructor(link: Link, says: string, result: "fail" | "unknown" = "fail") {
    super(`${link}: ${says}`);
    this.result = result;
  }
}

/** No way to the network, or no resolver: nothing is known about the other side. */
const offline = new Set(["ENETUNREACH", "ENETDOWN", "EHOSTDOWN", "EHOSTUNREACH", "EADDRNOTAVAIL"]);
/** This process may not, or has no room for one more. */
const ownTrouble: Readonly<Record<string, string>> = {
  EACCES: "no permission to connect",
  EPERM: "no permission to connect: a firewall or a sandbox of this host forbids it",
  EMFILE: "no file descriptor is left to connect with",
  ENFILE: "the host has no file descriptor left",
  ENOBUFS: "the kernel has no memory for a connection",
  ENOMEM: "no memory is left to connect with",
};

/**
 * Why connecting has failed. `where` is how the other side may be called; `near`: it is on this host or in its own network,
 * so that "no such host" is about it and not about the way to the internet (monitoring: own-connectivity guard).
 */
export function brokenConnection(error: unknown, where: string, near: boolean): BrokenLink {
  const codes = codesOf(error);
  const own = codes.find((code) => ownTrouble[code] !== undefined);
  if (codes.includes("ECONNREFUSED"))
    return new BrokenLink("TCP", `nothing listens at ${where}: the connection was refused`);
  if (codes.includes("ETIMEDOUT")) return new BrokenLink("TCP", `${where} does not answer`);
  if (codes.includes("ECONNRESET")) return new BrokenLink("TCP", `${where} broke the connection off`);
  if (own !== undefined) return new BrokenLink("TCP", ownTrouble[own]!, "unknown");
  if (near && codes.includes("EHOSTUNREACH"))
    return new BrokenLink("TCP", `${where} does not answer: there is no such host in its network`);
  if (codes.some((code) => offline.has(code)))
    return new BrokenLink("TCP", `no way to ${where}: this host is offline`, "unknown");
  return new BrokenLink("TCP", `cannot connect to ${where}: ${codes[0] ?? "no reason is given"}`);
}

/** Of all addresses that were tried: one that was refused says more than one without a route (IPv6 on an IPv4 host). */
function codesOf(error: unknown): string[] {
  const all = error instanceof AggregateError ? error.errors : [error];
  return all.flatMap((one: unknown) => (one as NodeJS.ErrnoException).code ?? []);
}
