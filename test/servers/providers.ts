import type { Duplex } from "node:stream";
import type { IncomingMessage } from "node:http";
import { startHttpReceiver, type HttpReceiver, type Reply } from "./http-receiver.ts";
import type { Order, Received } from "./order.ts";
import { discordReply, ntfyReply, pagerdutyReply, webhookReply } from "./other-providers.ts";
import { slackReply, SlackSockets } from "./slack-server.ts";
import { telegramReply, TelegramUpdates } from "./telegram-server.ts";

export type ProvidersTold = {
  port?: number;
  orderFor: (provider: string, received: Received) => Order;
  onReceived: (received: Received) => void;
  /** What bots have to know; null lets everybody in. */
  tokens: { telegram: string | null; slack: string | null };
};

export type Providers = HttpReceiver & { updates: TelegramUpdates; sockets: SlackSockets };

/** All providers that speak HTTP, on one port: the first part of the path names which is meant. */
export async function startProviders(told: ProvidersTold): Promise<Providers> {
  const updates = new TelegramUpdates();
  const sockets = new SlackSockets();
  let port = 0;
  const reply = async (received: Received, order: Order, closed: AbortSignal): Promise<Reply | null> => {
    switch (received.provider) {
      case "telegram":
        return telegramReply(received, order, { updates, token: told.tokens.telegram, closed });
      case "slack":
        return slackReply(received, order, { sockets, port: () => port, token: told.tokens.slack });
      case "pagerduty":
        return pagerdutyReply(received, order);
      case "ntfy":
        return ntfyReply(received, order);
      case "discord":
        return discordReply(received, order);
      case "webhook":
        return webhookReply(received, order);
      default:
        return { status: 404, body: "nobody here" };
    }
  };
  const receiver = await startHttpReceiver({
    ...(told.port !== undefined && { port: told.port }),
    orderFor: (received) => told.orderFor(received.provider, received),
    onReceived: told.onReceived,
    reply,
    onUpgrade: (asked: IncomingMessage, socket: Duplex) => sockets.accept(asked, socket),
  });
  ({ port } = receiver);
  return { ...receiver, updates, sockets };
}
