import { createHmac } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { run } from "../../src/host/run.ts";
import { makeMeans } from "../../src/tell/channels/means.ts";
import type { Severity } from "../../src/value/severity.ts";
import type { Order, Received } from "../servers/order.ts";
import { startProviders } from "../servers/providers.ts";
import { startMailReceiver } from "../servers/smtp-receiver.ts";
import { closedPort } from "./bad-servers.ts";
import type { Issued } from "./certificates.ts";
import {
  authority,
  directory,
  discord,
  email,
  fieldsOf,
  hidden,
  login,
  lookup,
  mailHeaders,
  mailText,
  open,
  pagerduty,
  secretOf,
  secrets,
  slackBot,
  slackWebhook,
  telegram,
  tokens,
  type Fields,
  type Making,
} from "./channel-parts.ts";
import { channelContract, httpOutcomes, now, type Seen, type Subject } from "./channel.contract.ts";

// Notification channels, each against another side that speaks its protocol: whatever that does, there is a Delivery, in time,
// in words without secrets.

let gone: number;
let certificate: Issued;
beforeAll(async () => {
  gone = await closedPort();
  certificate = authority.issue(["mail.example.org"], [-1, 90]);
});

/** The contract, with one of the providers as the other side. */
function overHttp(
  name: string,
  making: Making,
  see: (received: Received) => Seen,
  changes: Partial<Subject> = {},
): void {
  const provider = name.split(" ")[0]!;
  const subject: Subject = {
    kind: making("http://127.0.0.1:1").kind,
    secrets: hidden,
    outcomes: httpOutcomes,
    open: async (wanted, patience) => {
      const got: Received[] = [];
      const { port, close } = await startProviders({
        orderFor: () => (wanted === "gone" ? "ok" : wanted),
        onReceived: (one) => got.push(one),
        tokens,
      });
      const to = wanted === "gone" ? gone : port;
      const channel = await open(making(`http://127.0.0.1:${to}/${provider}`), { patience });
      return { channel, close, seen: () => got.map(see) };
    },
    ...changes,
  };
  describe.concurrent(name, () => channelContract(subject));
}

overHttp("telegram", telegram, (one) => ({ text: fieldsOf(one)["text"] as string, mark: null }));

const unescapeSlack = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

