import { isIP } from "node:net";
import { Refusal } from "./means.ts";
import type { EmailSettings } from "./email-settings.ts";

export type MailServer = {
  host: string;
  port: number;
  /** TLS from the start; otherwise by STARTTLS. */
  secure: boolean;
  /** On this host, where nobody listens in: TLS is used when offered, and any certificate will do. */
  local: boolean;
};

/** smtp://host:port or smtps://host:port. Without a port: 465 for smtps, 25 for a server of this host, else 587. */
export function mailServer({ server }: Pick<EmailSettings, "server">): MailServer {
  const found = /^(smtps?):\/\/(\[[\da-f:.]+\]|[^\s:/@[\]]+)(?::(\d{1,5}))?\/?$/i.exec(server);
  if (found === null) throw new Refusal(`${server} is not smtp://host:port or smtps://host:port`);
  const [, scheme = "", bracketed = "", port] = found;
  const host = bracketed.replace(/^\[|\]$/g, "").toLowerCase();
  const secure = scheme.toLowerCase() === "smtps";
  const local = isLocal(host);
  return { host, port: Number(port ?? (secure ? 465 : local ? 25 : 587)), secure, local };
}

function isLocal(host: string): boolean {
  return isIP(host) === 0
    ? host === "localhost" || host.endsWith(".localhost")
    : host === "::1" || host.startsWith("127.");
}
