import type { Key, SpecData } from "../../init/write-keys.ts";
import { entry, itemsOf, textOf, type DataNode } from "../data/node.ts";
import type { Dropped } from "../imported.ts";
import { takeApart } from "../shell/take-apart.ts";
import { findChecks } from "../watchdog/find-checks.ts";
import { readScript } from "../watchdog/script.ts";

/** A health check of Compose as one of the spec's, and what else it becomes. */
export function healthOf(service: DataNode): { keys: Key[]; dropped: Dropped[]; check: SpecData | null } {
  const written = entry(service, "healthcheck");
  const test = entry(written, "test");
  if (written === undefined || textOf(entry(written, "disable")) === "true" || test === undefined)
    return { keys: [], dropped: [], check: null };
  const words = itemsOf(test).map((item) => textOf(item) ?? "");
  const [kind, ...rest] = test.kind === "list" ? words : ["CMD-SHELL", words[0] ?? ""];
  if (kind === "NONE") return { keys: [], dropped: [], check: null };
  const line = rest
    .join(" ")
    .replace(/\s*\|\|\s*(exit|false).*$/, "")
    .replaceAll("$$", "$");
  const [found] = findChecks(readScript(test.at.file, line));
  const times = timesOf(written, found?.check !== null && found !== undefined && "file" in found.check);
  const dropped: Dropped[] = [];
  let check: Record<string, SpecData>;
  let why = `healthcheck: ${line}`;
  if (found?.check) {
    const [[name, inner]] = Object.entries(found.check) as [[string, Record<string, SpecData>]];
    check = { [name]: { ...inner, ...times } };
  } else {
    const run = kind === "CMD" ? rest : takeApart(line).run;
    check = { exec: { run: [...run], ...times } };
    why += "; it runs in the service's sandbox, and its program must be on this host";
  }
  const grace = textOf(entry(written, "start_period"));
  return {
    check,
    dropped,
    keys: [
      { key: ["health"], value: [check], why, at: test.at },
      {
        key: ["heal"],
        value: { do: "alert-only" },
        why: "Compose marks it unhealthy and does nothing; better: restart",
        at: written.at,
      },
      ...(grace === undefined
        ? []
        : [{ key: ["grace"], value: spanOf(grace), why: "start_period", at: written.at }]),
    ],
  };
}

function timesOf(written: DataNode, isFile: boolean): Record<string, SpecData> {
  const every = textOf(entry(written, "interval")) ?? "30s";
  const timeout = textOf(entry(written, "timeout")) ?? "30s";
  const fails = textOf(entry(written, "retries")) ?? "3";
  return isFile
    ? {}
    : {
        every: spanOf(every),
        timeout: spanOf(timeout),
        ...(/^\d+$/.test(fails) && Number(fails) > 0 && Number(fails) <= 64 ? { fails: Number(fails) } : {}),
      };
}

/** 1m30s, as Go writes it, is 1m 30s here. */
export function spanOf(text: string): string {
  return text.trim().replace(/(\d(?:\.\d+)?)(us|ms|s|m|h)(?=\d)/g, "$1$2 ");
}
