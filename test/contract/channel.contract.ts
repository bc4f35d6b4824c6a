import { expect, test } from "vitest";
import type { Channel, Delivery } from "../../src/tell/channel.ts";
import { takes } from "../../src/tell/channels/takes.ts";
import { plainText } from "../../src/tell/channels/text.ts";
import type { ChannelKind } from "../../src/compile/channel-kinds.ts";
import { headline, type Message, type MessageKind } from "../../src/tell/message.ts";
import { severities, type Severity } from "../../src/value/severity.ts";
import { retryAfter, retryDate, type Order } from "../servers/order.ts";

/** A message as whoever receives it would read it: escapes undone, headline and lines together. */
export type Seen = {
  text: string;
  /** Where it is a field of its own. */
  severity?: Severity | undefined;
  /** The same for every try of a message; null where the other side drops no repetitions. */
  mark: string | null;
};

export type Opened = {
  channel: Channel;
  /** What has come in. */
  seen: () => readonly Seen[];
  /** Ends the other side. */
  close: () => Promise<void>;
};

export type Subject = {
  kind: ChannelKind;
  /** A channel with another side of its own, which behaves so; "gone": nobody listens there. */
  open: (order: Order | "gone", patience: number) => Promise<Opened>;
  /** What must be in no words. */
  secrets: readonly string[];
  /** What each way to behave comes to; ways that are not listed cannot happen here. */
  outcomes: Partial<Record<Order | "gone", Partial<Delivery>>>;
  /** How long sending everything may take here; default 500 ms. */
  patience?: number;
  /** How the channel joins headline and lines, when not by line breaks. */
  joined?: (text: string) => string;
};

/** What the clock of the channels shows. */
export const now = Date.parse(retryDate) - 90_000;

const later = { result: "later", after: null } as const;
/** What HTTP comes to, whoever the provider is. */
export const httpOutcomes: Subject["outcomes"] = {
  ok: { result: "sent" },
  "429": { result: "later", after: retryAfter * 1000, ambiguous: false },
  "429-date": { result: "later", after: 90_000, ambiguous: false },
  "500": { ...later, ambiguous: false },
  "401": { result: "refused" },
  hang: { ...later, ambiguous: true },
  "drip-head": { ...later, ambiguous: true },
  drop: { ...later, ambiguous: true },
  "drop-before": later,
  garbage: { ...later, ambiguous: true },
  huge: { result: "sent", providerId: null },
  gone: { ...later, ambiguous: false },
};

const kinds: readonly MessageKind[] = [
  "open",
  "update",
  "reminder",
  "ack",
  "resolve",
  "recovered",
  "notice",
  "digest",
  "test",
];

/** Longer than anything here takes, unless it hangs, on a busy machine too. */
const long = 30_000;
const busy = 3000;
/** Long enough to have sent everything when the other side hangs. */
const short = 500;
const never = new AbortController().signal;

export function messageOf(changes: Partial<Message> = {}): Message {
  const { kind = "open" } = changes;
  const about = kind !== "test" && kind !== "digest" && kind !== "notice";
  return {
    id: "01JDM2X7-row-7",
    kind,
    severity: "critical",
    label: "High",
    incident: about ? "INC-20261129-155003" : null,
    dedupKey: about ? "host1-polybot-20261129-155003" : null,
    sequence: 2,
    app: "polybot",
    service: "bot",
    host: "vps1",
    title: "bot is frozen: no beat for 31s",
    lines: ["since 15:49:32", "Look: holdfast logs bot --since 15:45"],
    at: Date.UTC(2026, 10, 29, 15, 50, 3),
    repeat: false,
    silent: false,
    acknowledgeable: about,
    ...changes,
  };
}

/** What every kind of channel promises. */
export function channelContract(subject: Subject): void {
  const send = async (order: Order | "gone", message: Message, patience = long): Promise<Sent> => {
    const { channel, seen, close } = await subject.open(order, patience);
    const began = performance.now();
    const delivery = await channel.send(message, never);
    const took = performance.now() - began;
    const all = seen();
    await close();
    noSecretIn(delivery, subject);
    return { delivery, took, seen: all };
  };
  accepts(subject, send);
  fails(subject, send);
  escapes(subject, send);
  repeats(send);
}

type Sent = { delivery: Delivery; took: number; seen: readonly Seen[] };
type Send = (order: Order | "gone", message: Message, patience?: number) => Promise<Sent>;

/** Also proves that the words are for people, on one line. */
function noSecretIn(delivery: Delivery, { secrets }: Subject): void {
  const text = JSON.stringify(delivery);
  for (const secret of secrets) expect(text).not.toContain(secret);
  if (delivery.result !== "sent") expect(delivery.why).toMatch(/^[^\p{Cc}\p{Cf}]{1,500}$/u);
}

