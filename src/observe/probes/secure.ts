import { isIP, type Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { brokenTls } from "../../network/broken-tls.ts";
import type { Place } from "./connect.ts";
import type { Attempt } from "./network-probe.ts";
import { trustedContext } from "../../network/trusted-context.ts";

/**
 * Makes a connection secure, with the server's name in it (SNI). `anyCertificate`: whoever looks at the certificate wants to
 * see bad ones, too; nothing may be sent then. Throws BrokenLink for "TLS".
 */
export async function secure(
  attempt: Attempt,
  socket: Socket,
  { host, shown }: Place,
  options: { anyCertificate?: boolean } = {},
): Promise<TLSSocket> {
  attempt.link = "TLS";
  attempt.waiting = `${shown} does not secure the connection`;
  return new Promise((resolve, reject) => {
    const tls = connect({
      socket,
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      secureContext: trustedContext(),
      rejectUnauthorized: options.anyCertificate !== true,
      ALPNProtocols: ["http/1.1"],
    });
    attempt.signal.addEventListener("abort", () => tls.destroy());
    const failed = (error: unknown) => reject(brokenTls(error, shown));
    const closed = () => failed({ code: "ECONNRESET" });
    tls.once("error", failed).once("close", closed);
    tls.once("secureConnect", () => {
      tls
        .off("close", closed)
        .off("error", failed)
        .on("error", () => {});
      resolve(tls);
    });
  });
}
