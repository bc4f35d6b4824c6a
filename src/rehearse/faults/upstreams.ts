import type { UpstreamSpec } from "../../spec/upstream-schema.ts";
import type { Fault } from "../fault.ts";
import type { Seen } from "../outcome.ts";
import type { StubMode } from "../inside/stub-plan.ts";
import { outage, upstreamsOf } from "./outage.ts";

type Kind = UpstreamSpec["url"]["kind"];

/** A way in which what a service talks to breaks: to each of its upstreams in turn. */
function breaks(
  id: string,
  mode: StubMode,
  what: string,
  options: { standard?: true; kinds?: readonly Kind[] } = {},
): Fault {
  const kinds = options.kinds ?? ["http", "https", "tcp"];
  const fitting = (list: [string, UpstreamSpec][]) =>
    list.filter(
      ([, { url }]) =>
        kinds.includes(url.kind) && (mode !== "no-name" || /[a-z]/.test(url.host.replace(/^.*:.*$/, ""))),
    );
  return {
    id,
    title: `what it talks to ${what}`,
    standard: options.standard ?? false,
    scope: "service",
    cannot: (subject, stage) => {
      const all = upstreamsOf(subject, stage);
      if (all.length === 0) return `upstreams: names nothing that ${subject.name} talks to`;
      return fitting(all).length === 0 ? `no upstream of ${subject.name} can break in this way` : null;
    },
    run: async (scene) => {
      const seen: [string, Seen][] = [];
      for (const [name] of fitting(upstreamsOf(scene.subject, scene.stage))) {
        const one = await outage(scene, name, mode, what);
        seen.push([name, one]);
        if (one.verdict === "broken") break;
      }
      return together(seen);
    },
  };
}

/** The worst of it, and what was seen of each. */
function together(seen: readonly [string, Seen][]): Seen {
  const order = ["broken", "gap", "not-rehearsed", "kept"];
  const [[, worst]] = seen.toSorted(
    ([, a], [, b]) => order.indexOf(a.verdict) - order.indexOf(b.verdict),
  ) as [[string, Seen]];
  if (worst.verdict !== "kept" || seen.length === 1) return worst;
  return {
    ...worst,
    recover: Math.max(...seen.map(([, { recover }]) => recover ?? 0)),
    says: seen.map(([name, { says }]) => `${name}: ${says}`).join("; "),
  };
}

const web = ["http", "https"] as const;

/** The outside world. */
export const upstreamFaults: readonly Fault[] = [
  breaks("upstream-down", "down", "refuses connections", { standard: true }),
  breaks("upstream-500", "500", "answers everything with 500", { standard: true, kinds: web }),
  breaks("upstream-hang", "hang", "takes connections and never answers"),
  breaks("upstream-slow", "slow", "takes 8 s for each answer"),
  breaks("upstream-429", "429", "says that it is asked too often", { kinds: web }),
  breaks("upstream-garbage", "garbage", "answers with what nobody can read"),
  breaks("upstream-expired", "expired", "shows a certificate that has expired", { kinds: ["https"] }),
  breaks("dns-gone", "no-name", "has a name that nobody knows any more"),
];
