import * as v from "valibot";
import { share } from "./health-values.ts";
import { issueMessage, key } from "./key-doc.ts";
import { command, duration, rate } from "./read-values.ts";
import { oneOf } from "./values.ts";

/** What is done about a service that fails its checks. */
export const healSchema = v.strictObject({
  do: key(oneOf("restart", "reload", "alert-only"), {
    meaning:
      "restart: stop with its time-out, kill what is left, start, wait until ready. reload: what reload says. alert-only: nothing but tell, for programs that a person has to look at first.",
    default: "restart",
    example: "alert-only",
  }),
  "run-first": key(command(), {
    meaning:
      "A command that tries to mend it, as the service's user; when the checks are good after it, nothing else is done.",
    default: "none",
    example: "bin/reconnect",
  }),
  limit: key(rate(), {
    meaning:
      "The most heals within a sliding window. They are counted across reboots; what people do by hand does not count.",
    default: "3 per 1h",
    example: "3 per 1h",
  }),
  crashes: key(rate(), {
    meaning: "The most restarts by systemd within a window, however slow the loop; more opens the breaker.",
    default: "10 per 6h",
    example: "10 per 6h",
  }),
  // oxlint-disable-next-line unicorn/no-thenable
  then: key(oneOf("break", "leave"), {
    meaning:
      "When the limit is reached. break: the circuit breaker opens, the service is stopped, and any start is refused until it re-arms. leave: it is left as it is.",
    default: "break",
    example: "leave",
  }),
  rearm: key(
    v.union(
      [v.literal("by-hand"), duration()],
      issueMessage("spec/bad-duration", "by-hand, or a span of time such as 1h"),
    ),
    {
      meaning:
        "When an open breaker lets the service try once more; a failure then opens it again for twice as long. by-hand: only holdfast reset does.",
      default: "by-hand",
      example: "1h",
    },
  ),
  proof: key(duration(), {
    meaning:
      "How long after a heal its checks may take to be good again. Later means that the restart did not help.",
    default: "1m",
    example: "2m",
  }),
  recycle: key(share(), {
    meaning: "Restart it gracefully when its memory passes this, before the limit kills it.",
    default: "never",
    example: "90%",
  }),
});
