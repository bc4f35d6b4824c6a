import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";

let made: SecureContext | undefined;

/** Trusts whom this host trusts (/etc/ssl/certs, $SSL_CERT_FILE), as curl does; whom Node trusts where the host has no list. */
export function trustedContext(): SecureContext {
  if (made === undefined) {
    const ca = getCACertificates("system");
    made = createSecureContext(ca.length > 0 ? { ca } : {});
  }
  return made;
}
