import { keyLines, programLines } from "./draft-program.ts";
import { writePrograms, type Key } from "./write-keys.ts";
import type { Draft } from "./draft.ts";
import { comment } from "./yaml-lines.ts";

/** Accounts that most hosts have for something else. */
const takenAccounts = new Set(
  "root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc nobody messagebus sshd postgres mysql redis mongodb nginx apache git ftp dnsmasq ntp tss polkitd users staff".split(
    " ",
  ),
);

/** The text of a first spec: every line with the reason for it. */
export function writeDraft(draft: Draft): string {
  const { app, directory, manifests, alsoFound, programs } = draft;
  const intro = [
    ...comment(
      "",
      "Written by holdfast init from what is in this directory; every line is a guess with its reason. Change what is wrong.",
    ),
    ...comment(
      "",
      "All keys: holdfast explain. What it becomes: holdfast compile --explain. What would change: holdfast plan",
    ),
    ...(manifests.length > 0
      ? comment("", `Not looked into: ${manifests.join(", ")}. Compare what they say before you apply.`)
      : []),
    ...(alsoFound.length > 0
      ? comment(
          "",
          `This directory also looks like ${alsoFound.join(", ")}; the first that was found is written down.`,
        )
      : []),
  ];
  const lines = [
    ...intro,
    ...keyLines("", [
      { key: ["app"], value: app, why: "after the directory; units are named after it" },
      ...identity(draft),
      { key: ["directory"], value: directory, above: whereItLives(directory) },
    ]),
    ...writePrograms(
      "services",
      programs.map((program) => ({
        name: program.name,
        lines: programLines(program, draft).map((line) => ({ line })),
      })),
    ).map(({ line }) => line),
    "",
    ...telling(app),
  ];
  return `${lines.join("\n")}\n`;
}

/** Nobody can guess who is to be told; that somebody should be is easily forgotten. */
function telling(app: string): string[] {
  return [
    ...comment(
      "",
      "Who is told when something is wrong; until this is filled in, no one is. Channels: holdfast explain notify",
    ),
    "# notify:",
    "#   channels:",
    `#     room: { telegram: { token: /etc/${app}/telegram-token, chat: "-100123" } }`,
    "#   policy: { critical: [room], error: [room], warning: digest }",
  ];
}

function identity({ app, userScope }: Draft): Key[] {
  if (userScope) return [];
  const account = app.slice(0, 28).replace(/-$/, "");
  const user = takenAccounts.has(account) ? `${account}-app` : account;
  return [
    { key: ["user"], value: user, why: "a system account of its own, made by apply when it is missing" },
  ];
}

function whereItLives(directory: string): string[] {
  if (/^\/(home|root)(\/|$)/.test(directory))
    return [
      "Below a home directory the service can read all of it (ProtectHome=read-only instead of yes), and its account must be allowed in. Better: move the application to /opt or /srv, or run it as yourself with holdfast --user.",
    ];
  return /^\/(var\/)?tmp(\/|$)/.test(directory)
    ? [
        "A service has a /tmp of its own (PrivateTmp=yes) and does not see this directory: move the application to /opt or /srv.",
      ]
    : [];
}
