import { formatCommand } from "../value/command.ts";
import type { WrittenDirectory } from "./find-data.ts";
import type { FoundEnv } from "./find-env.ts";
import type { Program } from "./program.ts";
import type { Draft } from "./draft.ts";
import { writeKeys, type Key } from "./write-keys.ts";
import { comment, commented } from "./yaml-lines.ts";

/** Keys as lines of text. */
export function keyLines(indent: string, keys: readonly Key[]): string[] {
  return writeKeys(indent, keys).map(({ line }) => line);
}

/** The lines of a service, each with the reason for it. */
export function programLines(program: Program, { env, written, programs }: Draft): string[] {
  const indent = "    ";
  const { run, runtime } = program;
  const port = program.port ?? (programs.length === 1 ? env?.port : undefined);
  const portFrom =
    program.port === undefined
      ? `${env?.portName} in .env`
      : env?.port === program.port
        ? `${env.portName} in .env, written in for $PORT`
        : "written in for $PORT";
  const set = { ...program.set, ...(program.port === undefined ? {} : { PORT: String(program.port) }) };
  return [
    ...program.notes.flatMap((note) => comment(indent, note)),
    ...keyLines(indent, [
      { key: ["run"], value: run[0] === "/bin/sh" ? run : formatCommand(run), why: program.because },
      ...(runtime ? [{ key: ["runtime"], value: runtime.text, why: runtime.because }] : []),
      ...environment(set, env),
    ]),
    ...secretLines(env),
    ...(port === undefined
      ? []
      : [
          ...keyLines(indent, [{ key: ["ports"], value: [port], why: portFrom }]),
          ...commented(
            `${indent}# ready: { tcp: ${port} }`,
            "uncomment it if it listens there: apply then waits for it",
          ),
        ]),
    ...keyLines(indent, [
      {
        key: ["restart"],
        value: { on: "failure", delay: "5s", limit: "10 per 1h" },
        why: "after ten starts within an hour it gives up",
      },
    ]),
    ...writes(indent, written),
  ];
}

function environment(set: Readonly<Record<string, string>>, env: FoundEnv | null): Key[] {
  // apply refuses a variable that stands both in the file and here, because the file would win.
  const twice = Object.keys(set).filter((name) => env?.names.includes(name));
  const own = Object.fromEntries(Object.entries(set).filter(([name]) => !twice.includes(name)));
  const other = twice.filter((name) => name !== env?.portName);
  return [
    ...(env === null ? [] : fileKeys(env, other)),
    ...(Object.keys(own).length > 0 ? [{ key: ["env", "set"], value: own }] : []),
  ];
}

function fileKeys(env: FoundEnv, twice: readonly string[]): Key[] {
  const { file, exists, open, required, requiredFrom } = env;
  const why = requiredFrom === file ? `these have a value in ${file}` : `named in ${requiredFrom}`;
  return [
    {
      key: ["env", "file"],
      value: file,
      why: exists
        ? "checked under systemd's own rules before it is used"
        : `it is missing; ${requiredFrom} says what belongs into it`,
      above: [
        ...(open ? [`Others may read or change it, and apply refuses that: chmod 600 ${file}`] : []),
        ...(twice.length > 0 ? [`The command set ${twice.join(", ")} too; the value in .env counts.`] : []),
      ],
    },
    ...(required.length > 0
      ? [
          {
            key: ["env", "require"],
            value: required,
            above: [`Without one of these nothing starts; ${why}.`],
          },
        ]
      : []),
  ];
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

function writes(indent: string, written: readonly WrittenDirectory[]): string[] {
  if (written.length === 0)
    return [
      ...comment(
        indent,
        "Nothing was found that it writes to. Everything is read-only to it but what is named here:",
      ),
      `${indent}# writes: [data]`,
    ];
  const open = written.some(({ path }) => path === ".");
  return keyLines(indent, [
    {
      key: ["writes"],
      value: written.map(({ path }) => path),
      why: written.map(({ because }) => because).join("; "),
      above: open
        ? [
            "A database beside the code makes the code writable too: better move it into a directory of its own.",
          ]
        : [],
    },
  ]);
}
