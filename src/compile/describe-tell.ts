import type { ContactRule, PolicyRule, TellFile } from "./tell-rule.ts";
import { describeDuration } from "../value/duration.ts";
import type { Directive } from "./artifact.ts";

type Line = [key: string, value: string, rule: string];

/** What a change of whom is told shows in a plan, besides the channels: ladders with their times, contacts, the digest. */
export function describeTelling(tell: TellFile): Directive[] {
  const channels = new Set(tell.channels.map(({ name }) => name));
  const contacts = tell.contacts.filter(({ name }) => !channels.has(name));
  const { digest } = tell;
  const lines: Line[] = [
    ...Object.entries(tell.policies).flatMap(([severity, policy]) => describePolicy(severity, policy)),
    ...contacts.map((contact): Line => [
      `contact.${contact.name}`,
      describeContact(tell, contact),
      "notify.contacts",
    ]),
    ...Object.entries(tell.severity).map(([source, severity]): Line => [
      `severity.${source}`,
      severity,
      "notify.severity",
    ]),
    ["wait-for-heal", describeDuration(tell.waitForHeal), "notify.wait-for-heal"],
    ["digest", digest === null ? "never" : describeDigest(digest), "notify.digest"],
    ["test", String(tell.tests), "notify.test"],
  ];
  return lines.map(([key, value, rule]) => ({ section: rule, key, value, because: { rule } }));
}

/** A line for each, so that a plan shows what has changed and nothing else. */
function describePolicy(severity: string, policy: PolicyRule): Line[] {
  const { steps, digest, acknowledge, resolve, respond, repeat, remind, holds, label, means } = policy;
  const rule = "notify.policy";
  if (steps.length === 0) return [[severity, digest ? "digest" : "none", rule]];
  const ladder = steps.map(({ level, contacts, after, duties }, index) => {
    const who = `${level ?? ""} ${contacts.join("+")}`.trim();
    const todo = duties.length === 0 ? "" : ` (${duties.join("; ")})`;
    return `${index === 0 ? "" : `after ${describeDuration(after ?? acknowledge)} `}${who}${todo}`;
  });
  const again = repeat === null ? null : `every ${describeDuration(repeat.every)}, ${repeat.times} times`;
  const times = Object.entries({ respond, resolve, remind, holds }).flatMap(([key, time]): Line[] =>
    time === null ? [] : [[`${severity}.${key}`, describeDuration(time), rule]],
  );
  return [
    [severity, ladder.join(", "), rule],
    ...(label === severity ? [] : [[`${severity}.label`, label, rule] satisfies Line]),
    ...(means === null ? [] : [[`${severity}.means`, means, rule] satisfies Line]),
    ...(again === null ? [] : [[`${severity}.repeat`, again, rule] satisfies Line]),
    ...times,
  ];
}

function describeDigest({ at, zone, targets }: NonNullable<TellFile["digest"]>): string {
  return `${clock(at)} ${zone} to ${targets.join("+") || "nobody"}`;
}

function describeContact({ targets }: TellFile, contact: ContactRule): string {
  const ways = contact.targets.map((id) => {
    const target = targets.find((one) => one.id === id);
    return target === undefined || target.to === null ? id : `${target.channel}=${target.to}`;
  });
  const hours = contact.hours === null ? "" : `, in ${contact.hours.name}`;
  return `${ways.join("+")}${hours}${contact.role === null ? "" : `, ${contact.role}`}`;
}

function clock(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0")).join(":");
}