function accepts({ kind: channel, joined }: Subject, send: Send): void {
  test.each(kinds.filter((kind) => takes(channel, kind)))("delivers: %s", async (kind) => {
    for (const severity of kind === "open" ? severities : [severities[1]]) {
      const message = messageOf({ kind, severity });
      const { delivery, seen } = await send("ok", message);
      expect(delivery).toMatchObject({ result: "sent" });
      expect(seen.length).toBeGreaterThan(0);
      for (const { text, severity: told } of seen) {
        expect(text).toBe((joined ?? same)(plainText(message)));
        expect(text).toContain(headline(message));
        if (told !== undefined) expect(told).toBe(kind === "test" ? told : severity);
      }
    }
  });

  test("delivers a silent test, and a message of a whole application", async () => {
    expect((await send("ok", messageOf({ kind: "test", silent: true }))).delivery.result).toBe("sent");
    const { seen } = await send("ok", messageOf({ service: null, lines: [] }));
    expect(seen[0]!.text).toContain("polybot on vps1: bot is frozen");
  });
}

function fails(subject: Subject, send: Send): void {
  const ways = Object.entries(subject.outcomes) as [Order | "gone", Partial<Delivery>][];
  const waiting = ["hang", "drip-head", "drip"];
  test.each(ways)("says what came of it when the other side behaves so: %s", async (order, outcome) => {
    const patience = waiting.includes(order) ? (subject.patience ?? short) : long;
    const { delivery, took } = await send(order, messageOf(), patience);
    expect(delivery).toMatchObject(outcome);
    expect(took).toBeLessThan(patience + busy);
    if (order === "hang") expect(took).toBeGreaterThan(patience - 20);
  });

  if (subject.outcomes.hang === undefined) return;
  test("ends promptly when it is told to, before and while it waits", async () => {
    for (const wait of [0, 100]) {
      const { channel, close } = await subject.open("hang", long);
      const stop = new AbortController();
      if (wait === 0) stop.abort();
      else setTimeout(() => stop.abort(), wait);
      const began = performance.now();
      const delivery = await channel.send(messageOf(), stop.signal);
      expect(delivery).toMatchObject({ result: "later", after: null });
      expect(performance.now() - began).toBeLessThan(busy);
      noSecretIn(delivery, subject);
      await close();
    }
  });
}

const markup = "<b>&\"'@everyone @here *_[x](http://y.example)_* `~|~` <!channel> <@U1> \\ # &amp; {{x}}";
const nasty =
  "\u001b[31mred\u0000\u0007 \u202edrawkcab\u2028 \r\nSubject: injected\r\n.\r\n lone \ud800 end \udc00";

function escapes({ joined }: Subject, send: Send): void {
  test("shows markup as it is, and nothing of it acts", async () => {
    const lines = [markup, "- list", "# heading", "1. one", "/ack INC-1", ".", "..", "From me"];
    const message = messageOf({ title: markup, lines });
    const { delivery, seen } = await send("ok", message);
    expect(delivery.result).toBe("sent");
    expect(seen[0]!.text).toBe((joined ?? same)(plainText(message)));
  });

  test("lets no control character, no format character and no broken character through", async () => {
    const message = messageOf({ title: nasty, app: `a\nX: ${nasty}`, host: nasty, lines: [nasty, nasty] });
    const { delivery, seen } = await send("ok", message);
    expect(delivery.result).toBe("sent");
    const [{ text }] = seen as [Seen];
    expect(text.replaceAll("\n", "")).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u);
    expect(text).toContain("\\x1b[31mred\\x00\\x07");
  });

  test.each([
    ["plain text", "line of a log\n".repeat(75_000)],
    ["markup", markup.repeat(12_000)],
    ["control characters", nasty.repeat(15_000)],
    ["characters beyond 16 bits", "\u{1F600}é€".repeat(220_000)],
  ])("cuts a megabyte of %s, keeps the headline whole and says how much is missing", async (_, lines) => {
    const message = messageOf({ lines: [lines] });
    const { delivery, took, seen } = await send("ok", message);
    expect(delivery).toMatchObject({ result: "sent" });
    expect(took).toBeLessThan(long);
    const all = (joined ?? same)(plainText(message));
    const [{ text }] = seen as [Seen];
    expect(text).toContain(headline(message));
    const [, shown, count] = /^(.*)\.\.\. \(cut, (\d+) more characters\)$/s.exec(text) ?? [];
    expect(text.isWellFormed()).toBe(true);
    expect(all.startsWith(shown!)).toBe(true);
    expect(Number(count)).toBe(Array.from(all.slice(shown!.length)).length);
  });

  test("takes a megabyte of title", async () => {
    const { delivery } = await send("ok", messageOf({ title: markup.repeat(12_000) }));
    expect(delivery).toMatchObject({ result: "sent" });
  });
}

function repeats(send: Send): void {
  test("is told to be the same when it comes twice", async () => {
    const first = await send("ok", messageOf());
    const [one] = first.seen as [Seen];
    const again = await send("ok", messageOf({ repeat: true }));
    const [two] = again.seen as [Seen];
    expect(two.mark).toBe(one.mark);
    expect(two.text).toContain("#2) (repeat)");
    if (one.mark === null) return;
    const other = await send("ok", messageOf({ id: "01JDM2X7-row-8", dedupKey: "other-incident" }));
    expect(other.seen[0]!.mark).not.toBe(one.mark);
  });
}

function same(text: string): string {
  return text;
}
