import { closeUndeclared, type Declared } from "../tell/close-undeclared.ts";
import { tick } from "../tell/tick.ts";
import type { Session } from "./session.ts";

/** One that is killed leaves a window that ends by itself. */
const longest = 15 * 60_000;

/**
 * Our own work is no incident: while it goes on nobody is told, and what fails at its end is told then. `declared`: what
 * there is afterwards. Nothing here keeps the work from being done.
 */
export async function inOwnWindow<T>(
  session: Session,
  app: string,
  what: string,
  work: () => Promise<T>,
  declared: (result: T) => Declared | null,
  /** maintenance heals nothing meanwhile; a mute does. */
  kind: "maintenance" | "mute" = "maintenance",
  lasts = longest,
): Promise<T> {
  const opened = quietly(() => {
    const now = Date.now();
    return session.writableRecord().teller.store.silences.add({
      app,
      service: null,
      kind,
      since: now,
      until: now + Math.max(longest, lasts),
      untilResolved: false,
      why: `holdfast ${what}`,
      who: session.who,
    });
  });
  let result: T | null = null;
  try {
    result = await work();
    return result;
  } finally {
    const left = result === null ? null : declared(result);
    quietly(() => {
      const { teller, watch } = session.writableRecord();
      watch.together(() => {
        const telling = teller.telling(app);
        if (opened !== null) telling.store.silences.endOne(opened, telling.now);
        if (left !== null) closeUndeclared(telling, left);
        tick(telling);
      });
    });
  }
}

/** A record that cannot be written is said by the change itself, which writes there first. */
function quietly<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}
