import type { Desired } from "../../plan/desired.ts";
import { describeDuration } from "../../value/duration.ts";
import type { Fault } from "../fault.ts";
import { freshCheck, staleLimit } from "../faults/stale.ts";
import { stormTime } from "../faults/storm.ts";
import { freezeLimit, type Subject } from "../subject.ts";

/** What a drill will do to the live host, said before anything is done. */
export type BlastRadius = {
  app: string;
  /** Of each fault of each service. */
  harms: readonly {
    service: string | null;
    fault: string;
    title: string;
    /** Milliseconds that the service is away at the most when all goes well; 0 when nothing stops. */
    away: number;
    /** Services of the application that go by it. */
    dependents: readonly string[];
  }[];
  /** By whom people would be told if it were no drill. */
  channels: readonly string[];
  environment: string | null;
  /** Milliseconds for all of it, at the most when all goes well. */
  longest: number;
};

/** Says which services stop, for how long, and who goes by them. */
export function blastRadiusOf(
  desired: Desired,
  faults: readonly Fault[],
  subjects: readonly Subject[],
): BlastRadius {
  const harms = faults.flatMap((fault) =>
    (fault.scope === "host" ? subjects.slice(0, 1) : subjects).map((subject) => ({
      service: fault.scope === "host" ? null : subject.name,
      fault: fault.id,
      title: fault.title,
      away: fault.scope === "host" ? 0 : awayFor(fault.id, subject),
      dependents: fault.scope === "host" ? [] : dependentsOf(desired, subject.name),
    })),
  );
  return {
    app: desired.app,
    harms,
    channels: desired.notifier?.channels ?? [],
    environment: desired.environment,
    longest: harms.reduce((sum, { away }) => sum + away, 0),
  };
}

function awayFor(fault: string, subject: Subject): number {
  const { restart, gate, stopTimeout } = subject;
  const start = gate.kind === "stays-up" ? gate.settle : gate.within;
  switch (fault) {
    case "freeze":
      return (freezeLimit(subject)?.limit ?? 0) + stopTimeout + restart.delay + start;
    case "stale": {
      const found = freshCheck(subject);
      return (found === null ? 0 : staleLimit(found).limit) + stopTimeout + restart.delay + start;
    }
    case "storm":
      return stormTime(subject) + start;
    case "deaf":
      return stopTimeout + start;
    case "ended-from-outside":
      return stopTimeout + restart.delay + start;
    case "crash-child":
      return start;
    default:
      return restart.delay + start;
  }
}

/** All that start after it, directly or not. */
function dependentsOf({ services }: Desired, name: string): string[] {
  const found = new Set<string>();
  const add = (of: string): void => {
    for (const { name: other, after } of services)
      if (after.includes(of) && !found.has(other)) {
        found.add(other);
        add(other);
      }
  };
  add(name);
  return [...found];
}

/** The statement that somebody agrees to. */
export function describeBlastRadius({ app, harms, channels, environment, longest }: BlastRadius): string {
  const lines = harms.map(({ service, title, away, dependents }) => {
    const goBy =
      dependents.length === 0
        ? ""
        : `; ${dependents.join(", ")} ${dependents.length === 1 ? "goes" : "go"} by it`;
    const what = service === null ? title : `${service}: ${title}`;
    return `  ${what}; ${away === 0 ? "no service stops" : `away for at most ${describeDuration(away)} if it keeps its promise`}${goBy}`;
  });
  return [
    `This is done to "${app}"${environment === null ? "" : ` (${environment})`} on this machine, live:`,
    ...lines,
    `  All of it takes at most about ${describeDuration(Math.max(1000, longest))} if all promises hold.`,
    channels.length === 0
      ? "  Nobody is told of incidents of it."
      : `  Nobody is told meanwhile; what is still wrong at its end is told by ${channels.join(", ")}.`,
  ].join("\n");
}
