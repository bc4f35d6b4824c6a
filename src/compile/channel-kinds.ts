/**
 * What each kind of channel is told by the spec, as it stands in /etc/holdfast/tell/APP.json. A secret is never in here:
 * fields that end in `Credential` name a credential of the notifier's unit. `api` is another base address than the
 * provider's own: a gateway, or a server on this machine.
 */
export type ChannelSettings =
  | {
      kind: "email";
      /** smtp: STARTTLS when offered (required unless the host is local); smtps: TLS from the start. */
      server: string;
      user: string | null;
      passwordCredential: string | null;
      from: string;
      to: readonly string[];
    }
  | { kind: "telegram"; tokenCredential: string; chat: string; api: string | null }
  | {
      kind: "slack";
      /** An incoming webhook; can only send. */
      webhookCredential: string | null;
      /** A bot token (xoxb-) and a channel id, with an app-level token (xapp-) for buttons by Socket Mode. */
      tokenCredential: string | null;
      appTokenCredential: string | null;
      channel: string | null;
      api: string | null;
    }
  | { kind: "pagerduty"; keyCredential: string; api: string | null }
  | { kind: "ntfy"; url: string; topic: string; tokenCredential: string | null }
  | { kind: "discord"; webhookCredential: string; /** Instead of https://discord.com. */ api: string | null }
  | { kind: "webhook"; url: string; keyCredential: string | null }
  | {
      kind: "command";
      argv: readonly string[];
      /** The account it runs as; null: as the notifier itself. */
      user: string | null;
      directory: string;
      timeout: number;
    }
  | { kind: "journal" };

export type ChannelKind = ChannelSettings["kind"];
