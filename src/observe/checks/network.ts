import { listOf } from "../../host/properties.ts";
import { unitName } from "../../value/unit-name.ts";
import { check, type Check, type CheckInput } from "../check.ts";

const target = unitName("network-online.target");

/** network-online.target means something only when a service of the host waits for the network (systemd.special(7)). */
export async function checkNetwork(input: CheckInput): Promise<Check | null> {
  const { artifact, host } = input;
  const asked = artifact.directives.some(({ key, value }) => key === "After" && value === target);
  if (!asked || host.scope === "user") return null;
  const promise = "starts after the network is up";
  const waiting = listOf(await host.systemd.properties(target, ["Wants", "Requires"]), "Wants");
  const services = waiting.filter((unit) => unit.endsWith(".service"));
  if (services.length > 0)
    return check(input, "network", promise, "ok", `${services.join(", ")} waits for it`);
  return check(
    input,
    "network",
    promise,
    "warning",
    "no service of this host waits for the network, so it may start before there is one",
    "enable the one of the host's network manager, such as systemd-networkd-wait-online.service",
  );
}
