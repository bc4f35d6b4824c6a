import * as v from "valibot";
import { issueMessage, key, requiredKey } from "./key-doc.ts";
import { command, duration, rate } from "./read-values.ts";
import { absolutePath, flag, matching, plainLine, scalarText, text } from "./values.ts";
import type { Duration } from "../value/duration.ts";
import { webAddress } from "./web-address.ts";
import { secretFix, secretInSpec } from "../report/hide-secrets.ts";

/** A secret is the path of a file that holds it; it reaches the notifier as a credential, and nothing else. */
const secretFile = () => absolutePath(secretInSpec, secretFix);

/** The address goes into a file and into plans as it is. */
const address = () =>
  v.pipe(
    webAddress(),
    v.check(
      (url) => !/^https?:\/\/[^/]*@/.test(url),
      issueMessage(
        secretInSpec,
        "an address without a user and password",
        "write it without them: the address is no secret",
      ),
    ),
  );
const secretDoc = (what: string, example: string) => ({
  meaning: `File that holds ${what}, readable by root alone. It reaches the notifier as a credential.`,
  becomes: "LoadCredential= of the notifier's unit",
  example,
});

const api = key(address(), {
  meaning: "Another base address than the provider's own, such as a gateway.",
  default: "the provider's own",
  example: "http://127.0.0.1:8081",
});

const mailPattern = /^[^\s@<>,;"]+@[^\s@<>,;"]+$/;

export function isMailAddress(written: string): boolean {
  return mailPattern.test(written);
}

const mailAddress = () => matching(mailPattern, "a mail address such as ops@example.org", "spec/bad-address");

const serverForm = "smtp://HOST:PORT, or smtps://HOST:PORT for TLS from the start";

const mailServer = () =>
  v.pipe(
    v.string(issueMessage("spec/bad-url", serverForm)),
    v.regex(/^smtps?:\/\/[A-Za-z0-9.[\]:-]+$/, ({ input }) =>
      input.includes("@")
        ? issueMessage(
            secretInSpec,
            "a server without a user and password",
            "write user: and password: beside it",
          )
        : issueMessage("spec/bad-url", serverForm),
    ),
  );

const kinds = {
  email: v.strictObject({
    server: requiredKey(mailServer(), {
      meaning:
        "The mail server. smtp:// turns to TLS by STARTTLS, and must unless the server is on this machine; smtps:// is TLS from the start.",
      example: "smtps://mail.example.org",
    }),
    user: key(plainLine(), { meaning: "Who logs in.", default: "nobody does", example: "bot@example.org" }),
    password: key(secretFile(), {
      ...secretDoc("the password", "/etc/polybot/smtp-password"),
      default: "none",
    }),
    from: requiredKey(mailAddress(), { meaning: "Whose mail it is.", example: "bot@example.org" }),
    to: key(v.array(mailAddress()), {
      meaning: "Who gets it, unless a contact names an address of his own.",
      default: "only contacts with an address",
      example: "[ops@example.org]",
    }),
  }),
  telegram: v.strictObject({
    token: requiredKey(secretFile(), secretDoc("the bot's token", "/etc/polybot/telegram-token")),
    chat: key(scalarText(), {
      meaning: "Id of the chat, in quotes because it may begin with a minus.",
      default: "only contacts with a chat of their own",
      example: '"-100123"',
    }),
    api,
  }),
  slack: v.strictObject({
    webhook: requiredKey(
      secretFile(),
      secretDoc("the address of an incoming webhook", "/etc/polybot/slack-webhook"),
    ),
    api,
  }),
  "slack-app": v.strictObject({
    token: requiredKey(secretFile(), secretDoc("the bot's token (xoxb-)", "/etc/polybot/slack-token")),
    channel: requiredKey(plainLine(), {
      meaning: "Id of the channel that it writes to.",
      example: "C0123ABCD",
    }),
    "app-token": key(secretFile(), {
      ...secretDoc("the app-level token (xapp-), for buttons by Socket Mode", "/etc/polybot/slack-app-token"),
      default: "no buttons",
    }),
    api,
  }),
  pagerduty: v.strictObject({
    key: requiredKey(
      secretFile(),
      secretDoc("the integration key of Events API v2", "/etc/polybot/pagerduty-key"),
    ),
    api,
  }),
  ntfy: v.strictObject({
    url: key(address(), {
      meaning: "The server.",
      default: "https://ntfy.sh",
      example: "https://ntfy.sh",
    }),
    topic: requiredKey(
      matching(/^[A-Za-z0-9_-]{1,64}$/, "a topic of letters, digits, - and _", "spec/bad-name"),
      { meaning: "The topic; who knows it reads it.", example: "polybot-4711" },
    ),
    token: key(secretFile(), { ...secretDoc("an access token", "/etc/polybot/ntfy-token"), default: "none" }),
  }),
  discord: v.strictObject({
    webhook: requiredKey(secretFile(), secretDoc("the address of a webhook", "/etc/polybot/discord-webhook")),
    api,
  }),
  webhook: v.strictObject({
    url: requiredKey(address(), {
      meaning: "Where to; each message is a POST of JSON with an Idempotency-Key.",
      example: "https://example.org/hooks/alerts",
    }),
    key: key(secretFile(), {
      ...secretDoc("the key that messages are signed with (HMAC-SHA256)", "/etc/polybot/hook-key"),
      default: "not signed",
    }),
  }),
  command: v.strictObject({
    run: requiredKey(command(), {
      meaning:
        "A program that tells somebody, such as a call. The message is JSON on its standard input; exit 0 is told, 75 try again later. Runs as the application's user.",
      example: "/usr/local/bin/call-out",
    }),
    timeout: key(
      v.pipe(duration(), v.maxValue(10_000 as Duration, issueMessage("spec/bad-duration", "at most 10s"))),
      { meaning: "How long it may take, at most 10s.", default: "10s", example: "5s" },
    ),
  }),
  journal: v.strictObject({}),
};

