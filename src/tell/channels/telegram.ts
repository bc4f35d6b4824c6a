import type { Channel, Delivery } from "../channel.ts";
import type { Message } from "../message.ts";
import { below } from "./address.ts";
import { deliveryOf, waitOfSeconds } from "./answer.ts";
import { fieldsOf, jsonOf } from "./json.ts";
import type { Means } from "./means.ts";
import { post, type Answer } from "./post.ts";
import type { CallTelegram } from "./telegram-call.ts";
import type { ChannelSettings } from "../../compile/channel-kinds.ts";
import { fit, plainText } from "./text.ts";

export type TelegramSettings = Extract<ChannelSettings, { kind: "telegram" }>;

/** In characters; counted in UTF-16 units, which are never fewer. */
const longestText = 4096;
/** Bytes of ten updates with long messages in them. */
const longestUpdates = 1024 * 1024;

/**
 * A bot that writes to one chat, and hears what is pressed or written there. Texts have no parse_mode: nothing in them is
 * markup, so nothing needs to be escaped. Telegram drops no repetitions; the number of a message shows them.
 */
export function telegramChannel(settings: TelegramSettings, means: Means): Channel {
  const call: CallTelegram = (method, parameters, signal) => {
    const token = means.secret(settings.tokenCredential);
    const url = below(settings.api ?? "https://api.telegram.org", `/bot${token}/${method}`);
    return post({ url, body: JSON.stringify(parameters), signal, longest: longestUpdates });
  };
  return {
    async send(message, signal) {
      const answer = await call("sendMessage", messageFor(settings.chat, message), signal);
      return answer.result === "answered" ? telegramDelivery(answer, means) : answer;
    },
    async listen(listening) {
      const { listenOnTelegram } = await import("./telegram-listen.ts");
      await listenOnTelegram({ chat: settings.chat, call, means }, listening);
    },
  };
}

function messageFor(chat: string, message: Message): object {
  const { incident, acknowledgeable, silent } = message;
  return {
    chat_id: chat,
    text: fit(plainText(message), longestText),
    disable_notification: silent,
    link_preview_options: { is_disabled: true },
    ...(acknowledgeable && incident !== null && { reply_markup: { inline_keyboard: [buttons(incident)] } }),
  };
}

function buttons(incident: string): object[] {
  return [
    { text: "Acknowledge", callback_data: `ack:${incident}` },
    { text: "Mute 1 h", callback_data: `mute:${incident}` },
  ];
}

function telegramDelivery(answer: Answer, means: Means): Delivery {
  const { result, parameters } = jsonOf(answer.text);
  const { retry_after: seconds, migrate_to_chat_id: movedTo } = fieldsOf(parameters);
  const { message_id: id } = fieldsOf(result);
  const delivery = deliveryOf(answer, means, {
    providerId: typeof id === "number" ? String(id) : null,
    after: waitOfSeconds(seconds),
  });
  if (delivery.result !== "refused" || typeof movedTo !== "number") return delivery;
  return { ...delivery, why: `${delivery.why}; write chat: "${movedTo}"` };
}
