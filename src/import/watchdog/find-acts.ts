import type { Watchdog } from "../imported.ts";
import type { Script, ScriptLine } from "./script.ts";
import { alertHosts } from "./find-checks.ts";

type Target = Watchdog["targets"][number];

/** What a script restarts, in order, each once. */
export function findTargets({ lines }: Script): Target[] {
  const found = new Map<string, Target>();
  const add = (manager: Target["manager"], name: string, { at }: ScriptLine): void => {
    const clean = name.replace(/^["']|["']$/g, "").replace(/\.service$/, "");
    if (clean !== "" && !/[$`]/.test(clean)) found.set(`${manager} ${clean}`, { manager, name: clean, at });
  };
  for (const line of lines) {
    const { text } = line;
    const unit =
      /\bsystemctl\s+(?:-\S+\s+)*(?:re)?(?:start|try-restart|reload-or-restart)\s+(?:-\S+\s+)*([\w@.:"'-]+)/.exec(
        text,
      );
    const old =
      /\bservice\s+([\w@.-]+)\s+(?:re)?start\b/.exec(text) ??
      /\/etc\/init\.d\/([\w@.-]+)\s+(?:re)?start\b/.exec(text);
    const pm2 = /\bpm2\s+(?:restart|reload|start)\s+([\w@."'-]+)/.exec(text);
    const supervisor = /\bsupervisorctl\s+(?:-\w\s+\S+\s+)*(?:re)?start\s+([\w:*."'-]+)/.exec(text);
    const killed = /\b(?:pkill|killall)\s+(?:-\S+\s+)*("[^"]+"|'[^']+'|[^\s;|&)]+)/.exec(text);
    if (unit) add("systemd", unit[1]!, line);
    else if (old) add("systemd", old[1]!, line);
    else if (pm2) add("pm2", pm2[1]!, line);
    else if (supervisor) add("supervisor", supervisor[1]!, line);
    else if (killed) add("process", killed[1]!, line);
  }
  const all = [...found.values()];
  // What is killed before a manager restarts it is the same thing.
  return all.some(({ manager }) => manager !== "process")
    ? all.filter(({ manager }) => manager !== "process")
    : all;
}

/** How a script itself starts the program: a line that goes into the background, and the directory before it. */
export function findStart({ lines }: Script): Watchdog["start"] {
  let directory: string | null = null;
  for (const { at, text } of lines) {
    for (const part of text.split(/&&(?!&)|\|\||[;{}()]|\bthen\b|\bdo\b/)) {
      const cd = /^\s*cd\s+("[^"]+"|'[^']+'|\S+)\s*$/.exec(part);
      if (cd) directory = cd[1]!.replace(/^["']|["']$/g, "");
      const background = /^\s*(.+?)\s*&\s*(?:disown\s*)?$/.exec(part);
      if (background && !/^(sleep|wait|curl|mail)\b/.test(background[1]!))
        return { command: background[1]!, directory, at };
    }
  }
  return null;
}

/** The most restarts within an hour, where a script counts them. */
export function findLimit({ variables }: Script): { count: number; why: string } | null {
  for (const [name, value] of variables)
    if (
      /max_?(?:restart|attempt|retr)|restart_?limit/i.test(name) &&
      /^\d{1,3}$/.test(value) &&
      value !== "0"
    )
      return { count: Number(value), why: `${name}=${value}` };
  return null;
}

/** Lines that tell somebody. */
export function isAlert({ text }: ScriptLine): boolean {
  return (
    /\b(?:mail|mailx|sendmail|mutt|msmtp|notify-send|wall)\b\s|smtplib|send_?(?:alert|mail|telegram|message)/i.test(
      text,
    ) || alertHosts.test(text)
  );
}
