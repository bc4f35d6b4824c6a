import type { Channel, Delivery } from "./channel.ts";
import { deliverTo, type Delivering } from "./deliver.ts";
import type { Message } from "./message.ts";
import type { TestTelling } from "./test-telling.ts";

export type Outcome = "sent" | "later" | "maybe" | "refused";

function deliveryOf(outcome: Outcome): Delivery {
  switch (outcome) {
    case "sent":
      return { result: "sent", providerId: null };
    case "later":
    case "maybe":
      return { result: "later", why: "it is down", after: null, ambiguous: outcome === "maybe" };
    case "refused":
      return { result: "refused", why: "no such chat" };
  }
}

/** For tests: delivers with channels that do as they are told. `outcome` is asked for every message, by its target. */
export function testDelivery(telling: TestTelling, outcome: (target: string, message: Message) => Outcome) {
  const sends: { target: string; message: Message }[] = [];
  const said: string[] = [];
  const abort = new AbortController();
  const delivering: Delivering = {
    telling: () => telling,
    together: (work) => work(),
    open: (_, { id }) => {
      const channel: Channel = {
        send: (message) => {
          if (sends.push({ target: id, message }) > 1000) throw new Error("it sends for ever");
          return Promise.resolve(deliveryOf(outcome(id, message)));
        },
      };
      return Promise.resolve(channel);
    },
    voice: () => Promise.resolve({ host: "vps1", mask: (text) => text }),
    say: (level, text) => said.push(`${level} ${text}`),
    chance: () => 0.5,
    signal: abort.signal,
  };
  return { sends, said, abort, to: (target: string) => deliverTo(delivering, target) };
}
