import { formatCommand } from "../value/command.ts";
import type { FoundEnv } from "./find-env.ts";
import type { WrittenDirectory } from "./find-data.ts";
import type { Program } from "./program.ts";
import { comment, commented, yamlList, yamlMap, yamlText } from "./yaml-lines.ts";

/** Everything that goes into a first spec. */
export type Draft = {
  app: string;
  directory: string;
  userScope: boolean;
  programs: readonly Program[];
  env: FoundEnv | null;
  written: readonly WrittenDirectory[];
  manifests: readonly string[];
  alsoFound: readonly string[];
};

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
  return `${[
    ...intro,
    ...commented(`app: ${app}`, "after the directory; units are named after it"),
    ...identity(draft),
    ...whereItLives(directory),
    `directory: ${yamlText(directory)}`,
    "",
    "services:",
    ...programs.flatMap((program, index) => [...(index === 0 ? [] : [""]), ...service(program, draft)]),
    "",
    ...telling(app),
  ].join("\n")}\n`;
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

function identity({ app, userScope }: Draft): string[] {
  if (userScope) return [];
  const account = app.slice(0, 28).replace(/-$/, "");
  const user = takenAccounts.has(account) ? `${account}-app` : account;
  return commented(`user: ${user}`, "a system account of its own, made by apply when it is missing");
}

function whereItLives(directory: string): string[] {
  if (/^\/(home|root)(\/|$)/.test(directory)) {
    return comment(
      "",
      "Below a home directory the service can read all of it (ProtectHome=read-only instead of yes), and its account must be allowed in. Better: move the application to /opt or /srv, or run it as yourself with holdfast --user.",
    );
  }
  return /^\/(var\/)?tmp(\/|$)/.test(directory)
    ? comment(
        "",
        "A service has a /tmp of its own (PrivateTmp=yes) and does not see this directory: move the application to /opt or /srv.",
      )
    : [];
}

function service(program: Program, { env, written, programs }: Draft): string[] {
  const indent = "    ";
  const command = formatCommand(program.run);
  const run =
    program.run[0] === "/bin/sh"
      ? yamlList(indent, "run", program.run)
      : [`${indent}run: ${yamlText(command)}`];
  const port = program.port ?? (programs.length === 1 ? env?.port : undefined);
  const portFrom =
    program.port === undefined
      ? `${env?.portName} in .env`
      : env?.port === program.port
        ? `${env.portName} in .env, written in for $PORT`
        : "written in for $PORT";
  const set = { ...program.set, ...(program.port === undefined ? {} : { PORT: String(program.port) }) };
  return [
    `  ${program.name}:`,
    ...program.notes.flatMap((note) => comment(indent, note)),
    ...(program.because === "" || run.length > 1 ? run : commented(run[0]!, program.because)),
    ...(program.runtime
      ? commented(`${indent}runtime: ${program.runtime.text}`, program.runtime.because)
      : []),
    ...environment(set, env),
    ...(port === undefined
      ? []
      : [
          ...commented(`${indent}ports: [${port}]`, portFrom),
          ...commented(
            `${indent}# ready: { tcp: ${port} }`,
            "uncomment it if it listens there: apply then waits for it",
          ),
        ]),
    ...commented(
      `${indent}restart: { on: failure, delay: 5s, limit: 10 per 1h }`,
      "after ten starts within an hour it gives up",
    ),
    ...writes(written),
  ];
}

function environment(set: Readonly<Record<string, string>>, env: FoundEnv | null): string[] {
  const indent = "      ";
  // apply refuses a variable that stands both in the file and here, because the file would win.
  const twice = Object.keys(set).filter((name) => env?.names.includes(name));
  const own = Object.fromEntries(Object.entries(set).filter(([name]) => !twice.includes(name)));
  const lines: string[] = [];
  if (env) {
    const state = env.exists
      ? "checked under systemd's own rules before it is used"
      : `it is missing; ${env.requiredFrom} says what belongs into it`;
    lines.push(...commented(`${indent}file: ${env.file}`, state));
    if (env.open)
      lines.push(
        ...comment(indent, `Others may read or change it, and apply refuses that: chmod 600 ${env.file}`),
      );
    const why =
      env.requiredFrom === env.file ? `these have a value in ${env.file}` : `named in ${env.requiredFrom}`;
    if (env.required.length > 0)
      lines.push(
        ...comment(indent, `Without one of these nothing starts; ${why}.`),
        ...yamlList(indent, "require", env.required),
      );
  }
  const other = twice.filter((name) => name !== env?.portName);
  if (other.length > 0)
    lines.push(...comment(indent, `The command set ${other.join(", ")} too; the value in .env counts.`));
  if (Object.keys(own).length > 0) lines.push(...yamlMap(indent, "set", own));
  return [...(lines.length === 0 ? [] : ["    env:", ...lines]), ...secretLines(env)];
}

function secretLines(env: FoundEnv | null): string[] {
  if (!env || env.secrets.length === 0) return [];
  const [first] = env.secrets;
  return [
    ...comment(
      "    ",
      `${env.secrets.join(", ")}: ${env.secrets.length === 1 ? "looks like a secret" : "look like secrets"}. A credential reaches this service only, as a file in $CREDENTIALS_DIRECTORY where the program has to read it:`,
    ),
    `    # secrets: { ${first}: /etc/credentials/${first!.toLowerCase().replaceAll("_", "-")} }`,
  ];
}

function writes(written: readonly WrittenDirectory[]): string[] {
  const indent = "    ";
  if (written.length === 0)
    return [
      ...comment(
        indent,
        "Nothing was found that it writes to. Everything is read-only to it but what is named here:",
      ),
      `${indent}# writes: [data]`,
    ];
  const reasons = written.map(({ because }) => because).join("; ");
  const list = yamlList(
    indent,
    "writes",
    written.map(({ path }) => path),
  );
  const open = written.some(({ path }) => path === ".")
    ? comment(
        indent,
        "A database beside the code makes the code writable too: better move it into a directory of its own.",
      )
    : [];
  return [
    ...open,
    ...(list.length === 1 ? commented(list[0]!, reasons) : [...comment(indent, reasons), ...list]),
  ];
}
