import type { ChannelSpec } from "./channel-schema.ts";

type Named = {
  channels?: Readonly<Record<string, ChannelSpec>> | undefined;
  contacts?: unknown;
  policy?: unknown;
  digest?: unknown;
};

/**
 * The journal needs no account, so it need not be declared: it is there under its own name where somebody names it, and by
 * itself where no other channel is.
 */
export function withJournal<T extends Named>(
  notify: T,
): Omit<T, "channels"> & { channels: Readonly<Record<string, ChannelSpec>> } {
  const declared = notify.channels ?? {};
  const { contacts, policy, digest } = notify;
  const fallbacks = Object.values(declared).map(({ fallback }) => fallback);
  const wanted = Object.keys(declared).length === 0 || mentions([contacts, policy, digest, fallbacks]);
  const journal = { journal: { journal: {} } } as unknown as Record<string, ChannelSpec>;
  return {
    ...notify,
    channels: wanted && !Object.hasOwn(declared, "journal") ? { ...declared, ...journal } : declared,
  };
}

function mentions(value: unknown): boolean {
  if (value === "journal") return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, inner]) => key === "journal" || mentions(inner));
}
