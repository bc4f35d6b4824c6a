import type { Message } from "../message.ts";
import type { EmailSettings } from "./email-settings.ts";
import { fit, plain, plainHeadline, plainText } from "./text.ts";

/** RFC 5322 allows 998 bytes in a line; mail programs show some 80 characters. */
const longestSubject = 250;
const longestText = 100_000;

export type Mail = { messageId: string; envelope: { from: string; to: string[] }; raw: Buffer };

/**
 * Plain text with headers that cannot be injected into: all that comes from a message is one line without control characters
 * by then. Mails of an incident refer to the same mail, which was never sent, and so stand in one thread. Auto-Submitted keeps
 * holiday answers away (RFC 3834).
 */
export async function composeMail(message: Message, settings: EmailSettings, now: number): Promise<Mail> {
  const { default: MailComposer } = await import("nodemailer/lib/mail-composer");
  const { from, to } = settings;
  const domain = domainOf(from);
  const messageId = `<${message.id}@${domain}>`;
  const thread = message.dedupKey === null ? null : `<${message.dedupKey}.thread@${domain}>`;
  const { kind, severity, incident } = message;
  const over = kind === "resolve" || kind === "recovered";
  const node = new MailComposer({
    from,
    to: [...to],
    subject: fit(plainHeadline(message), longestSubject),
    date: new Date(now),
    messageId,
    ...(thread !== null && { inReplyTo: thread, references: thread }),
    headers: {
      "Auto-Submitted": "auto-generated",
      "X-Auto-Response-Suppress": "All",
      "X-Holdfast-Kind": kind,
      "X-Holdfast-Severity": severity,
      ...(severity === "critical" && !over && { Importance: "high" }),
      ...(incident !== null && { "X-Holdfast-Incident": plain(incident) }),
    },
    text: fit(plainText(message), longestText),
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
  const envelope = node.getEnvelope();
  return {
    messageId,
    envelope: { from: envelope.from || "", to: envelope.to },
    raw: await node.build(),
  };
}

function domainOf(from: string): string {
  return /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? "holdfast.invalid";
}
