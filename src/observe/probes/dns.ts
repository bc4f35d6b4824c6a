import { BrokenLink } from "../../network/broken-link.ts";
import { reading } from "./local-probe.ts";
import { networkProbe } from "./network-probe.ts";
import { resolveName } from "./resolve-name.ts";
import { secondsSince } from "./seconds.ts";

/**
 * Does a name resolve the way programs of this host resolve it? Here the resolver is what is looked at: that it does not
 * answer is a bad result, where for other checks it only means that they could not look.
 */
export const probeDns = networkProbe("dns", async (attempt, { name }) => {
  const began = performance.now();
  attempt.waiting = `no answer about ${name}`;
  try {
    const addresses = await resolveName(name, name, attempt.signal);
    const first = addresses[0]!.address;
    const more = addresses.length > 1 ? ` and ${addresses.length - 1} more` : "";
    const limit = attempt.context.check.timeout / 1000;
    return reading("ok", `${name} is ${first}${more}`, { value: secondsSince(began), limit });
  } catch (error) {
    if (error instanceof BrokenLink) return reading("fail", error.message);
    throw error;
  }
});
