import { connect, shownPlace } from "./connect.ts";
import { reading } from "./local-probe.ts";
import { networkProbe } from "./network-probe.ts";
import { secondsSince } from "./seconds.ts";

/** Does something listen? The connection is closed at once and nothing is sent. */
export const probeTcp = networkProbe("tcp", async (attempt, { host, port }) => {
  const began = performance.now();
  const shown = shownPlace(host, port);
  await connect(attempt, { host, port, shown });
  const limit = attempt.context.check.timeout / 1000;
  return reading("ok", `${shown} accepts connections`, { value: secondsSince(began), limit });
});
