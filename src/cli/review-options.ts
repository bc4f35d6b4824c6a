import { Option, type Command } from "commander";

/** What can be said of an incident. */
export type ReviewOptions = {
  cause?: string;
  impact?: string;
  why?: string;
  note?: string;
  factor?: readonly string[];
  well?: readonly string[];
  wrong?: readonly string[];
  improve?: readonly string[];
  lesson?: readonly string[];
  training?: readonly string[];
  attendee?: readonly string[];
  preventMonitoring?: readonly string[];
  preventProcess?: readonly string[];
  preventTechnical?: readonly string[];
  action?: readonly string[];
  done?: readonly string[];
  noAction?: string;
  nextReview?: string;
  close?: boolean;
};

const texts = [
  ["--cause <text>", "what the cause was"],
  ["--impact <text>", "who noticed what, and for how long"],
  ["--why <text>", "why it could happen"],
  ["--note <text>", "one line; enough for a warning"],
] as const;

const lists = [
  ["--factor <text>", "what made it possible, worse or longer"],
  ["--well <text>", "what went well"],
  ["--wrong <text>", "what went wrong"],
  ["--improve <text>", "what is to be better"],
  ["--lesson <text>", "what is known now"],
  ["--training <text>", "who needs to learn what"],
  ["--attendee <name>", "who took part"],
  ["--prevent-monitoring <text>", "what would have shown it earlier"],
  ["--prevent-process <text>", "how work would have prevented it"],
  ["--prevent-technical <text>", "what would have prevented it"],
  [
    "--action <text>",
    'such as "anna: set a limit by 2026-12-10"; P1 stands for the first point of prevention',
  ],
  ["--done <number>", "the action of this number is done"],
] as const;

/** The options of `incident review`; those of the second kind may be given several times. */
export function addReviewOptions(command: Command): Command {
  for (const [flags, says] of texts) command.option(flags, says);
  for (const [flags, says] of lists)
    command.addOption(
      new Option(flags, says).argParser((value: string, earlier: readonly string[] | undefined) => [
        ...(earlier ?? []),
        value,
      ]),
    );
  const noAction = new Option("--no-action <why>", "why nothing follows from it");
  // By its name it would be taken for the opposite of --action.
  noAction.negate = false;
  return command
    .addOption(noAction)
    .option("--next-review <date>", "when it is looked at again")
    .option("--close", "the review is complete");
}
