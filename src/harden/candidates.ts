import type { Directive } from "../compile/artifact.ts";
import type { Choice, Ladder } from "./search.ts";
import type { TraceFacts } from "./trace.ts";

export type Setting = readonly [key: string, value: string];

/** One way in which something can be on. */
export type Way = { settings: readonly Setting[]; why: string };

/** Something that can be on, the tightest way first. */
export type Candidate = {
  /** The directive, or "SystemCallFilter=~@aio" for a group of system calls that is denied as well. */
  id: string;
  ways: readonly Way[];
  /** The way the preset has it; null when the preset does not have it at all. */
  preset: number | null;
  /** Why it is likely to break the program; null when nothing speaks against it. */
  suspect: string | null;
};

export type Surroundings = {
  /** The sandbox that the strict preset gives this service on this systemd. */
  preset: readonly Directive[];
  /** null where nothing could watch system calls. */
  trace: TraceFacts | null;
  /** Calls of the groups that could be denied as well. */
  groups: ReadonlyMap<string, readonly string[]>;
  systemd: number;
  ports: readonly number[];
  /** Directories that it may write to, absolute. */
  writable: readonly string[];
  /** Its program and the files it was seen to run. */
  programs: readonly string[];
};

/** What could be tried and was not, with the reason. */
export type NotTried = { id: string; why: string };

const asPreset = "as the preset has it";
/** Less tight ways of what the preset has; off comes after the last. */
const milder: Readonly<Record<string, readonly string[]>> = {
  ProtectSystem: ["full"],
  ProtectHome: ["read-only"],
};
/** Not for the search: what the spec itself promises, and what only gives. */
const fixed = new Set([
  "AmbientCapabilities",
  "IPAddressAllow",
  "IPAddressDeny",
  "LimitRTPRIO",
  "PrivateNetwork",
  "ReadWritePaths",
  "SystemCallErrorNumber",
  "UMask",
]);

/**
 * Calls within @system-service that ordinary programs do without. Never what a program may need on a rare day: not @sync, and
 * not @ipc, in which there is pipe2, by which it starts another program.
 */
export const deniableGroups = ["@aio", "@keyring", "@memlock"] as const;
const oldIpc = ["mq_open", "msgget", "semget", "shmget"] as const;

/** Calls that have to be watched to know what could be denied. */
export function callsToWatch(groups: Surroundings["groups"]): string[] {
  return [...[...groups.values()].flat(), ...oldIpc];
}

/** Everything that the search may turn on and off, in the order of what is worth more. */
export function makeCandidates(given: Surroundings): { candidates: Candidate[]; notTried: NotTried[] } {
  const notTried: NotTried[] = [];
  const keys = [...new Set(given.preset.map(({ key }) => key))].filter((key) => !fixed.has(key));
  const candidates = keys.map((key) => presetCandidate(key, given));
  const extra = (one: Candidate | NotTried): void => {
    if ("ways" in one) candidates.push(one);
    else notTried.push(one);
  };
  if (!keys.includes("MemoryDenyWriteExecute")) extra(memory(given));
  for (const one of network(given)) extra(one);
  extra(noExec(given));
  if (keys.includes("SystemCallFilter")) {
    for (const group of deniableGroups) extra(deniedCalls(group, given.groups.get(group) ?? [], given));
    extra(deniedCalls(oldIpc.join(" "), oldIpc, given));
  }
  return { candidates, notTried };
}

/** What stays as it is whatever is chosen. */
export function fixedSettings(preset: readonly Directive[]): Setting[] {
  return preset.filter(({ key }) => fixed.has(key) && key !== "SystemCallErrorNumber").map(settingOf);
}

export function laddersOf(candidates: readonly Candidate[]): Ladder[] {
  return candidates.map(({ id, ways }) => ({ id, rungs: ways.length }));
}

/** The settings of a choice. A filter that denies comes after the one that allows, as systemd wants it. */
export function settingsOf(candidates: readonly Candidate[], choice: Choice): Setting[] {
  return candidates.flatMap(({ id, ways }) => ways[choice.get(id) ?? ways.length]?.settings ?? []);
}

function settingOf({ key, value }: Directive): Setting {
  return [key, value];
}

function presetCandidate(key: string, given: Surroundings): Candidate {
  const lines = given.preset.filter((one) => one.key === key).map(settingOf);
  const way = { settings: lines, why: asPreset };
  const ways: Way[] = [way];
  if (key === "SystemCallFilter") {
    const errno = given.preset.filter((one) => one.key === "SystemCallErrorNumber").map(settingOf);
    ways[0] = { ...way, settings: [...lines, ...errno] };
    if (lines.length > 1)
      ways.push({ settings: [lines[0]!, ...errno], why: "without denying @privileged and @resources" });
  }
  if (key !== "SystemCallFilter" && lines.length === 1)
    for (const value of milder[key] ?? [])
      if (value !== lines[0]![1]) ways.push({ settings: [[key, value]], why: "milder than the preset" });
  const families = key === "RestrictAddressFamilies" ? narrowerFamilies(lines[0]![1], given.trace) : null;
  if (families) ways.unshift(families);
  return { id: key, ways, preset: families ? 1 : 0, suspect: suspectOf(key, given) };
}

