import type { ChannelSpec } from "../spec/channel-schema.ts";
import { lacksAddress } from "../spec/notify-errors.ts";
import type { NotifySpec } from "../spec/notify-schema.ts";
import type { Spec } from "../spec/spec.ts";
import { severities, type Severity } from "../value/severity.ts";
import {
  defaultPolicy,
  type ChannelRule,
  type ContactRule,
  type PolicyRule,
  type TargetRule,
  type TellFile,
} from "./tell-rule.ts";
import { makeSettings } from "./channel-settings.ts";
import { makeDuring } from "./make-watch.ts";
import type { Target } from "./target.ts";

const minute = 60_000;
const hour = 60 * minute;

/** All that telling an application's incidents goes by; null when nobody is told. */
export function makeTell(spec: Spec, target: Target): TellFile | null {
  const { notify } = spec;
  if (notify === undefined) return null;
  const channels = Object.entries(notify.channels).map(([name, channel]) =>
    makeChannel(spec, name, channel, target),
  );
  const contacts = makeContacts(spec, notify);
  const { digest } = notify;
  const usual = usualChannels(notify, false);
  return {
    version: 1,
    app: spec.app,
    scope: target.scope,
    channels,
    targets: makeTargets(notify),
    contacts,
    policies: Object.fromEntries(
      severities.map((severity) => [severity, makePolicy(notify, severity)]),
    ) as TellFile["policies"],
    severity: withoutGaps(notify.severity ?? {}),
    ...keptNames(spec),
    criticalJobs: Object.entries(spec.jobs).flatMap(([name, { critical }]) => (critical ? [name] : [])),
    waitForHeal: notify["wait-for-heal"] ?? 2 * minute,
    digest: {
      at: digest?.at ?? 8 * 60,
      zone: digest?.zone ?? spec.zone ?? "UTC",
      targets: [
        ...new Set(
          (digest?.to ?? usual).flatMap(
            (name) => contacts.find((contact) => contact.name === name)?.targets ?? [],
          ),
        ),
      ],
    },
    tests: notify.test ?? true,
  };
}

function keptNames(spec: Spec): Pick<TellFile, "kept"> {
  const kept = Object.entries({ ...spec.services, ...spec.jobs }).flatMap(([name, { unit }]) =>
    unit === undefined ? [] : [[unit, name]],
  );
  return kept.length === 0 ? {} : { kept: Object.fromEntries(kept) as Record<string, string> };
}

function makeChannel(spec: Spec, name: string, channel: ChannelSpec, target: Target): ChannelRule {
  return {
    name,
    settings: makeSettings(spec, name, channel, target),
    quiet: channel.quiet === undefined ? null : makeDuring(spec, channel.quiet),
    most: channel.most ?? { count: 20, window: hour },
    fallback: channel.fallback ?? null,
    handOff: channel["hand-off"] ?? false,
    mayAct: channel["may-answer"] ?? [],
  };
}

/** A channel by itself, and one for every contact with an address of its own in it. */
function makeTargets(notify: NotifySpec): TargetRule[] {
  const own = Object.keys(notify.channels).map((channel) => ({ id: channel, channel, to: null }));
  const addressed = Object.entries(notify.contacts ?? {}).flatMap(([contact, { via }]) =>
    via.flatMap((one) =>
      typeof one === "string"
        ? []
        : Object.entries(one).map(([channel, to]) => ({ id: `${channel}/${contact}`, channel, to })),
    ),
  );
  return [...own, ...addressed];
}

/** Channels are contacts, too: of nobody in particular, and always there. */
function makeContacts(spec: Spec, notify: NotifySpec): ContactRule[] {
  return [
    ...Object.entries(notify.contacts ?? {}).map(([name, { role, via, hours }]) => ({
      name,
      role: role ?? null,
      hours: hours === undefined ? null : makeDuring(spec, hours),
      targets: via.flatMap((one) =>
        typeof one === "string" ? [one] : Object.keys(one).map((channel) => `${channel}/${name}`),
      ),
    })),
    ...Object.keys(notify.channels).map((name) => ({ name, role: null, hours: null, targets: [name] })),
  ];
}

function usualChannels({ channels }: NotifySpec, pagersToo: boolean): string[] {
  return Object.entries(channels).flatMap(([name, channel]) =>
    lacksAddress(channel) || (channel.pagerduty !== undefined && !pagersToo) ? [] : [name],
  );
}

function makePolicy(notify: NotifySpec, severity: Severity): PolicyRule {
  const usual = defaultPolicy(severity);
  const declared = notify.policy?.[severity];
  const oneStep = (contacts: readonly string[]): PolicyRule => ({
    ...usual,
    digest: false,
    steps: contacts.length === 0 ? [] : [{ level: null, contacts, after: null, duties: [] }],
  });
  if (declared === undefined) {
    if (severity === "info") return { ...usual, steps: [] };
    return oneStep(usualChannels(notify, severity === "critical" || severity === "error"));
  }
  if (declared === "digest" || declared === "none")
    return { ...usual, steps: [], digest: declared === "digest", repeat: null, remind: null };
  if (Array.isArray(declared)) return oneStep(declared);
  const steps = declared;
  return {
    label: steps.label ?? usual.label,
    means: steps.means ?? null,
    steps: steps.steps.map(({ level, notify: whom, after, duties }) => ({
      level: level ?? null,
      contacts: typeof whom === "string" ? [whom] : whom,
      after: after ?? null,
      duties: duties ?? [],
    })),
    digest: false,
    respond: steps.respond ?? null,
    acknowledge: steps.acknowledge ?? usual.acknowledge,
    resolve: steps.resolve ?? null,
    repeat: steps.repeat ?? usual.repeat,
    remind: steps.remind ?? usual.remind,
    holds: steps.holds ?? usual.holds,
  };
}

function withoutGaps<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
