import type { ProgramSpec } from "../spec/program-schema.ts";

/** The keys that services and jobs share, and the one that only services have but that shapes their sandbox. */
export type ProgramKeys = ProgramSpec & { ports?: readonly number[] | undefined };

/** Where in the spec a key of the program stands, such as services.bot.limits. */
export type PathOf = (...rest: (string | number)[]) => (string | number)[];

export function pathBelow(kind: "services" | "jobs", name: string): PathOf {
  return (...rest) => [kind, name, ...rest];
}
