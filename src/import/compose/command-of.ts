import { splitWords } from "../../unit/words.ts";
import { entry, textOf, type DataNode } from "../data/node.ts";
import { linesOf } from "../places.ts";
import { takeApart, type TakenApart } from "../shell/take-apart.ts";

/** What an image says about itself, as far as its Dockerfile tells. */
export type Dockerfile = {
  entrypoint: DockerCommand | null;
  command: DockerCommand | null;
  env: { name: string; value: string }[];
  user: string | null;
  stopSignal: string | null;
};

type DockerCommand = { words: readonly string[] } | { shell: string };

/** Reads the last stage of a Dockerfile; nothing is built. */
export function readDockerfile(text: string): Dockerfile {
  let read: Dockerfile = { entrypoint: null, command: null, env: [], user: null, stopSignal: null };
  const lines = linesOf(text);
  for (let i = 0; i < lines.length; i++) {
    let line = lines[i]!.trim();
    if (line.startsWith("#")) continue;
    while (line.endsWith("\\") && i + 1 < lines.length) line = `${line.slice(0, -1)} ${lines[++i]!.trim()}`;
    const match = /^([A-Za-z]+)\s+(.*)$/.exec(line);
    const rest = match?.[2] ?? "";
    switch (match?.[1]?.toUpperCase()) {
      case "FROM":
        read = { entrypoint: null, command: null, env: [], user: null, stopSignal: null };
        break;
      case "ENTRYPOINT":
        read.entrypoint = dockerCommand(rest);
        break;
      case "CMD":
        read.command = dockerCommand(rest);
        break;
      case "USER":
        read.user = rest.split(":")[0]!;
        break;
      case "STOPSIGNAL":
        read.stopSignal = rest.trim();
        break;
      case "ENV":
        if (/^[A-Za-z_]\w*=/.test(rest))
          for (const { text: word } of splitWords(rest, false).words) {
            const cut = word.indexOf("=");
            if (cut > 0) read.env.push({ name: word.slice(0, cut), value: word.slice(cut + 1) });
          }
        else {
          const old = /^([A-Za-z_]\w*)\s+(.*)$/.exec(rest);
          if (old) read.env.push({ name: old[1]!, value: old[2]! });
        }
    }
  }
  return read;
}

function dockerCommand(text: string): DockerCommand {
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list) && list.every((word) => typeof word === "string")) return { words: list };
  } catch {
    // Not a list: a line for a shell.
  }
  return { shell: text };
}

/** The command of a service: its own entrypoint and command, then those of its Dockerfile; null where only the image knows. */
export function composeCommand(service: DataNode, image: Dockerfile | null): TakenApart | null {
  const own = {
    entrypoint: written(entry(service, "entrypoint")),
    command: written(entry(service, "command")),
  };
  const entrypoint = own.entrypoint ?? image?.entrypoint ?? null;
  // An entrypoint of the service's own takes the image's command away.
  const command = own.command ?? (own.entrypoint === null ? (image?.command ?? null) : null);
  const parts = [entrypoint, command].filter((part) => part !== null);
  if (parts.length === 0) return null;
  const none = takeApart("true");
  const [first] = parts;
  if (parts.length === 1 && "shell" in first!) return takeApart(first.shell);
  // A shell that a list asks for is taken apart, too.
  const words = parts.flatMap((part) => ("words" in part ? part.words : ["/bin/sh", "-c", part.shell]));
  if (words.length === 3 && /(^|\/)(ba|da|z|a)?sh$/.test(words[0]!) && /^-\w*c$/.test(words[1]!))
    return takeApart(words[2]!);
  return words.length === 0 ? null : { ...none, run: words };
}

/** Compose splits a line into words; a shell is used only where it is written. $$ is a dollar. */
function written(node: DataNode | undefined): DockerCommand | null {
  if (node === undefined || (node.kind === "scalar" && node.value === null)) return null;
  if (node.kind === "list")
    return { words: node.items.map((item) => (textOf(item) ?? "").replaceAll("$$", "$")) };
  const words = splitWords((textOf(node) ?? "").replaceAll("$$", "$"), false).words.map(({ text }) => text);
  return words.length === 0 ? null : { words };
}
