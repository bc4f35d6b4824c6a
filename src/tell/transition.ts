import type { WatchEvent } from "../heal/watch-event.ts";
import type { Severity } from "../value/severity.ts";
import type { SourceKind, TellFile } from "../compile/tell-rule.ts";

/** What an alert is about, besides its service. A check has the severity that it was declared with. */
export type Source = SourceKind | "check" | "manual";

/**
 * Something that changes what is to be told. raise and clear: an alert. once: it happened and is over. note: for the timeline
 * of an incident that is open; `hurry` when what was waited for has not come.
 */
export type Transition =
  | {
      change: "raise" | "once";
      at: number;
      service: string | null;
      source: Source;
      subject: string | null;
      severity: Severity;
      says: string;
      /** Something may mend it by itself soon: a heal, or systemd. */
      mayHeal: boolean;
    }
  | {
      change: "clear";
      at: number;
      service: string | null;
      source: Source;
      subject: string | null;
      says: string;
      /** Nobody has seen it good: it is only looked at no more. */
      unseen?: true;
    }
  | { change: "note"; at: number; service: string | null; says: string; hurry: boolean };

/** Never in it: severity, message, value, pid, time. The same trouble has the same key for as long as the application lives. */
export function alertKey(
  app: string,
  service: string | null,
  source: Source,
  subject: string | null,
): string {
  return `${app}/${service ?? "-"}/${source}${subject === null ? "" : `:${subject}`}`;
}

/** How bad it is when the spec does not say. */
export const usualSeverity: Readonly<Record<SourceKind, Severity>> = {
  "gave-up": "critical",
  breaker: "critical",
  restarted: "info",
  unknown: "warning",
  job: "error",
  missed: "error",
  away: "warning",
  drift: "warning",
  channel: "error",
  audit: "error",
  probation: "error",
};

export function severityOf(file: TellFile, source: SourceKind): Severity {
  return file.severity[source] ?? usualSeverity[source];
}

/** What an event of watching means to whoever is told. */
export function transitionsOf(event: WatchEvent, file: TellFile): Transition[] {
  const { at, service, says, check, data } = event;
  const about = { at, service, says };
  const raise = (source: Source, severity: Severity, mayHeal = false): Transition => ({
    ...about,
    change: "raise",
    source,
    subject: check,
    severity,
    mayHeal,
  });
  const clear = (source: Source): Extract<Transition, { change: "clear" }> => ({
    ...about,
    change: "clear",
    source,
    subject: check,
  });
  switch (event.kind) {
    case "check-failing": {
      const severity = data?.["severity"] === "warning" ? "warning" : "error";
      // systemd starts again what has ended, and what it gives up is told as that.
      return [clear("unknown"), raise("check", severity, data?.["heals"] === true || check === "unit")];
    }
    case "check-recovered":
      return [clear("unknown"), clear("check")];
    case "check-changed":
      return [
        { ...clear("unknown"), unseen: true },
        { ...clear("check"), unseen: true },
      ];
    case "check-unknown":
      return [raise("unknown", severityOf(file, "unknown"))];
    case "breaker-opened":
      return [raise("breaker", severityOf(file, "breaker"))];
    case "breaker-closed":
      return [clear("breaker")];
    case "audit-found":
      return [
        raise("audit", file.severity.audit ?? (data?.["severity"] === "critical" ? "critical" : "error")),
      ];
    case "audit-over":
      return [clear("audit")];
    case "restarted-by-systemd":
      return [{ ...raise("restarted", severityOf(file, "restarted")), change: "once" } as Transition];
    case "agent-was-away":
      return /uncleanly/.test(says)
        ? [{ ...raise("away", severityOf(file, "away")), change: "once" } as Transition]
        : [];
    case "heal-ended": {
      const outcome = data?.["outcome"];
      return [{ ...about, change: "note", hurry: outcome === "did-not-help" || outcome === "failed" }];
    }
    case "heal-begun": {
      const count = data?.["count"];
      const nth = typeof count === "number" ? ` (number ${count} of its budget)` : "";
      return [{ ...about, says: `${says}${nth}`, change: "note", hurry: false }];
    }
    case "breaker-half-open":
    case "check-flapping":
    case "check-calm":
      return [{ ...about, change: "note", hurry: false }];
    default:
      return [];
  }
}