function suspectOf(key: string, { trace }: Surroundings): string | null {
  if (key === "MemoryDenyWriteExecute" && trace?.writesCode) return writesCode(trace.writesCode);
  return null;
}

function writesCode(call: string): string {
  return `it writes machine code while it runs: ${call} was called`;
}

/** AF_UNIX stays: logging, and looking up users, need it at moments that no one has planned. */
function narrowerFamilies(preset: string, trace: TraceFacts | null): Way | null {
  if (!trace) return null;
  const before = preset.split(" ");
  const seen = trace.families;
  const inet = seen.some((family) => family.startsWith("AF_INET"));
  const wanted = before.filter(
    (family) => family === "AF_UNIX" || (inet && family.startsWith("AF_INET")) || seen.includes(family),
  );
  if (wanted.length === before.length) return null;
  const made =
    seen.length === 0 ? "no socket at all was made" : `sockets were made of ${seen.join(", ")} only`;
  return { settings: [["RestrictAddressFamilies", wanted.join(" ")]], why: made };
}

function memory({ trace }: Surroundings): Candidate {
  const seen = trace?.writesCode ?? null;
  return {
    id: "MemoryDenyWriteExecute",
    ways: [
      {
        settings: [["MemoryDenyWriteExecute", "yes"]],
        why: trace ? "it was not seen to make memory executable" : "it ran with it",
      },
    ],
    preset: null,
    suspect: seen === null ? (trace ? null : "runtimes that compile need it") : writesCode(seen),
  };
}

/** What a program that nothing watched wants of the network cannot be told here, where there is none. */
function network(given: Surroundings): (Candidate | NotTried)[] {
  const { trace, ports, preset } = given;
  const has = (key: string) => preset.some((one) => one.key === key);
  if (has("PrivateNetwork") || has("IPAddressDeny")) return [];
  const not = (id: string, why: string): NotTried[] => [{ id, why }];
  if (!trace) return not("PrivateNetwork", "what it wants of the network could not be seen without strace");
  const families = trace.families.filter((family) => family !== "AF_UNIX");
  const one = (id: string, settings: readonly Setting[], why: string): Candidate[] => [
    { id, ways: [{ settings, why }], preset: null, suspect: null },
  ];
  // Whoever asks it over a network would have been seen: there has to be a socket to ask.
  if (families.length === 0 && ports.length === 0)
    return one("PrivateNetwork", [["PrivateNetwork", "yes"]], "no socket of a network was made");
  const outside = [...trace.reached, ...trace.listened];
  if (outside.length > 0) {
    const what = trace.reached.length > 0 ? "it wanted to reach" : "it listens on";
    return not("IPAddressDeny", `${what} ${outside.slice(0, 3).join(", ")}`);
  }
  return one(
    "IPAddressDeny",
    [
      ["IPAddressDeny", "any"],
      ["IPAddressAllow", "localhost"],
    ],
    "only addresses of this machine were used",
  );
}

/** What it can write it cannot run. */
function noExec({ writable, programs, systemd }: Surroundings): Candidate | NotTried {
  const id = "NoExecPaths";
  if (systemd < 248) return { id, why: "it needs systemd 248" };
  const holds = (directory: string) => programs.find((path) => path.startsWith(`${directory}/`));
  const places = ["/dev/shm", "/tmp", "/var/tmp", ...writable.toSorted()];
  const fit = places.filter((path) => /^[\w@~.:/+-]+$/.test(path) && holds(path) === undefined);
  const left = places.filter((path) => !fit.includes(path));
  const because = left.map((path) => {
    const program = holds(path);
    return program === undefined ? `${path} cannot be written there` : `it runs ${program}`;
  });
  const why = because.length === 0 ? "nothing that it can write was run" : `left out: ${because.join(", ")}`;
  const value = fit.map((path) =>
    path.startsWith("/var/tmp") || path.startsWith("/tmp") ? path : `-${path}`,
  );
  return {
    id,
    ways: [{ settings: [[id, value.join(" ")]], why }],
    preset: null,
    suspect: null,
  };
}

function deniedCalls(words: string, calls: readonly string[], { trace }: Surroundings): Candidate | NotTried {
  const id = `SystemCallFilter=~${words}`;
  const used = calls.filter((call) => (trace?.calls.get(call) ?? 0) > 0);
  if (used.length > 0) return { id, why: `it calls ${used.slice(0, 4).join(", ")}` };
  return {
    id,
    ways: [
      {
        settings: [["SystemCallFilter", `~${words}`]],
        why: trace ? "none of its calls was made" : "it ran without it",
      },
    ],
    preset: null,
    suspect: null,
  };
}
