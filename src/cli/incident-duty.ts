import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { dutiesToAdd, putDuties } from "../tell/duties.ts";
import type { Incident } from "../tell/incident.ts";
import type { Duty } from "../tell/review-facts.ts";
import { utc } from "../tell/review-times.ts";
import { printable } from "../value/printable.ts";
import { chooseIncident } from "./choose-incident.ts";
import type { Session } from "./session.ts";

/** holdfast incident duty: lists what is to be done at each level, or says that one of it is done. */
export async function runIncidentDuty(
  session: Session,
  name: string,
  number: number | null,
): Promise<number> {
  if (number === null) {
    const incident = chooseIncident(session, name);
    const duties = session.record()!.teller.store.reviews.duties(incident.id);
    return show(session, incident, [...duties, ...dutiesToAdd(incident.policy, duties)]);
  }
  await session.assertMayChange("tick a duty", `incident duty ${name} ${number}`);
  const { watch, teller } = session.writableRecord();
  const { incidents, reviews } = teller.store;
  const incident = chooseIncident(session, name);
  const now = Date.now();
  const duties = watch.together(() => {
    putDuties(reviews, incident);
    const duty = reviews.duties(incident.id).find((one) => one.number === number);
    if (duty === undefined) throw noSuchDuty(incident, number, reviews.duties(incident.id).length);
    if (reviews.tickDuty(incident.id, number, session.who, now))
      incidents.addEvent(incident.id, now, "duty", session.who, `done: ${describeDuty(duty)}`);
    return reviews.duties(incident.id);
  });
  return show(session, incident, duties);
}

function show({ out }: Session, { name }: Incident, duties: readonly Duty[]): number {
  const lines = duties.map((duty) => {
    const { number, done, who } = duty;
    const by = done === null ? "" : out.style.dim(`  ${printable(who ?? "")}, ${utc(done)}`);
    return `  ${String(number).padStart(2)} [${done === null ? " " : "x"}] ${printable(describeDuty(duty))}${by}`;
  });
  const text =
    lines.length === 0 ? `The policy of ${name} has no duties.` : [`Duties of ${name}`, ...lines].join("\n");
  out.result({ incident: name, duties }, text);
  return exitCode.done;
}

function describeDuty({ level, says }: Duty): string {
  return `${level === null ? "" : `${level}: `}${says}`;
}

function noSuchDuty({ name }: Incident, number: number, count: number): HoldfastError {
  return new HoldfastError(
    {
      severity: "error",
      code: "usage/unknown-duty",
      summary: `Cannot tick duty ${number} of ${name}: ${count === 0 ? "its policy has none" : `there are ${count}`}`,
      fix: `holdfast incident duty ${name}`,
    },
    exitCode.usage,
  );
}
