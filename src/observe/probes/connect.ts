import type { LookupAddress } from "node:dns";
import { connect as connectTcp, type LookupFunction, type Socket } from "node:net";
import { brokenConnection } from "../../network/broken-link.ts";
import { isNear } from "./near.ts";
import type { Attempt } from "./network-probe.ts";
import { resolveName } from "./resolve-name.ts";

/** `shown` is how it may be called in words: host:port, or $NAME when the address is a secret. */
export type Place = { host: string; port: number; shown: string };

/** api.example.org:443, [::1]:8000. */
export function shownPlace(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Resolves and connects; the socket is closed at the end of the attempt. Throws BrokenLink for "DNS" or "TCP". */
export async function connect(attempt: Attempt, { host, port, shown }: Place): Promise<Socket> {
  attempt.link = "DNS";
  attempt.waiting = `no answer about ${shown}`;
  const addresses = await resolveName(host, shown, attempt.signal);
  attempt.signal.throwIfAborted();
  attempt.link = "TCP";
  attempt.waiting = `${shown} does not answer`;
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port, lookup: known(addresses), autoSelectFamily: true });
    attempt.signal.addEventListener("abort", () => socket.destroy());
    const near = addresses.every(({ address }) => isNear(address));
    socket.once("error", (error) => reject(brokenConnection(error, shown, near)));
    socket.once("connect", () => {
      // From here on whoever uses the socket listens; after the end nobody does, and that must not end the process.
      socket.removeAllListeners("error").on("error", () => {});
      resolve(socket);
    });
  });
}

/** Node asks once more; it is told what is known already, so that one look never asks the resolver twice. */
function known(addresses: readonly LookupAddress[]): LookupFunction {
  return (_name, options, done) => {
    const [first] = addresses;
    if (options.all === true) done(null, [...addresses]);
    else done(null, first!.address, first!.family);
  };
}
