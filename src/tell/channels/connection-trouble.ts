import { brokenConnection } from "../../network/broken-link.ts";
import { certificateTrouble } from "../../network/broken-tls.ts";

/** Why there was no answer, in words. `where` is host:port; `written`: everything had been sent. */
export function connectionTrouble(error: NodeJS.ErrnoException, where: string, written: boolean): string {
  const code = error.code ?? "";
  if (code.startsWith("HPE_")) return `the answer of ${where} is not HTTP`;
  if (written) return `${where} closed the connection without an answer`;
  if (["ENOTFOUND", "EAI_AGAIN", "EAI_NODATA"].includes(code)) return `DNS: no address is found for ${where}`;
  const certificate = certificateTrouble(code);
  if (certificate !== null) return `TLS: the certificate of ${where} ${certificate}`;
  if (/^ERR_(SSL|TLS)_/.test(code)) return `TLS: no secure connection to ${where}: ${code}`;
  return brokenConnection(error, where, false).message;
}
