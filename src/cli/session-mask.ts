import type { Session } from "./session.ts";

export type SessionMask = {
  text: (text: string) => string;
  /** Every text in a value. */
  value: <T extends object>(value: T) => T;
};

/**
 * Takes secrets out of what a command shows of applications. Who may not read the secrets themselves sees texts in which
 * only what looks like a secret is hidden.
 */
export async function maskFor(session: Session, apps: readonly string[]): Promise<SessionMask> {
  const { readAppMask, shapesMask } = await import("../observe/app-mask.ts");
  const host = await session.host();
  const masks = await Promise.all(
    [...new Set(apps)].map(async (app) => {
      const desired = (await session.currentGeneration(app))?.desired ?? null;
      return (await readAppMask(host, desired, desired?.notifier?.secrets ?? [])) ?? shapesMask;
    }),
  );
  const text = (words: string): string => masks.reduce((rest, mask) => mask(rest), words);
  return { text, value: (value) => deeply(value, text) as typeof value };
}

function deeply(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === "string") return mask(value);
  if (Array.isArray(value)) return value.map((one) => deeply(one, mask));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, deeply(one, mask)]));
}