function seenBySlack(one: Received): Seen {
  const { text, blocks } = fieldsOf(one) as { text: string; blocks?: { text: { text: string } }[] };
  const shown = blocks?.[0]?.text.text ?? text;
  expect(one.body).not.toMatch(/<[!@#]/);
  return { text: unescapeSlack(shown), mark: null };
}

overHttp("slack by webhook", slackWebhook, seenBySlack);
// With status 200 and no word of Slack's nobody knows.
const unknown = { result: "later", ambiguous: true } as const;
overHttp("slack by bot", slackBot, seenBySlack, {
  outcomes: { ...httpOutcomes, huge: unknown, drip: unknown },
});

overHttp(
  "pagerduty",
  pagerduty,
  (one) => {
    const { dedup_key: mark, payload } = fieldsOf(one) as { dedup_key: string; payload: Fields };
    const { lines } = payload["custom_details"] as { lines: string };
    const severity = payload["severity"] as Severity;
    return { text: [payload["summary"], lines].filter(Boolean).join("\n"), severity, mark };
  },
  // The status says it all; its text may be anything.
  { outcomes: { ...httpOutcomes, huge: { result: "sent" }, drip: { result: "sent" } } },
);

overHttp(
  "ntfy",
  (url) => ({ kind: "ntfy", url, topic: "alerts", tokenCredential: "ntfy" }),
  (one) => {
    const { title, message, tags, priority } = fieldsOf(one) as {
      title: string;
      message: string;
      tags: string[];
      priority: number;
    };
    expect(one.headers["authorization"]).toBe(`Bearer ${secrets["ntfy"]}`);
    const severity = tags[1] as Severity;
    expect([1, { critical: 5, error: 4, warning: 3, info: 2 }[severity]]).toContain(priority);
    return {
      text: title === message ? title : `${title}\n${message}`,
      severity,
      mark: null,
      raw: one.body,
    };
  },
);

overHttp("discord", discord, (one) => {
  const { content } = fieldsOf(one) as { content: string };
  expect(one.path).toMatch(/^\/api\/webhooks\/\d+\/\w+\?wait=true$/);
  expect(content).not.toMatch(/(?<!\\)[@*_`<]/);
  return { text: content.replaceAll(/\\([^A-Za-z0-9\s])/g, "$1"), mark: null };
});

overHttp(
  "webhook",
  (url) => ({ kind: "webhook", url: `${url}/hook?token=${secrets["ntfy"]}`, keyCredential: "webhook" }),
  (one) => {
    const { headline, lines, severity, id, version } = fieldsOf(one) as {
      headline: string;
      lines: string[];
      severity: Severity;
      id: string;
      version: number;
    };
    const timestamp = one.headers["holdfast-timestamp"]!;
    const wanted = createHmac("sha256", secrets["webhook"]!).update(`${timestamp}.${one.body}`).digest("hex");
    expect(one.headers["holdfast-signature"]).toBe(`v1=${wanted}`);
    expect([version, Number(timestamp)]).toEqual([1, now / 1000]);
    const mark = one.headers["idempotency-key"]!;
    expect(mark).toBe(id);
    return { text: [headline, ...lines].filter(Boolean).join("\n"), severity, mark };
  },
);

const script = `env >"$1/$$.env"
case "$2" in
hang) cat >"$1/$$.in"; sleep 600 ;;
429|500) cat >/dev/null; echo "try later" >&2; exit 75 ;;
401) echo "no permission" >&2; exit 77 ;;
drop) cat >"$1/$$.in"; kill -9 $$ ;;
huge) head -c 50000000 /dev/zero >&2; exit 75 ;;
garbage) printf '\\033[2J\\0 \\377 bad\\n' >&2; exit 1 ;;
*) cat >"$1/$$.in" ;;
esac`;
let count = 0;

/** A program as the other side: what it gets is in a new directory. */
function byProgram(wanted: Order | "gone"): { argv: string[]; inputs: (ending: string) => string[] } {
  const place = join(directory, String((count += 1)));
  mkdirSync(place);
  const argv = wanted === "gone" ? ["/no/such/program"] : ["/bin/sh", "-c", script, "sh", place, wanted];
  const inputs = (ending: string): string[] =>
    readdirSync(place)
      .filter((name) => name.endsWith(ending))
      .map((name) => readFileSync(join(place, name), "utf8"));
  return { argv, inputs };
}

const programOutcomes: Subject["outcomes"] = {
  ok: { result: "sent" },
  "500": { result: "later", after: null, ambiguous: false },
  hang: { result: "later", after: null, ambiguous: true },
  drop: { result: "later", ambiguous: true },
  huge: { result: "later", ambiguous: false },
  garbage: { result: "later", ambiguous: false },
  gone: { result: "refused" },
};

function seenByCommand(raw: string, facts: string): Seen {
  const { headline, lines, severity, id } = JSON.parse(raw) as {
    headline: string;
    lines: string[];
    severity: Severity;
    id: string;
  };
  expect(facts).toContain(`HOLDFAST_SEVERITY=${severity}\n`);
  expect(facts).toContain(`HOLDFAST_HEADLINE=${headline.slice(0, 100)}`);
  expect(facts).toContain(`HOLDFAST_ID=${id}\n`);
  return { text: [headline, ...lines].filter(Boolean).join("\n"), severity, mark: id };
}

describe.concurrent("command", () =>
  channelContract({
    kind: "command",
    secrets: hidden,
    outcomes: { ...programOutcomes, "401": { result: "refused" } },
    open: async (wanted, patience) => {
      const { argv, inputs } = byProgram(wanted);
      const settings = { kind: "command", argv, user: null, directory: "/", timeout: 60_000 } as const;
      return {
        channel: await open(settings, { patience }),
        seen: () => inputs(".in").map((raw, index) => seenByCommand(raw, inputs(".env")[index] ?? "")),
        close: async () => {},
      };
    },
  }));

function seenByJournal(raw: string): Seen {
  const lines = raw.trimEnd().split("\n");
  const fields = Object.fromEntries(
    lines.map((line) => /^([A-Z_]+)=(.*)$/.exec(line)!.slice(1) as [string, string]),
  );
  const severity = fields["HOLDFAST_SEVERITY"] as Severity;
  expect(fields["PRIORITY"]).toBe(String({ critical: 2, error: 3, warning: 4, info: 6 }[severity]));
  if (fields["MESSAGE"]!.includes("(INC-")) expect(fields["HOLDFAST_INCIDENT"]).toMatch(/^INC-/);
  return { text: fields["MESSAGE"]!, severity, mark: fields["HOLDFAST_MESSAGE"]! };
}

describe.concurrent("journal", () =>
  channelContract({
    kind: "journal",
    secrets: hidden,
    outcomes: programOutcomes,
    joined: (text) => text.replaceAll("\n", "; "),
    open: async (wanted, patience) => {
      const { argv: inItsPlace, inputs } = byProgram(wanted);
      const channel = await open(
        { kind: "journal" },
        {
          patience,
          run: (argv, options) => {
            expect(argv).toEqual(["/usr/bin/logger", "--journald"]);
            return run(inItsPlace, options);
          },
        },
      );
      return { channel, seen: () => inputs(".in").map(seenByJournal), close: async () => {} };
    },
  }));

function seenByMail(mail: Received): Seen {
  const headers = mailHeaders(mail);
  expect(headers).toMatchObject({ "auto-submitted": "auto-generated" });
  // Of the header that a title tried to put in.
  expect(Object.keys(headers)).not.toContain("x");
  const severity = headers["x-holdfast-severity"] as Severity;
  return { text: mailText(mail), severity, mark: headers["message-id"]! };
}

describe.concurrent("email", () =>
  channelContract({
    kind: "email",
    secrets: hidden,
    patience: 2000,
    outcomes: {
      ok: { result: "sent" },
      "500": { result: "later", after: null, ambiguous: false },
      "401": { result: "refused" },
      hang: { result: "later", after: null, ambiguous: true },
      drop: { result: "later", after: null, ambiguous: true },
      "drop-before": { result: "later", after: null, ambiguous: false },
      "drip-head": { result: "later", after: null, ambiguous: false },
      garbage: { result: "later", ambiguous: false },
      huge: { result: "later", ambiguous: false },
      gone: { result: "later", after: null, ambiguous: false },
    },
    open: async (wanted, patience) => {
      const mails: Received[] = [];
      const { port, close } = await startMailReceiver({
        order: () => (wanted === "gone" ? "ok" : wanted),
        onMail: (mail) => mails.push(mail),
        certificate,
        login,
      });
      const to = wanted === "gone" ? gone : port;
      const channel = await open(email(`smtp://mail.example.org:${to}`), { patience, lookup });
      return { channel, close, seen: () => mails.map(seenByMail) };
    },
  }));

test("a delivery may take ten seconds, where nobody says otherwise", () => {
  expect(makeMeans(secretOf, { now: () => now }).patience).toBe(10_000);
});
