import { BrokenLink } from "./broken-link.ts";

/** OpenSSL's X509_V_ERR_... (verify(1)) and Node's own codes (tls, errors), in words that fit "the certificate of HOST ...". */
const words: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "has expired",
  CERT_NOT_YET_VALID: "is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT: "is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "comes from an authority that this host does not trust",
  UNABLE_TO_GET_ISSUER_CERT: "comes from an authority that this host does not know",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "comes from an authority that this host does not know",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "comes from an authority that this host does not know, or its chain is not sent",
  ERR_TLS_CERT_ALTNAME_INVALID: "is for another name",
  CERT_REVOKED: "has been revoked",
  INVALID_PURPOSE: "is not made for servers",
  CERT_SIGNATURE_FAILURE: "has a signature that does not fit",
};

/** Why a certificate is not taken, in words; null when the code is not about a certificate. */
export function certificateTrouble(code: string | undefined): string | null {
  return words[code ?? ""] ?? null;
}

/** Why a TLS connection did not come about. */
export function brokenTls(error: unknown, shown: string): BrokenLink {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const trouble = certificateTrouble(code);
  if (trouble !== null) return new BrokenLink("TLS", `the certificate of ${shown} ${trouble}`);
  if (["ECONNRESET", "EPIPE", "ERR_SOCKET_CLOSED"].includes(code))
    return new BrokenLink("TLS", `${shown} broke the connection off before it was secure`);
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH|HTTP_REQUEST/.test(code))
    return new BrokenLink("TLS", `${shown} does not speak TLS`);
  if (/PROTOCOL|VERSION/.test(code))
    return new BrokenLink("TLS", `${shown} speaks no version of TLS that is safe`);
  return new BrokenLink("TLS", `no secure connection to ${shown}: ${code || "no reason is given"}`);
}
