import type { Diagnostic } from "../report/diagnostic.ts";
import { channelKindOf, type ChannelSpec } from "./channel-schema.ts";
import { checkPolicies } from "./check-policies.ts";
import { lacksAddress, notifyError, unknownTarget, unknownWindow } from "./notify-errors.ts";
import type { NotifySpec } from "./notify-schema.ts";
import type { Spec } from "./parse-spec.ts";
import type { Path } from "./tree.ts";

/** Kinds that take an address of a contact's own. */
export const addressed: ReadonlySet<string> = new Set(["email", "telegram", "ntfy", "command"]);
const answering: ReadonlySet<string> = new Set(["telegram", "slack-app"]);

/** Checks who is told: that every name is known, that no step is a hole, and that each channel can do what is asked of it. */
export function checkNotify(spec: Spec): Diagnostic[] {
  const { notify } = spec;
  if (notify === undefined) return [];
  return [
    ...Object.entries(notify.channels).flatMap(([name, channel]) =>
      checkChannel(spec, notify, name, channel),
    ),
    ...checkEmpty(spec, notify),
    ...checkContacts(spec, notify),
    ...checkPolicies(spec, notify),
    ...checkName(spec),
  ];
}

function checkEmpty(spec: Spec, { channels }: NotifySpec): Diagnostic[] {
  if (Object.keys(channels).length > 0) return [];
  return [
    notifyError(
      spec,
      ["notify", "channels"],
      "spec/no-channel",
      "Cannot tell anybody: notify has no channels",
      "channels: { journal: { journal: {} } }",
    ),
  ];
}

function checkChannel(spec: Spec, notify: NotifySpec, name: string, channel: ChannelSpec): Diagnostic[] {
  const path: Path = ["notify", "channels", name];
  const kind = channelKindOf(channel);
  const found: Diagnostic[] = [];
  const { quiet, fallback } = channel;
  const app = channel["slack-app"];
  if (quiet !== undefined) found.push(...unknownWindow(spec, [...path, "quiet"], quiet, `channel "${name}"`));
  if (fallback !== undefined)
    found.push(...checkFallback(spec, notify, name, [...path, "fallback"], fallback));
  const may = channel["may-answer"];
  if (may !== undefined && (!answering.has(kind) || (app && app["app-token"] === undefined)))
    found.push(
      notifyError(
        spec,
        [...path, "may-answer"],
        "spec/cannot-answer",
        `Nobody can answer in channel "${name}"`,
        app ? "add app-token: (Socket Mode)" : "remove may-answer; holdfast incident ack works everywhere",
        app ? "without an app-token it can only send" : `${kind} has no buttons`,
      ),
    );
  return found;
}

function checkFallback(
  spec: Spec,
  { channels }: NotifySpec,
  name: string,
  at: Path,
  fallback: string,
): Diagnostic[] {
  if (fallback === name)
    return [
      notifyError(
        spec,
        at,
        "spec/fallback-to-itself",
        `Cannot fall back from channel "${name}" to itself`,
        "name another channel",
      ),
    ];
  const rule = channels[fallback];
  if (rule === undefined || !lacksAddress(rule))
    return unknownTarget(spec, at, fallback, Object.keys(channels), "channel");
  return [
    notifyError(
      spec,
      at,
      "spec/no-address",
      `Cannot fall back from channel "${name}" to "${fallback}": it does not say where to`,
      rule.email ? "give it to: [ops@example.org]" : 'give it chat: "123"',
    ),
  ];
}

function checkContacts(spec: Spec, notify: NotifySpec): Diagnostic[] {
  const channels = Object.keys(notify.channels);
  return Object.entries(notify.contacts ?? {}).flatMap(([name, { via, hours }]) => {
    const path: Path = ["notify", "contacts", name];
    const found: Diagnostic[] = [];
    if (channels.includes(name))
      found.push(
        notifyError(
          spec,
          path,
          "spec/name-taken",
          `Cannot use the name "${name}" for a contact: a channel has it`,
          "rename one of the two",
        ),
      );
    if (hours !== undefined)
      found.push(...unknownWindow(spec, [...path, "hours"], hours, `contact "${name}"`));
    if (via.length === 0)
      found.push(
        notifyError(
          spec,
          [...path, "via"],
          "spec/no-channel",
          `Cannot tell contact "${name}": it has no channel`,
          "via: [journal]",
        ),
      );
    for (const [index, one] of via.entries()) {
      const at = [...path, "via", index];
      const [channel, address] =
        typeof one === "string" ? [one, null] : (Object.entries(one)[0] ?? ["", null]);
      const missing = unknownTarget(spec, at, channel, channels, "channel");
      found.push(...missing);
      const rule = notify.channels[channel];
      if (missing.length > 0 || rule === undefined) continue;
      if (address !== null && !addressed.has(channelKindOf(rule)))
        found.push(
          notifyError(
            spec,
            at,
            "spec/no-address",
            `Cannot give contact "${name}" an address of its own in channel "${channel}": ${channelKindOf(rule)} has none`,
            `via: [${channel}]`,
          ),
        );
      if (address === null && lacksAddress(rule))
        found.push(
          notifyError(
            spec,
            at,
            "spec/no-address",
            `Cannot tell contact "${name}" by channel "${channel}": neither of them says where to`,
            rule.email ? `via: [{ ${channel}: ${name}@example.org }]` : `via: [{ ${channel}: "123" }]`,
          ),
        );
    }
    return found;
  });
}

/** The notifier's units have this name. */
function checkName(spec: Spec): Diagnostic[] {
  return (["services", "jobs"] as const)
    .filter((kind) => Object.hasOwn(spec[kind], "notify"))
    .map((kind) => ({
      severity: "error",
      code: "spec/name-taken",
      summary: `Cannot use the name "notify" for a ${kind === "jobs" ? "job" : "service"}: what sends the messages has the unit ${spec.app}-notify.service`,
      at: spec.placeOf([kind, "notify"], "key"),
      fix: "rename it",
    }));
}
