import type { Host } from "../../host/host.ts";
import type { HealRow } from "../../heal/heal-row.ts";
import { describeDuration } from "../../value/duration.ts";
import { printable } from "../../value/printable.ts";
import type { Cause } from "./diagnosis.ts";
import type { WatchedEvidence } from "./watched-evidence.ts";

/** Causes that only watching shows, most likely first: what holds it, what fails, and a heal that did not help. */
export function watchedCauses(
  { health, breaker, lastHeal, seen }: WatchedEvidence,
  service: string,
  now: number,
): Cause[] {
  const causes: Cause[] = [];
  if (breaker.state === "open")
    causes.push({
      what: printable(`its circuit breaker holds it: ${breaker.why ?? "no reason is known"}`),
      fix: `when the cause is mended: holdfast reset ${service} --reason TEXT`,
    });
  for (const { check, says, since } of health?.issues ?? [])
    if (check !== "unit")
      causes.push({ what: printable(`check ${check}: ${says} (for ${span(now - since)})`), fix: null });
  const { dependency } = health ?? {};
  if (dependency)
    causes.push({
      what: `it suffers from its dependency ${dependency}, which does not work`,
      fix: `look at ${dependency}`,
    });
  const recent = lastHeal !== null && now - lastHeal.at < day;
  if (recent && (lastHeal.outcome !== "helped" || seen !== null)) causes.push(healCause(lastHeal, seen));
  return causes;
}

const day = 86_400_000;

function healCause({ act, at, cause, outcome, detail, evidence }: HealRow, seen: string | null): Cause {
  const how = outcome === null ? "is under way" : outcome.replaceAll("-", " ");
  const more = [outcome === "helped" ? null : detail, seen].filter((part) => part !== null).join("; ");
  if (act === "stop")
    return {
      what: printable(`${stoppedByBreaker(at)}${seen === null ? "" : `: ${seen}`}`),
      fix: lookAt(evidence),
    };
  const what = `${act} for ${cause} at ${new Date(at).toISOString()} ${how}${more === "" ? "" : `: ${more}`}`;
  return { what: printable(what), fix: lookAt(evidence) };
}

function stoppedByBreaker(at: number): string {
  return `its breaker had it stopped at ${new Date(at).toISOString()}`;
}

function lookAt(evidence: string | null): string | null {
  return evidence === null ? null : `what was seen before it: ${evidence}`;
}

function span(millis: number): string {
  return describeDuration(Math.max(0, millis));
}

/** Reads what the evidence of a heal says of the main process; null when there is none, or it may not be read. */
export async function readSeen(host: Host, heal: HealRow | null): Promise<string | null> {
  if (heal?.evidence == null) return null;
  const text = await host.files.read(heal.evidence).catch(() => null);
  if (text === null) return null;
  try {
    const { processes } = JSON.parse(text) as {
      processes?: { list?: readonly { pid: number; state?: string; waitsIn?: string }[] };
    };
    const main = processes?.list?.find(({ pid }) => pid === heal.pidBefore) ?? processes?.list?.[0];
    return main === undefined ? null : describeProcess(main);
  } catch {
    return null;
  }
}

/** States of proc(5) that say something by themselves; a sleeping one is told by what it waits in. */
const states: Readonly<Record<string, string>> = {
  T: "was stopped by a signal (state T)",
  t: "was stopped by a debugger (state t)",
  D: "waited for a disk or a network file system (state D)",
  Z: "had ended, and its parent did not notice (state Z)",
  R: "was computing (state R)",
};

function describeProcess({ state, waitsIn = "" }: { state?: string; waitsIn?: string }): string | null {
  const word = state === undefined ? undefined : states[state[0] ?? ""];
  if (word !== undefined) return `its process ${word}`;
  return /^[a-z_0-9]+$/.test(waitsIn) && waitsIn !== "0"
    ? `its process waited in the kernel's ${waitsIn}`
    : null;
}
