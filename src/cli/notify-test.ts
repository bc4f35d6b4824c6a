import { notifyService } from "../compile/names.ts";
import type { OutboxRow } from "../tell/incident.ts";
import { putTests } from "../tell/routine.ts";
import { describeDuration } from "../value/duration.ts";
import type { Session } from "./session.ts";

export type Tested = { target: string; ok: boolean; says: string };

/** A channel may take 10 s, and its notifier may have to be started. */
const patience = 30_000;
const betweenLooks = 100;

/**
 * Sends a test through each target and waits until it has arrived, or is known not to.
 */
export async function testTargets(
  session: Session,
  app: string,
  targets: readonly string[],
): Promise<Tested[]> {
  const { teller, watch } = session.writableRecord();
  const began = Date.now();
  const rows = watch.together(() =>
    targets.map((target) => ({ target, row: putTests(teller.telling(app), [target], false)[0] ?? null })),
  );
  const { outbox } = teller.store;
  const ids = rows.flatMap(({ row }) => row ?? []);
  // The rows are in another process's hands: they are looked at until each has ended.
  while (
    Date.now() - began < patience &&
    outbox.unfinished(ids).some(({ attempts, lastError }) => attempts === 0 || lastError === null)
  )
    await new Promise((resolve) => setTimeout(resolve, betweenLooks));
  return rows.map(({ target, row }) => {
    if (row === null) return { target, ok: false, says: "its channel takes no tests" };
    return { target, ...judge(outbox.get(row)!, began) };
  });
}

function judge({ status, sent, lastError, why, attempts }: OutboxRow, began: number): Omit<Tested, "target"> {
  if (status === "sent")
    return { ok: true, says: `delivered in ${describeDuration(Math.max(1, sent! - began))}` };
  if (status === "dead") return { ok: false, says: `not delivered: ${why}` };
  if (attempts > 0)
    return { ok: false, says: `not delivered yet: ${lastError ?? "no answer"}; it is tried again` };
  return {
    ok: false,
    says: "not tried yet: the notifier has not begun. See: journalctl -u '*-notify.service'",
  };
}

/** Ends the notifier that runs; what waits starts the next one, by its path unit. */
export async function replaceNotifier(session: Session, app: string): Promise<void> {
  const { systemd } = await session.host();
  await systemd.stop(notifyService(app)).catch(() => {});
}
