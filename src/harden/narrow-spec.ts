import { startsAfter } from "../spec/check-spec.ts";
import type { Spec } from "../spec/spec.ts";

/**
 * The spec of a host on which one service is tried: that service, installed but not started and with nothing to shut it in,
 * and the services it needs. No jobs, nobody who watches, nobody who is told.
 */
export function narrowSpec(spec: Spec, name: string): Spec {
  const needed = neededServices(spec, name);
  const services = Object.fromEntries(
    Object.entries(spec.services)
      .filter(([other]) => needed.has(other))
      .map(([other, service]) => [
        other,
        other === name
          ? { ...service, hardening: "off" as const, start: false, enable: false }
          : { ...service, start: true },
      ]),
  );
  const { notify: _notify, heartbeat: _heartbeat, ...rest } = spec;
  return { ...rest, services, jobs: {}, supervision: "systemd" };
}

/** The same spec with another hardening of one service. */
export function withHardening(
  spec: Spec,
  name: string,
  hardening: Spec["services"][string]["hardening"],
): Spec {
  const service = { ...spec.services[name]! };
  if (hardening === undefined) delete service.hardening;
  else service.hardening = hardening;
  return { ...spec, services: { ...spec.services, [name]: service } };
}

function neededServices(spec: Spec, name: string): Set<string> {
  const needed = new Set<string>();
  const add = (one: string): void => {
    if (needed.has(one) || !(one in spec.services)) return;
    needed.add(one);
    startsAfter(spec.services[one]!).forEach(add);
  };
  add(name);
  return needed;
}
