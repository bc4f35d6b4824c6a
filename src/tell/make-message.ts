import type { Incident, OutboxRow } from "./incident.ts";
import type { Message } from "./message.ts";
import { worstOf } from "../value/severity.ts";
import type { ChannelRule } from "../compile/tell-rule.ts";
import type { Telling } from "./telling.ts";

export type Voice = {
  /** Short name of the host. */
  host: string;
  /** Takes what must not be shown out of a text. */
  mask: (text: string) => string;
};

/** A row as its channel gets it. A secret that is in what was recorded is taken out here, the last place before it leaves. */
export function makeMessage(
  { store, file }: Telling,
  channel: ChannelRule,
  row: OutboxRow,
  { host, mask }: Voice,
): Message {
  const incident = row.incident === null ? null : store.incidents.get(row.incident);
  return {
    id: row.uid,
    kind: row.kind,
    severity: row.severity,
    label: incident?.policy.label ?? file.policies[row.severity].label,
    incident: incident?.name ?? null,
    dedupKey: incident?.dedupKey ?? null,
    sequence: row.sequence,
    app: row.app,
    service: row.service,
    host,
    title: mask(row.title),
    lines: row.lines.map(mask),
    at: row.at,
    // A lease that has run out is of somebody who was cut short while he sent it.
    repeat: row.ambiguous || row.leaseUntil !== null,
    silent: row.silent,
    acknowledgeable: isAnswerable(channel, row, incident),
  };
}

function isAnswerable({ mayAct }: ChannelRule, { kind }: OutboxRow, incident: Incident | null): boolean {
  return (
    mayAct.length > 0 &&
    incident !== null &&
    incident.state !== "resolved" &&
    (kind === "open" || kind === "update" || kind === "reminder")
  );
}

const mostLines = 40;

/** Many rows in one message, oldest first: what is open still, and what is over by now. */
export function makeDigest(
  telling: Telling,
  channel: ChannelRule,
  rows: readonly OutboxRow[],
  voice: Voice,
): Message {
  const [first] = rows;
  const names = new Map<number, string>();
  for (const { incident } of rows)
    if (incident !== null) names.set(incident, telling.store.incidents.get(incident)?.name ?? "");
  const lines = rows.map(({ at, kind, severity, service, title, incident }) => {
    const when = new Date(at).toISOString().slice(0, 19);
    const which = incident === null ? "" : ` (${names.get(incident)})`;
    return `${when}Z ${kind} [${severity}] ${service === null ? "" : `${service}: `}${title}${which}`;
  });
  const more = lines.length - mostLines;
  return {
    ...makeMessage(telling, channel, first!, voice),
    // The rows decide what it is: the same rows, sent again, are the same message.
    id: `${first!.uid}-${rows.length}`,
    kind: "digest",
    severity: worstOf(rows.map(({ severity }) => severity)) ?? "info",
    label: "digest",
    incident: null,
    dedupKey: null,
    service: null,
    title: `${rows.length} messages together`,
    lines: [
      ...lines.slice(0, mostLines),
      ...(more > 0 ? [`and ${more} more: holdfast incident list`] : []),
    ].map(voice.mask),
    repeat: rows.some(({ ambiguous, leaseUntil }) => ambiguous || leaseUntil !== null),
    acknowledgeable: false,
  };
}
