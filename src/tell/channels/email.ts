import type { Channel, Delivery } from "../channel.ts";
import { composeMail } from "./compose-mail.ts";
import { mailServer } from "./mail-server.ts";
import type { Means } from "./means.ts";
import type { EmailSettings } from "./email-settings.ts";
import { smtpDelivery } from "./smtp-delivery.ts";

/** Hands plain mails to a mail server. The Message-ID is the same for every try, so that mail programs drop repetitions. */
export function emailChannel(settings: EmailSettings, means: Means): Channel {
  return {
    async send(message, signal): Promise<Delivery> {
      const server = mailServer(settings);
      const mail = await composeMail(message, settings, means.now());
      const login = loginOf(settings, means);
      return smtpDelivery(mail, { server, login, means, signal });
    },
  };
}

function loginOf(
  { user, passwordCredential }: EmailSettings,
  means: Means,
): { user: string; password: string } | null {
  if (user === null || passwordCredential === null) return null;
  const password = means.secret(passwordCredential);
  // As they go over the line, and as a server may repeat them.
  for (const form of [password, `\0${user}\0${password}`]) means.hide(Buffer.from(form).toString("base64"));
  return { user, password };
}
