import type { Key, SpecData } from "../../init/write-keys.ts";
import { entry, itemsOf, textOf, type DataNode } from "../data/node.ts";
import type { Dropped } from "../imported.ts";

/** Packages of Debian for images that are programs of their own. */
const known: readonly (readonly [image: RegExp, unit: string, name: string])[] = [
  [/postgres|postgis|timescale/, "postgresql.service", "postgresql"],
  [/redis|valkey/, "redis-server.service", "redis-server"],
  [/mariadb|mysql/, "mariadb.service", "mariadb-server"],
  [/nginx/, "nginx.service", "nginx"],
  [/caddy/, "caddy.service", "caddy"],
  [/rabbitmq/, "rabbitmq-server.service", "rabbitmq-server"],
  [/mosquitto/, "mosquitto.service", "mosquitto"],
  [/memcached/, "memcached.service", "memcached"],
  [/mongo/, "mongod.service", "mongodb"],
  [/influxdb/, "influxdb.service", "influxdb"],
  [/grafana/, "grafana-server.service", "grafana"],
  [/prom\/prometheus|^prometheus/, "prometheus.service", "prometheus"],
];

/** The unit that Debian has for the program of an image, if it is one of the usual ones. */
export function unitForImage(image: string): { unit: string; name: string } | null {
  const found = known.find(([pattern]) => pattern.test(image));
  return found ? { unit: found[1], name: found[2] } : null;
}

export type Dependency = { name: string; condition: string; at: DataNode["at"] };

/** What a service depends on, as a list or with conditions. */
export function dependenciesOf(service: DataNode): Dependency[] {
  const node = entry(service, "depends_on");
  if (node?.kind === "map")
    return [...node.entries].map(([name, inner]) => ({
      name,
      condition: textOf(entry(inner, "condition")) ?? "service_started",
      at: inner.at,
    }));
  return itemsOf(node).flatMap((item) => {
    const name = textOf(item);
    return name === undefined ? [] : [{ name, condition: "service_started", at: item.at }];
  });
}

/** Turns them into needs: a service of this file by its name, an image by the unit that takes its place. */
export function needKeys(
  dependencies: readonly Dependency[],
  services: ReadonlyMap<string, { name: string | null; unit: string | null }>,
): { keys: Key[]; dropped: Dropped[] } {
  const lists: Record<"wants" | "requires", string[]> = { wants: [], requires: [] };
  const dropped: Dropped[] = [];
  for (const { name, condition, at } of dependencies) {
    const other = services.get(name);
    const unit = other?.name ?? other?.unit ?? null;
    if (unit === null)
      dropped.push({
        at,
        what: `depends_on: ${name}`,
        why: "it did not become a service",
        todo: `name its unit under requires:`,
      });
    else if (condition === "service_completed_successfully")
      dropped.push({
        at,
        what: `depends_on: ${name} (${condition})`,
        why: "a service of this file does not end",
        todo: `put its command into before-start:`,
      });
    else lists[condition === "service_healthy" ? "requires" : "wants"].push(unit);
  }
  const at = dependencies[0]?.at;
  return {
    dropped,
    keys: [
      ...(lists.wants.length > 0 ? [{ key: ["wants"], value: lists.wants, why: "depends_on", at }] : []),
      ...(lists.requires.length > 0
        ? [
            {
              key: ["requires"],
              value: lists.requires,
              why: "depends_on, service_healthy: it has to be ready",
              at,
            },
          ]
        : []),
    ],
  };
}

/** What a dependent service waits for: its check, as far as it can be a ready check. */
export function readyKey(check: SpecData | null, at: DataNode["at"]): Key[] {
  if (check === null) return [];
  const { http, tcp, exec } = check as {
    http?: { url: string };
    tcp?: { to: string };
    exec?: { run: readonly string[] };
  };
  const value: SpecData | null = http
    ? { http: http.url }
    : tcp
      ? { tcp: Number(tcp.to.split(":").at(-1)) }
      : exec
        ? { command: exec.run }
        : null;
  return value === null ? [] : [{ key: ["ready"], value, why: "others wait until it is healthy", at }];
}
