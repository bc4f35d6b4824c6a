import { exitCode } from "../report/diagnostic.ts";
import type { SilenceKind } from "../tell/incident.ts";
import { endSilence, silence } from "../tell/people.ts";
import { changeTelling, chooseSubject } from "./incident.ts";
import { needReason, readSpan } from "./span.ts";
import type { Session } from "./session.ts";

type SilenceOptions = { for?: string; reason?: string; why?: string; untilResolved?: boolean };

const words: Readonly<Record<SilenceKind, { verb: string; done: string; effect: string }>> = {
  mute: {
    verb: "mute",
    done: "muted",
    effect: "Checks and heals go on; nobody is told, but of what is over.",
  },
  maintenance: {
    verb: "maintenance start",
    done: "under maintenance",
    effect: "Checks go on; nothing is healed and nobody is told. What still fails at its end is told then.",
  },
  pause: {
    verb: "pause",
    done: "paused",
    effect: "Nothing is looked at, healed or told until: holdfast resume.",
  },
};

/** What a day without a word could hide is too long. */
const usual = 3_600_000;

/** holdfast mute, maintenance start, and pause of a service: three things that must not be mixed up. */
export async function runSilence(
  session: Session,
  kind: SilenceKind,
  name: string | undefined,
  options: SilenceOptions,
): Promise<number> {
  const { app, service } = await chooseSubject(session, name);
  const { verb, done, effect } = words[kind];
  const typed = `holdfast ${verb} ${name ?? app}`;
  const why = needReason(
    options.reason ?? options.why,
    `${verb} ${name ?? app}`,
    `${typed} --for 1h --reason "moving the database"`,
  );
  const endless = kind === "pause" && options.for === undefined;
  const span = options.for === undefined ? usual : readSpan(options.for, "--for");
  const until = endless || options.untilResolved ? null : Date.now() + span;
  // A mute without an end would outlive its reason.
  const end = options.untilResolved ? Date.now() + 7 * 24 * usual : until;
  await changeTelling(session, app, verb, `${verb} ${name ?? app}`, (telling, person) =>
    silence(telling, person, {
      kind,
      service,
      since: telling.now,
      until: end,
      untilResolved: options.untilResolved ?? false,
      why,
    }),
  );
  const ends =
    end === null
      ? "until it is ended"
      : `until ${new Date(end).toISOString()}${options.untilResolved ? ", or until it is over" : ""}`;
  session.out.result({ app, service, kind, until: end }, `${service ?? app} is ${done} ${ends}. ${effect}`);
  return exitCode.done;
}

/** holdfast unmute, maintenance end, and resume of a service. */
export async function runEndSilence(
  session: Session,
  kind: SilenceKind,
  name: string | undefined,
): Promise<number> {
  const { app, service } = await chooseSubject(session, name);
  const ended = await changeTelling(
    session,
    app,
    `end a ${kind}`,
    `${words[kind].verb} ${name ?? app}`,
    (telling, person) => endSilence(telling, person, { kind, service }),
  );
  session.out.result(
    { app, service, ended },
    ended === 0
      ? `${service ?? app} is not ${words[kind].done}.`
      : `${service ?? app} is not ${words[kind].done} any more. What still fails is told now.`,
  );
  return exitCode.done;
}
