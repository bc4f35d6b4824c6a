import type { MessageKind } from "../message.ts";
import type { ChannelKind } from "../../compile/channel-kinds.ts";

/** PagerDuty knows incidents and nothing else: what is about none would have to be made up as one, and would page somebody. */
const notForPagerDuty: readonly MessageKind[] = ["notice", "digest"];

/** Does this kind of channel accept such messages? What it does not accept is never handed to it. */
export function takes(channel: ChannelKind, message: MessageKind): boolean {
  return channel !== "pagerduty" || !notForPagerDuty.includes(message);
}
