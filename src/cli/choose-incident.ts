import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import type { Incident } from "../tell/incident.ts";
import type { Session } from "./session.ts";

/** Enough to look among; older ones are named in full. */
const mostLooked = 10_000;
const mostNamed = 5;

/** The incident that is meant: by its name, or by an end of it that no other one has, such as "155003". */
export function chooseIncident(session: Session, name: string): Incident {
  const incidents = session.record()?.teller.store.incidents;
  const exact = incidents?.named(name.toUpperCase()) ?? null;
  if (exact !== null) return exact;
  const all = incidents?.list(null, { limit: mostLooked }) ?? [];
  const found = name === "" ? [] : all.filter((incident) => incident.name.endsWith(name.toUpperCase()));
  if (found.length === 1) return found[0]!;
  throw found.length === 0 ? unknown(name, all) : ambiguous(name, found);
}

function unknown(name: string, all: readonly Incident[]): HoldfastError {
  const latest = all.slice(0, mostNamed).map((incident) => incident.name);
  return new HoldfastError(
    {
      severity: "error",
      code: "usage/unknown-incident",
      summary: `Cannot find an incident "${name}"${latest.length === 0 ? ": there is none on record that this account may see" : ""}`,
      ...(latest.length === 0
        ? { fix: "look as root: sudo" }
        : {
            detail: `the latest: ${latest.join(", ")}; the end of a name will do, such as ${latest[0]!.slice(-6)}`,
            fix: "holdfast incident list --all",
          }),
    },
    exitCode.usage,
  );
}

function ambiguous(name: string, found: readonly Incident[]): HoldfastError {
  const names = found.map((incident) => incident.name);
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : "";
  return new HoldfastError(
    {
      severity: "error",
      code: "usage/ambiguous-incident",
      summary: `Cannot tell which incident "${name}" is: ${names.slice(0, mostNamed).join(", ")}${more}`,
      fix: names[0]!,
    },
    exitCode.usage,
  );
}
