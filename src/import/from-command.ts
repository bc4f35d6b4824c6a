import { isAbsolute, posix } from "node:path";
import { runtimeIn } from "../init/shell-line.ts";
import type { Key } from "../init/write-keys.ts";
import type { Place } from "../report/diagnostic.ts";
import { hideShapes } from "../value/secret-shapes.ts";
import { environmentKeys, type Variable } from "./environment.ts";
import type { Dropped } from "./imported.ts";
import type { TakenApart } from "./shell/take-apart.ts";

/** What a command becomes: keys of a service or a job, and where it runs. */
export type FromCommand = { keys: Key[]; dropped: Dropped[]; notes: string[]; directory: string | undefined };

/** Turns a command that was taken apart into keys, with further variables from around it. */
export function fromCommand(
  taken: TakenApart,
  where: {
    app: string;
    name: string;
    at: Place;
    why: string;
    variables?: readonly Variable[];
    required?: readonly { name: string; at: Place; from: string }[];
    hardening: string;
  },
): FromCommand {
  const { at } = where;
  const dropped: Dropped[] = [];
  const notes: string[] = [];
  const secret = hideShapes(taken.run.join("\0")).count > 0;
  if (secret)
    dropped.push({
      at,
      what: "a word of the command that looks like a secret",
      why: "everybody on the host can read command lines, and a spec is no place for one",
      todo: "let the program read it from a variable of env.file or from $CREDENTIALS_DIRECTORY (secrets:), and take [hidden] out of run",
    });
  if (taken.shell !== null)
    notes.push(`A shell still runs it, because ${taken.shell}. Better: a script that ends with exec.`);
  if (taken.lock !== null)
    notes.push(`flock ${taken.lock} is gone: systemd never starts a job that still runs.`);
  const env = environmentKeys(
    [...(where.variables ?? []), ...Object.entries(taken.env).map(([name, value]) => ({ name, value, at }))],
    {
      app: where.app,
      name: where.name,
      required: where.required ?? [],
      files: taken.envFiles.map((path) => ({
        path,
        why: "a shell read it; systemd reads it by its own rules, and apply checks it",
        at,
      })),
    },
  );
  for (const { path, stream } of taken.redirects)
    if (path !== "/dev/null")
      dropped.push({
        at,
        what: `${stream === "err" ? "2>> " : ">> "}${path}`,
        why: "its output goes into the journal, with limits (logs:) instead of rotation",
        todo: `read it with holdfast logs ${where.name}, and whatever reads ${path} has to read the journal`,
      });
  const text = taken.run.join(" ");
  const hidesRuntime =
    taken.shell !== null || /^(npm|npx|yarn|pnpm|bundle|gunicorn|uvicorn|celery)$/.test(taken.run[0]!);
  const runtime = runtimeIn(text);
  return {
    directory: taken.directory ?? undefined,
    notes,
    dropped: [...dropped, ...env.dropped],
    keys: [
      { key: ["run"], value: [...taken.run], why: where.why, at },
      ...(hidesRuntime && runtime !== "other"
        ? [{ key: ["runtime"], value: runtime, why: "what the command starts", at }]
        : []),
      ...(taken.before.length > 0
        ? [
            {
              key: ["before-start"],
              value: taken.before.map((words) => words.join(" ")),
              why: "came before it",
              at,
            },
          ]
        : []),
      ...env.keys,
      ...(taken.nice === null ? [] : [{ key: ["limits", "nice"], value: taken.nice, why: "nice", at }]),
      { key: ["hardening"], value: "off", why: where.hardening, at },
    ],
  };
}

/** Files that a command's output went to, and that nobody writes any more. */
export function logFilesOf({ redirects, directory }: TakenApart): string[] {
  return redirects
    .map(({ path }) => (isAbsolute(path) || directory === null ? path : posix.join(directory, path)))
    .filter((path) => path !== "/dev/null");
}
