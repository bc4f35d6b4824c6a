import type { Session } from "./session.ts";

/** holdfast demo: filled in below. */
export async function runDemo(_session: Session): Promise<number> {
  return 0;
}