const docs: Record<keyof typeof kinds, { meaning: string; example: string }> = {
  email: {
    meaning: "By mail.",
    example: "{ server: smtps://mail.example.org, from: bot@example.org, to: [ops@example.org] }",
  },
  telegram: {
    meaning: "By a Telegram bot, with buttons to acknowledge and mute.",
    example: '{ token: /etc/polybot/telegram-token, chat: "-100123" }',
  },
  slack: {
    meaning: "Into a Slack channel by an incoming webhook, which can only send.",
    example: "{ webhook: /etc/polybot/slack-webhook }",
  },
  "slack-app": {
    meaning: "Into a Slack channel by an app of yours, with buttons when it has an app-token.",
    example: "{ token: /etc/polybot/slack-token, channel: C0123ABCD }",
  },
  pagerduty: { meaning: "PagerDuty, Events API v2.", example: "{ key: /etc/polybot/pagerduty-key }" },
  ntfy: { meaning: "By ntfy.", example: "{ topic: polybot-4711 }" },
  discord: { meaning: "Into a Discord channel.", example: "{ webhook: /etc/polybot/discord-webhook }" },
  webhook: { meaning: "To a server of your own.", example: "{ url: https://example.org/hooks/alerts }" },
  command: { meaning: "By a program of your own.", example: "{ run: /usr/local/bin/call-out }" },
  journal: { meaning: "Into the journal, by severity. Needs no account.", example: "{}" },
};

type Kinds = typeof kinds;
export type ChannelKindName = keyof Kinds;
export const channelKinds = Object.keys(kinds) as ChannelKindName[];

const kindEntries = Object.fromEntries(
  Object.entries(kinds).map(([kind, schema]) => [
    kind,
    key(schema, { ...docs[kind as ChannelKindName], default: "none", alone: true }),
  ]),
) as unknown as { [K in ChannelKindName]: v.OptionalSchema<Kinds[K], undefined> };

/** One way to reach people: a kind, and how it is used. */
export const channelSchema = v.pipe(
  v.strictObject({
    ...kindEntries,
    quiet: key(text(), {
      meaning:
        "A name from windows: in these hours only critical messages are sent, the others wait for their end.",
      default: "never",
      example: "nights",
    }),
    most: key(rate(), {
      meaning: "More messages than this are put together into one; critical ones always go.",
      default: "20 per 1h",
      example: "20 per 1h",
    }),
    fallback: key(text(), {
      meaning: "The channel that is used when this one fails twice, for critical and error.",
      default: "none",
      example: "mail",
    }),
    "hand-off": key(flag(), {
      meaning: "Whoever is behind it escalates by himself: once he is told, later steps are left to him.",
      default: "false",
      example: "true",
    }),
    "may-answer": key(
      v.array(matching(/^(telegram|slack):[A-Za-z0-9]+$/, "telegram:ID or slack:ID", "spec/bad-name")),
      {
        meaning:
          "Who may acknowledge and mute with the buttons of this channel; a press by anybody else is refused.",
        default: "nobody; there are no buttons",
        example: '["telegram:123456"]',
      },
    ),
  }),
  v.check(
    (channel) => channelKinds.filter((kind) => channel[kind] !== undefined).length === 1,
    ({ input }) => {
      const found = channelKinds.filter((kind) => input[kind] !== undefined);
      return found.length === 0
        ? issueMessage(
            "spec/one-kind",
            `a kind of channel: ${channelKinds.join(", ")}`,
            "add one, such as journal: {}",
          )
        : issueMessage(
            "spec/one-kind",
            `one kind of channel, and there are ${found.join(" and ")}`,
            "make two channels of it",
          );
    },
  ),
);

export type ChannelSpec = v.InferOutput<typeof channelSchema>;

/** The kind of a channel; the schema has made sure that there is one. */
export function channelKindOf(channel: ChannelSpec): ChannelKindName {
  return channelKinds.find((kind) => channel[kind] !== undefined)!;
}
