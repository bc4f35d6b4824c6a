import type { ChannelAct } from "../channel.ts";
import { fieldsOf, textOf } from "./json.ts";
import { plain } from "./text.ts";

export type SlackAct = {
  act: ChannelAct["act"];
  incident: string;
  /** Slack's id of who pressed; names can be chosen and changed. */
  user: string;
  name: string;
  /** Id of the channel in which it was pressed. */
  place: string;
};

const acts: Readonly<Record<string, ChannelAct["act"]>> = { ack: "acknowledge", mute: "mute" };

/** Reads a button that was pressed out of an envelope of Socket Mode; null when it is something else. */
export function readSlackAct(envelope: unknown): SlackAct | null {
  const { type, payload } = fieldsOf(envelope);
  const { type: kind, user, channel, actions } = fieldsOf(payload);
  if (type !== "interactive" || kind !== "block_actions" || !Array.isArray(actions)) return null;
  const { action_id: id, value } = fieldsOf(actions[0]);
  const act = acts[textOf(id)];
  const { id: who, username, name } = fieldsOf(user);
  const { id: place } = fieldsOf(channel);
  if (act === undefined || !/^INC-[\w-]{1,60}$/.test(textOf(value)) || textOf(who) === "") return null;
  return {
    act,
    incident: textOf(value),
    user: textOf(who),
    name: plain(textOf(username) || textOf(name) || "somebody"),
    place: textOf(place),
  };
}
