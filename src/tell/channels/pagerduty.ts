import type { Channel, Delivery } from "../channel.ts";
import type { Message } from "../message.ts";
import { below } from "./address.ts";
import { deliveryOf } from "./answer.ts";
import type { Means } from "./means.ts";
import { post } from "./post.ts";
import type { ChannelSettings } from "../../compile/channel-kinds.ts";
import { fit, longestText, plainHeadline, plainLines } from "./text.ts";

type Settings = Extract<ChannelSettings, { kind: "pagerduty" }>;
type Action = "trigger" | "acknowledge" | "resolve";

/** Cut by PagerDuty itself when it is longer. */
const longestSummary = 1024;

/**
 * Events API v2: one alert per incident by its dedup_key, so that what comes twice counts once. What `takes` refuses for
 * PagerDuty is not sent; a test is triggered and resolved at once, so that nobody stays paged.
 */
export function pagerdutyChannel(settings: Settings, means: Means): Channel {
  return {
    async send(message, signal) {
      const url = below(settings.api ?? "https://events.pagerduty.com", "/v2/enqueue");
      const key = means.secret(settings.keyCredential);
      let delivery: Delivery = { result: "refused", why: `PagerDuty takes no ${message.kind}` };
      for (const action of actionsFor(message)) {
        const body = JSON.stringify(eventOf(message, action, key));
        const answer = await post({ url, body, signal });
        if (answer.result !== "answered") return answer;
        delivery = deliveryOf(answer, means, { providerId: dedupKeyOf(message) });
        if (delivery.result !== "sent") return delivery;
      }
      return delivery;
    },
  };
}

/** recovered only resolves: its opening may have come through without our knowing, and nobody is paged for what is over. */
function actionsFor({ kind }: Message): readonly Action[] {
  switch (kind) {
    case "open":
    case "update":
    case "reminder":
      return ["trigger"];
    case "ack":
      return ["acknowledge"];
    case "resolve":
    case "recovered":
      return ["resolve"];
    case "test":
      return ["trigger", "resolve"];
    case "notice":
    case "digest":
      return [];
  }
}

/** A test has a key of its own, so that it never touches an incident. */
function dedupKeyOf({ kind, dedupKey, id }: Message): string {
  return kind === "test" ? id : (dedupKey ?? id);
}

function eventOf(message: Message, action: Action, key: string): object {
  const { kind, severity, host, app, service, incident, sequence, label } = message;
  return {
    routing_key: key,
    event_action: action,
    dedup_key: dedupKeyOf(message),
    client: "Holdfast",
    payload: {
      summary: fit(plainHeadline(message), longestSummary),
      source: host,
      severity: kind === "test" ? "info" : severity,
      timestamp: new Date(message.at).toISOString(),
      component: service ?? app,
      group: app,
      class: kind,
      custom_details: { incident, sequence, label, lines: fit(plainLines(message), longestText) },
    },
  };
}
