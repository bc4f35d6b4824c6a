import type { Command } from "commander";
import { inSession } from "./in-session.ts";
import { addReviewOptions, type ReviewOptions } from "./review-options.ts";

const incidentHelp = "its name, such as INC-20261129-155003, or the end of it";

/** What went wrong, for people: who is at it, what was found, what is learned. */
export function addIncidentCommands(program: Command): void {
  const incident = program
    .command("incident")
    .description("incidents: list, answer, note, call over, review");
  incident
    .command("list", { isDefault: true })
    .description("what is open; all of it with --all")
    .argument("[app]", "an application; all by default")
    .option("--all", "those that are over, too")
    .option("-n, --lines <count>", "how many", "50")
    .action((app: string | undefined, options: { all?: boolean; lines: string }, command: Command) =>
      inSession(command, async (session) =>
        (await import("./incident.ts")).runIncidentList(session, app, options),
      ),
    );
  incident
    .command("show")
    .description("one of them: state, timeline, messages")
    .argument("<incident>", incidentHelp)
    .action((name: string, _options: object, command: Command) =>
      inSession(command, async (session) => (await import("./incident.ts")).runIncidentShow(session, name)),
    );
  incident
    .command("open")
    .description("declare one by hand, for what no check sees")
    .argument("[name]", "a service, job or application")
    .option("--severity <severity>", "critical, error, warning or info", "error")
    .option("--summary <text>", "what is wrong, in a line")
    .action((name: string | undefined, options: { severity: string; summary?: string }, command: Command) =>
      inSession(command, async (session) =>
        (await import("./incident.ts")).runIncidentOpen(session, name, options),
      ),
    );
  incident
    .command("ack")
    .description("say that you are at it: steps and reminders stop for a while")
    .argument("<incident>", incidentHelp)
    .option("--for <span>", "for how long; as the policy has it by default")
    .option("--note <text>", "a word for the others")
    .action((name: string, options: { for?: string; note?: string }, command: Command) =>
      inSession(command, async (session) =>
        (await import("./incident.ts")).runIncidentAck(session, name, options),
      ),
    );
  incident
    .command("note")
    .description("add a line to its timeline")
    .argument("<incident>", incidentHelp)
    .argument("<text...>", "what was found or done")
    .action((name: string, text: string[], _options: object, command: Command) =>
      inSession(command, async (session) =>
        (await import("./incident.ts")).runIncidentNote(session, name, text),
      ),
    );
  incident
    .command("resolve")
    .description("call it over; if it fails again within half an hour it is the same incident")
    .argument("<incident>", incidentHelp)
    .option("--reason <text>", "what was mended")
    .action((name: string, options: { reason?: string }, command: Command) =>
      inSession(command, async (session) =>
        (await import("./incident.ts")).runIncidentResolve(session, name, options),
      ),
    );
  addAftermath(incident);
}

/** What is learned of an incident, and what is kept of it. */
function addAftermath(incident: Command): void {
  addReviewOptions(
    incident
      .command("review")
      .description("its review: what is known is filled in, what only people know is asked")
      .argument("<incident>", incidentHelp),
  ).action((name: string, options: ReviewOptions, command: Command) =>
    inSession(command, async (session) =>
      (await import("./incident-review.ts")).runIncidentReview(session, name, options),
    ),
  );
  incident
    .command("duty")
    .description("what is to be done at each level; ticks one of them")
    .argument("<incident>", incidentHelp)
    .argument("[number]", "the one that is done")
    .action((name: string, number: string | undefined, _options: object, command: Command) =>
      inSession(command, async (session) =>
        (await import("./incident-duty.ts")).runIncidentDuty(
          session,
          name,
          number === undefined ? null : Number(number),
        ),
      ),
    );
  incident
    .command("evidence")
    .description("gather evidence now: log, unit, processes, sockets, configuration by hash, host; masked")
    .argument("<incident>", incidentHelp)
    .option("--verify", "hold what was gathered against its hashes instead")
    .action((name: string, options: { verify?: boolean }, command: Command) =>
      inSession(command, async (session) =>
        (await import("./incident-evidence.ts")).runIncidentEvidence(session, name, options),
      ),
    );
  incident
    .command("export")
    .description("all of it in one file, for others")
    .argument("<incident>", incidentHelp)
    .option("--out <file>", "where to; the terminal by default")
    .option("--force", "over a file that is there")
    .option("--markdown", "the review instead")
    .option("--status", "a message for outsiders instead, without anything internal")
    .action(
      (
        name: string,
        options: { out?: string; force?: boolean; markdown?: boolean; status?: boolean },
        command: Command,
      ) =>
        inSession(command, async (session) =>
          (await import("./incident-export.ts")).runIncidentExport(session, name, options),
        ),
    );
}

