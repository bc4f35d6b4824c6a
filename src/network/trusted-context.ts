import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContext } from "node:tls";

/** Debian and Ubuntu, Fedora and its kin, openSUSE, Alpine. */
const lists = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

let made: SecureContext | undefined;

/**
 * Trusts whom this host trusts ($SSL_CERT_FILE or its list), as curl does, and whom Node trusts where the host has no list.
 * The list is handed over as one text: tls.getCACertificates("system") takes 5 MiB, this takes 1.
 */
export function trustedContext(): SecureContext {
  if (made === undefined) {
    const ca = readFirst([process.env["SSL_CERT_FILE"] ?? "", ...lists]);
    made = createSecureContext(ca === null ? {} : { ca });
  }
  return made;
}

function readFirst(paths: readonly string[]): string | null {
  for (const path of paths) {
    try {
      const text = readFileSync(path, "utf8");
      if (text.includes("-----BEGIN")) return text;
    } catch {
      // The next one, then.
    }
  }
  return null;
}
