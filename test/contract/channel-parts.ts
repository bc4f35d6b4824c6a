import { mkdtempSync, rmSync } from "node:fs";
import type { LookupFunction } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { Channel, SecretOf } from "../../src/tell/channel.ts";
import type { Tools } from "../../src/tell/channels/means.ts";
import { openChannel } from "../../src/tell/channels/open-channel.ts";
import type { ChannelSettings } from "../../src/compile/channel-kinds.ts";
import { Secret } from "../../src/value/secret.ts";
import type { Order, Received } from "../servers/order.ts";
import { startProviders, type Providers } from "../servers/providers.ts";
import { makeAuthority } from "./certificates.ts";
import { now } from "./channel.contract.ts";

export const directory = mkdtempSync(join(tmpdir(), "holdfast-channels-"));
export const authority = makeAuthority();
// Before the first secure connection: the host's list is read once.
process.env["SSL_CERT_FILE"] = authority.path;
afterAll(() => {
  authority.remove();
  rmSync(directory, { recursive: true });
});

export const secrets: Readonly<Record<string, string>> = {
  telegram: "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
  slackBot: "xoxb-17653672481-19874698323-pdFZKVeTuE8s",
  slackApp: "xapp-1-A111-222-3c4d5e6f7a8b",
  slackWebhook: "https://hooks.slack.com/services/T00000001/B00000002/XyzzyXyzzyXyzzyXyzzy",
  pagerduty: "R0UT1NGKEYR0UT1NGKEYR0UT1NGKEY12",
  ntfy: "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2",
  discord: "https://discord.com/api/webhooks/223704706495545344/3d89bb7572e0fb30d8128367b3b1b44f",
  webhook: "s1gning-key-of-the-webhook",
  mail: "pa55word of the mail account",
};
/** Also the parts of addresses that open the door. */
export const hidden = [
  ...Object.values(secrets),
  "XyzzyXyzzy",
  "3d89bb7572e0",
  Buffer.from(secrets["mail"]!).toString("base64"),
];
// Credential files end with a line break as often as not.
export const secretOf: SecretOf = (id) => new Secret(`${secrets[id] ?? ""}\n`);

export const tokens = { telegram: secrets["telegram"]!, slack: secrets["slackBot"]! };
/** Who may send mails. */
export const login = { user: "alerts", password: secrets["mail"]! };

export const never = new AbortController().signal;

export function open(settings: ChannelSettings, tools: Partial<Tools> = {}): Promise<Channel> {
  return openChannel(settings, secretOf, { now: () => now, rest: 5, ...tools });
}

/** Every name is one of this host. */
export const lookup: LookupFunction = (_, options, done) => {
  if (options.all) done(null, [{ address: "127.0.0.1", family: 4 }]);
  else done(null, "127.0.0.1", 4);
};

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf({ body }: Received): Fields {
  return JSON.parse(body) as Fields;
}

/** Providers for the tests of one file, which say how they behave and look at what has come in. */
export function sharedProviders(): {
  providers: Providers;
  order: Order;
  received: Received[];
  at: (provider: string) => string;
} {
  const shared = {
    providers: undefined as unknown as Providers,
    order: "ok" as Order,
    received: [] as Received[],
    at: (provider: string) => `http://127.0.0.1:${shared.providers.port}/${provider}`,
  };
  beforeAll(async () => {
    shared.providers = await startProviders({
      orderFor: () => shared.order,
      onReceived: (one) => shared.received.push(one),
      tokens,
    });
  });
  afterAll(() => shared.providers.close());
  return shared;
}

/** Settings for a provider at a base address. */
export type Making = (base: string) => ChannelSettings;

export const telegram: Making = (api) => ({
  kind: "telegram",
  tokenCredential: "telegram",
  chat: "-100123",
  api,
});
export const slackBot: Making = (api) => ({
  kind: "slack",
  webhookCredential: null,
  tokenCredential: "slackBot",
  appTokenCredential: "slackApp",
  channel: "C024BE91L",
  api,
});
export const slackWebhook: Making = (api) => ({
  kind: "slack",
  webhookCredential: "slackWebhook",
  tokenCredential: null,
  appTokenCredential: null,
  channel: null,
  api,
});
export const pagerduty: Making = (api) => ({ kind: "pagerduty", keyCredential: "pagerduty", api });
export const discord: Making = (api) => ({ kind: "discord", webhookCredential: "discord", api });

export const email: Making = (server) => ({
  kind: "email",
  server,
  user: login.user,
  passwordCredential: "mail",
  from: "Holdfast <alerts@example.org>",
  to: ["ada@example.org", "Bob <bob@example.org>"],
});

/** Headers by their small names, unfolded. */
export function mailHeaders({ body }: Received): Record<string, string> {
  const head = body.slice(0, body.indexOf("\r\n\r\n")).replaceAll(/\r\n[ \t]+/g, " ");
  return Object.fromEntries(
    head
      .split("\r\n")
      .map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 2)]),
  );
}

/** The text, decoded. */
export function mailText(mail: Received): string {
  const headers = mailHeaders(mail);
  const body = mail.body.slice(mail.body.indexOf("\r\n\r\n") + 4);
  const text =
    headers["content-transfer-encoding"] === "base64"
      ? Buffer.from(body, "base64").toString()
      : headers["content-transfer-encoding"] === "quoted-printable"
        ? Buffer.from(
            body
              .replaceAll("=\r\n", "")
              .replaceAll(/=([\dA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
            "latin1",
          ).toString()
        : body;
  return text.replaceAll("\r\n", "\n").replace(/\n$/, "");
}
