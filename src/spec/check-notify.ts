import type { Diagnostic } from "../report/diagnostic.ts";
import { channelKindOf, isMailAddress, type ChannelSpec } from "./channel-schema.ts";
import { checkPolicies } from "./check-policies.ts";
import { lacksAddress, notifyError, unknownTarget, unknownWindow } from "./notify-errors.ts";
import type { NotifySpec } from "./notify-schema.ts";
import type { Spec } from "./spec.ts";
import type { Path } from "./tree.ts";

/** Kinds that take an address of a contact's own. */
const addressed: ReadonlySet<string> = new Set(["email", "telegram", "ntfy", "command"]);
const answering: ReadonlySet<string> = new Set(["telegram", "slack-app"]);

/** Checks who is told: that every name is known, that no step is a hole, and that each channel can do what is asked of it. */
export function checkNotify(spec: Spec): Diagnostic[] {
  const { notify } = spec;
  if (notify === undefined) return [];
  return [
    ...Object.entries(notify.channels).flatMap(([name, channel]) =>
      checkChannel(spec, notify, name, channel),
    ),
    ...checkContacts(spec, notify),
    ...checkPolicies(spec, notify),
    ...checkName(spec),
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
  else found.push(...strangers(spec, [...path, "may-answer"], name, kind, may ?? []));
  return found;
}

/** Who is known to one provider is not known to another. */
function strangers(spec: Spec, at: Path, name: string, kind: string, may: readonly string[]): Diagnostic[] {
  const provider = kind === "telegram" ? "telegram" : "slack";
  return may.flatMap((who, index) =>
    who.startsWith(`${provider}:`)
      ? []
      : [
          notifyError(
            spec,
            [...at, index],
            "spec/cannot-answer",
            `Cannot let ${who} answer in channel "${name}": it is a channel of ${provider}`,
            `name who he is there, such as ${provider}:${provider === "telegram" ? "123456" : "U0123ABCD"}`,
          ),
        ],
  );
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
          undefined,
          "key",
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
          `via: [${channels[0] ?? "journal"}]`,
        ),
      );
    for (const [index, one] of via.entries()) {
      const at = [...path, "via", index];
      if (typeof one === "string") found.push(...checkVia(spec, notify, name, one, null, at));
      else if (Object.keys(one).length === 0)
        found.push(
          notifyError(
            spec,
            at,
            "spec/no-channel",
            `Cannot tell contact "${name}" by a channel without a name`,
            "remove it, or name a channel",
          ),
        );
      else
        for (const [channel, address] of Object.entries(one))
          found.push(...checkVia(spec, notify, name, channel, address, [...at, channel]));
    }
    return found;
  });
}

/** One channel by which a contact is told; `address` is null where it has none of his own. */
function checkVia(
  spec: Spec,
  { channels }: NotifySpec,
  name: string,
  channel: string,
  address: string | null,
  at: Path,
): Diagnostic[] {
  const rule = channels[channel];
  if (rule === undefined)
    return unknownTarget(
      spec,
      at,
      channel,
      Object.keys(channels),
      "channel",
      address === null ? "value" : "key",
    );
  const refused = (summary: string, fix: string, detail?: string): Diagnostic[] => [
    notifyError(spec, at, "spec/no-address", summary, fix, detail),
  ];
  if (address === null)
    return lacksAddress(rule)
      ? refused(
          `Cannot tell contact "${name}" by channel "${channel}": neither of them says where to`,
          rule.email ? `via: [{ ${channel}: ${name}@example.org }]` : `via: [{ ${channel}: "123" }]`,
        )
      : [];
  const kind = channelKindOf(rule);
  if (!addressed.has(kind))
    return refused(
      `Cannot give contact "${name}" an address of its own in channel "${channel}": ${kind} has none`,
      `via: [${channel}]`,
    );
  if (address.trim() === "" || (kind === "email" && !isMailAddress(address)))
    return refused(
      `Cannot tell contact "${name}" by channel "${channel}" at ${JSON.stringify(address)}`,
      `${channel}: ${kind === "email" ? `${name}@example.org` : '"123"'}`,
      kind === "email" ? "expected a mail address" : "expected an address",
    );
  return [];
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