/** Who is told, whether the messages arrive, and what holds them back. */
export function addNotifyCommands(program: Command): void {
  const notify = program
    .command("notify")
    .description("channels: how they are doing, tests, what waits, who would be told");
  notify
    .command("status", { isDefault: true })
    .description("how each channel is doing, and what holds messages back")
    .argument("[app]", "an application")
    .action((app: string | undefined, _options: object, command: Command) =>
      inSession(command, async (session) => (await import("./notify.ts")).runNotifyStatus(session, app)),
    );
  notify
    .command("test")
    .description("send a test through channels, and wait until it has arrived")
    .argument("[channel...]", "channels; all by default")
    .option("--app <app>", "of which application")
    .action((names: string[], options: { app?: string }, command: Command) =>
      inSession(command, async (session) =>
        (await import("./notify.ts")).runNotifyTest(session, names, options),
      ),
    );
  notify
    .command("preview")
    .description("who would be told if it failed now, and when")
    .argument("[name]", "a service, job or application")
    .option("--severity <severity>", "only this one")
    .option("--at <time>", "as if it were then, such as 2026-12-24T03:00:00Z")
    .action((name: string | undefined, options: { severity?: string; at?: string }, command: Command) =>
      inSession(command, async (session) =>
        (await import("./notify.ts")).runNotifyPreview(session, name, options),
      ),
    );
  notify
    .command("list")
    .description("the messages, newest first, and what became of each")
    .argument("[app]", "an application")
    .option("--dead", "only those that could not be delivered")
    .option("--pending", "only those that wait")
    .option("-n, --lines <count>", "how many", "50")
    .action(
      (
        app: string | undefined,
        options: { dead?: boolean; pending?: boolean; lines: string },
        command: Command,
      ) =>
        inSession(command, async (session) =>
          (await import("./notify.ts")).runNotifyList(session, app, options),
        ),
    );
  for (const what of ["retry", "drop"] as const)
    notify
      .command(what)
      .description(what === "retry" ? "try a message again now" : "do not send a message that waits")
      .argument("<number>", "as notify list shows it")
      .option("--app <app>", "of which application")
      .action((number: string, options: { app?: string }, command: Command) =>
        inSession(command, async (session) =>
          (await import("./notify.ts")).runNotifyChange(session, what, number, options),
        ),
      );
  addSilences(program);
}

type SilenceOptions = { for?: string; reason?: string; untilResolved?: boolean };

function addSilences(program: Command): void {
  program
    .command("mute")
    .description("tell nobody for a while, but of what is over; checks and heals go on")
    .argument("[name]", "a service, job or application")
    .option("--for <span>", "for how long; 1h by default")
    .option("--until-resolved", "until what is wrong is over, at most a week")
    .option("--reason <text>", "why")
    .action((name: string | undefined, options: SilenceOptions, command: Command) =>
      inSession(command, async (session) =>
        (await import("./silences.ts")).runSilence(session, "mute", name, options),
      ),
    );
  program
    .command("unmute")
    .description("end a mute; what is still wrong is told")
    .argument("[name]", "a service, job or application")
    .action((name: string | undefined, _options: object, command: Command) =>
      inSession(command, async (session) =>
        (await import("./silences.ts")).runEndSilence(session, "mute", name),
      ),
    );
  const maintenance = program
    .command("maintenance")
    .description("planned work: nothing is healed, nobody is told; what still fails at the end is told then");
  maintenance
    .command("start")
    .description("from now on")
    .argument("[name]", "a service, job or application")
    .option("--for <span>", "for how long; 1h by default")
    .option("--reason <text>", "what is done")
    .action((name: string | undefined, options: SilenceOptions, command: Command) =>
      inSession(command, async (session) =>
        (await import("./silences.ts")).runSilence(session, "maintenance", name, options),
      ),
    );
  maintenance
    .command("end")
    .description("before its time")
    .argument("[name]", "a service, job or application")
    .action((name: string | undefined, _options: object, command: Command) =>
      inSession(command, async (session) =>
        (await import("./silences.ts")).runEndSilence(session, "maintenance", name),
      ),
    );
}
