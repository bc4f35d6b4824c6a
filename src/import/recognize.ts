import type { Diagnostic } from "../report/diagnostic.ts";
import { looksLikeCrontab } from "./crontab/read-crontab.ts";
import type { ForeignFile } from "./imported.ts";
import { baseName } from "./places.ts";
import { readWatchdogScript } from "./watchdog/read-watchdog.ts";

/** What import can read; units are read by their own importer. */
export const formats = ["crontab", "pm2", "supervisord", "procfile", "compose", "units", "watchdog"] as const;
export type Format = (typeof formats)[number];

const mostBytes = 10 * 1024 * 1024;

/** Tells the format of a file by its name, then by what is in it. Says why where it cannot. */
export function recognize(
  file: ForeignFile,
  from?: Format,
): { format: Format | null; diagnostic?: Diagnostic } {
  const { path, text } = file;
  const refuse = (code: string, what: string, fix: string): { format: null; diagnostic: Diagnostic } => ({
    format: null,
    diagnostic: {
      severity: "error",
      code,
      summary: `Cannot import ${path}: ${what}`,
      at: { file: path, line: 1, column: 1, length: 1 },
      fix,
    },
  });
  if (text.length > mostBytes)
    return refuse(
      "import/too-large",
      "it is larger than 10 MB, and no such file is",
      "name the file of the process manager itself",
    );
  if (text.includes("\0"))
    return refuse("import/binary", "it is a binary file", "name the file of the process manager itself");
  if (text.trim() === "")
    return refuse("import/empty", "it is empty", "name a file that has something in it");
  if (from !== undefined) return { format: from };
  const format = byName(path) ?? byContent(path, text);
  return format === null
    ? refuse(
        "import/unknown-format",
        "neither its name nor what is in it says what it is",
        `say it: --from ${formats.slice(0, 6).join(", ")}`,
      )
    : { format };
}

function byName(path: string): Format | null {
  const name = baseName(path);
  if (
    /\.(service|timer|socket|target|path|mount|automount|swap|slice)$/.test(name) ||
    /\.(service|timer|socket)\.d\//.test(path)
  )
    return "units";
  if (
    /^(ecosystem|process|pm2)(\.[\w-]+)*\.(c?js|mjs|json|ya?ml|json5)$/.test(name) ||
    /^dump\.pm2(\.bak)?$/.test(name)
  )
    return "pm2";
  if (/^supervisord?\.conf$/.test(name) || /(^|\/)supervisor(d)?\/(conf\.d\/)?[^/]+\.(conf|ini)$/.test(path))
    return "supervisord";
  if (/^Procfile(\.[\w-]+)?$/.test(name)) return "procfile";
  if (/^(docker-)?compose(\.[\w-]+)?\.ya?ml$/.test(name)) return "compose";
  if (
    name === "crontab" ||
    /(^|\/)(cron\.d|spool\/cron(\/\w+)?|cron\/tabs)\/[^/]+$/.test(path) ||
    /\.(cron|crontab)$/.test(name)
  )
    return "crontab";
  return null;
}

function byContent(path: string, text: string): Format | null {
  const head = text.slice(0, 200_000);
  if (/^\s*\[(program|group|eventlistener|supervisord|fcgi-program|unix_http_server):?/m.test(head))
    return "supervisord";
  if (/^\s*\[(Unit|Service|Timer|Socket|Install)\]/m.test(head)) return "units";
  if (/\bmodule\.exports\s*=|\bexport\s+default\b/.test(head) && /\bapps\b/.test(head)) return "pm2";
  if (/^\s*[[{]/.test(head) && /"(pm_exec_path|script|exec_mode)"/.test(head)) return "pm2";
  if (/^services:\s*$/m.test(head) && /^\s+(image|build|command|container_name|ports):/m.test(head))
    return "compose";
  if (/^apps:\s*$/m.test(head) && /^\s+(- )?\s*script:/m.test(head)) return "pm2";
  if (/^#!.*\b(ba|da|z|k)?sh\b|^#!.*\bpython/.test(head) || /\.(sh|bash|py)$/.test(path))
    return readWatchdogScript(path, text) === null ? null : "watchdog";
  if (looksLikeCrontab(head) !== null) return "crontab";
  const lines = head.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  if (lines.length > 0 && lines.every((line) => /^[A-Za-z0-9_-]+:\s+\S/.test(line)) && lines.length < 100)
    return "procfile";
  return null;
}
