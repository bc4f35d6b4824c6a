import type { LookupFunction } from "node:net";
import type { RunOptions, RunResult } from "../../host/host.ts";
import type { SecretOf } from "../channel.ts";

export type Run = (argv: readonly string[], options?: RunOptions) => Promise<RunResult>;

/** What whoever opens a channel hands it. All but `now` has a default. */
export type Tools = {
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Runs a program of this host to its end, without a shell. */
  run?: Run;
  /** Milliseconds that one delivery may take. */
  patience?: number;
  /** Milliseconds before a broken connection for listening is made again; doubled each time that fails, up to 60 times as long. */
  rest?: number;
  /** Finds the addresses of mail servers, instead of the host's resolver. */
  lookup?: LookupFunction;
};

/** What a channel works with. */
export type Means = Required<Omit<Tools, "lookup">> & {
  lookup: LookupFunction | undefined;
  /** The value of a credential, for this use; from then on it is in no words of the channel. Throws Refusal. */
  secret: (id: string) => string;
  /** Further texts that give the secret away, such as a part of an address. */
  hide: (...texts: readonly string[]) => void;
  /** The words without any of them. */
  hush: (words: string) => string;
};

/** Nothing can be sent with these settings: the message says why, trying again is useless. */
export class Refusal extends Error {}

const defaultPatience = 10_000;
const defaultRest = 1000;
/** Shorter texts are everywhere; hiding them would make the words unreadable. */
const shortestHidden = 4;

/** Fills in what was not handed over, and remembers every secret that is used. */
export function makeMeans(secretOf: SecretOf, tools: Tools): Means {
  const hidden = new Set<string>();
  const hide = (...texts: readonly string[]): void => {
    for (const text of texts)
      for (const form of [text, encodeURIComponent(text.toWellFormed())])
        if (form.length >= shortestHidden) hidden.add(form);
  };
  return {
    now: tools.now,
    run: tools.run ?? runOnHost,
    patience: tools.patience ?? defaultPatience,
    rest: tools.rest ?? defaultRest,
    lookup: tools.lookup,
    hide,
    secret: (id) => {
      const value = readSecret(secretOf, id);
      hide(value);
      return value;
    },
    // The longest first: one may be a part of another.
    hush: (words) =>
      [...hidden]
        .sort((a, b) => b.length - a.length)
        .reduce((rest, text) => rest.replaceAll(text, "[secret]"), words),
  };
}

function readSecret(secretOf: SecretOf, id: string): string {
  let value: string;
  try {
    value = secretOf(id).reveal().trim();
  } catch {
    throw new Refusal(`the credential ${id} cannot be read`);
  }
  if (value === "") throw new Refusal(`the credential ${id} is empty`);
  return value;
}

async function runOnHost(argv: readonly string[], options?: RunOptions): Promise<RunResult> {
  const { run } = await import("../../host/run.ts");
  return run(argv, options);
}
