import { posix } from "node:path";
import type { Diagnostic } from "../../report/diagnostic.ts";
import { slugOf } from "../../spec/slug.ts";
import { fromCommand, logFilesOf } from "../from-command.ts";
import type { Dropped, Imported, ImportedProgram, Importer } from "../imported.ts";
import { Names } from "../names.ts";
import { baseName, linePlace, linesOf } from "../places.ts";
import { takeApart } from "../shell/take-apart.ts";

const firstPort = 5000;
const mostMistakes = 100;

/** Imports Procfiles, as foreman runs them: a port for each program, .env beside it. */
export const importProcfile: Importer = (files, options) => {
  const diagnostics: Diagnostic[] = [];
  const apps = files.flatMap(({ path, text }): Imported[] => {
    const directory = posix.dirname(path);
    const app = options.app ?? (slugOf(baseName(posix.resolve("/", directory))) || "app");
    const envFile = posix.join(directory, ".env");
    const env = options.readFile?.(envFile) ?? null;
    const services: ImportedProgram[] = [];
    const dropped: Dropped[] = [];
    const names = new Names();
    let port = Number(/^PORT=(\d{2,5})$/m.exec(env ?? "")?.[1] ?? firstPort);
    for (const [index, line] of linesOf(text).entries()) {
      const at = linePlace(path, index + 1, line);
      if (line.trim() === "" || line.trim().startsWith("#")) continue;
      const [, type, command] = /^([A-Za-z0-9_-]+)\s*:\s*(\S.*)$/.exec(line) ?? [];
      if (type === undefined || command === undefined) {
        if (diagnostics.length >= mostMistakes) continue;
        diagnostics.push({
          severity: "error",
          code: "import/bad-procfile-line",
          summary: "Cannot read this line: it is no name: command",
          at,
          fix: "correct it, or remove it",
        });
        continue;
      }
      if (type === "release") {
        dropped.push({
          at,
          what: `release: ${command}`,
          why: "it is no service: it runs once before a new version",
          todo: "run it before holdfast apply, or put it into before-start: of a service",
        });
        continue;
      }
      const name = names.take(type);
      const asks = /\$(PORT\b|\{PORT\})/.test(command);
      const known = new Map([["PORT", String(port)]]);
      const taken = takeApart(command, { known, directory: posix.resolve("/", directory) });
      const made = fromCommand(taken, {
        app,
        name,
        at,
        why: `"${type}"`,
        variables:
          type === "web" || asks
            ? [{ name: "PORT", value: String(port), at, why: "as foreman counts: 5000, 5100, ..." }]
            : [],
        hardening: "as free as foreman left it; holdfast harden finds what it needs",
      });
      dropped.push(...made.dropped);
      services.push({
        name,
        at,
        notes: [`${path}:${at.line}: ${line.trim()}`, ...made.notes],
        directory: made.directory,
        logFiles: logFilesOf(taken),
        keys: [
          ...made.keys,
          ...(env === null
            ? []
            : [
                {
                  key: ["env", "file"],
                  value: ".env",
                  why: "foreman reads it; systemd does so by its own rules, and apply checks it",
                  at,
                },
              ]),
          ...(asks ? [{ key: ["ports"], value: [port], why: "it asks for $PORT", at }] : []),
          {
            key: ["restart", "on"],
            value: "failure",
            why: "foreman ends everything when one ends; here each comes back",
            at,
          },
          { key: ["stop", "timeout"], value: "5s", why: "foreman's default", at },
        ],
      });
      port += 100;
    }
    if (services.length === 0) return [];
    const account = options.account ?? "root";
    return [
      {
        app: { value: app, why: "the directory; units are named after it" },
        directory: { value: posix.resolve("/", directory), why: "where the Procfile is" },
        user: options.userScope
          ? null
          : { value: account, why: "foreman runs programs as whoever called it" },
        keys:
          options.userScope || account !== "root"
            ? []
            : [
                {
                  key: ["allow-root"],
                  value: "foreman ran it as root",
                  why: "better: an account of its own",
                },
              ],
        services,
        jobs: [],
        dropped,
        source: path,
      },
    ];
  });
  return { apps, diagnostics };
};
