import type { Key } from "../../init/write-keys.ts";
import { formatSize, parseSize, type Size } from "../../value/size.ts";
import { entry, itemsOf, textOf, type DataNode } from "../data/node.ts";
import type { Dropped } from "../imported.ts";
import { spanOf } from "./health-of.ts";

/** What means something only to containers, and what takes its place. */
const notCarried: Readonly<Record<string, readonly [why: string, todo: string]>> = {
  image: ["no container runs", "install the program on the host, in the version of the image"],
  build: ["nothing is built", "do on the host what its Dockerfile does: packages, files, dependencies"],
  volumes: [
    "a service sees the host's files",
    "use the host's paths, and name what it writes to under writes:",
  ],
  networks: [
    "a service is in the host's network",
    "listen on 127.0.0.1 for what is only for this host, or network: local",
  ],
  network_mode: ["a service is in the host's network", "nothing"],
  container_name: ["there is no container", "nothing"],
  hostname: ["it has the host's name", "nothing"],
  labels: ["nothing reads them here", "move routes of a proxy such as Traefik into its own configuration"],
  logging: ["output goes into the journal", "say how much is kept: logs: { keep: 30d, max: 1G }"],
  expose: ["there is no network of containers", "nothing"],
  extra_hosts: ["the host's /etc/hosts counts", "add the names there"],
  dns: ["the host's resolver counts", "nothing"],
  links: ["there is no network of containers", "use 127.0.0.1 and the port"],
  secrets: [
    "Compose puts them below /run/secrets",
    "name each file: secrets: { NAME: /etc/... }; the program finds it in $CREDENTIALS_DIRECTORY",
  ],
  configs: ["the program finds the host's files", "put them where it looks for them"],
  cap_add: ["capabilities are taken away and given by hardening", "see holdfast explain hardening"],
  devices: ["the host's devices are there", "with hardening other than off: allow: [devices]"],
  privileged: ["there is no container to break out of", "nothing"],
  security_opt: ["they are for containers", "nothing"],
  sysctls: ["they would hold for the host", "set them in /etc/sysctl.d"],
  profiles: [
    "a service is part of the application or not",
    "start: false and enable: false for what is seldom wanted",
  ],
  deploy: ["there is no swarm", "nothing"],
  scale: ["each copy is a service of its own", "write as many services"],
  working_dir: ["it is a path in the image", "directory: is where the program is on the host"],
  platform: ["there is no image", "nothing"],
  shm_size: ["/dev/shm is the host's", "nothing"],
  ipc: ["it is the host's", "nothing"],
  pid: ["it is the host's", "nothing"],
  domainname: ["it has the host's name", "nothing"],
};

/** Limits, stops and restarts of a service of Compose, and what is not carried over. */
export function keysOf(service: DataNode): { keys: Key[]; dropped: Dropped[] } {
  const of = (...path: string[]): DataNode | undefined =>
    path.reduce<DataNode | undefined>((node, key) => entry(node, key), service);
  const keys: Key[] = [];
  const dropped: Dropped[] = [];
  const add = (
    key: string[],
    value: Key["value"] | null | undefined,
    why: string,
    node: DataNode | undefined,
  ): void => {
    if (value !== null && value !== undefined) keys.push({ key, value, why, at: node?.at ?? service.at });
  };
  restartKeys(of("restart"), of("deploy", "restart_policy"), service, keys);
  const signal = of("stop_signal");
  if (signal)
    add(["stop", "signal"], `SIG${(textOf(signal) ?? "").replace(/^SIG/, "")}`, "stop_signal", signal);
  const grace = of("stop_grace_period");
  add(
    ["stop", "timeout"],
    grace ? spanOf(textOf(grace) ?? "10s") : "10s",
    grace ? "stop_grace_period" : "Compose's default",
    grace,
  );
  const memory = of("mem_limit") ?? of("deploy", "resources", "limits", "memory");
  add(["limits", "memory"], sizeOf(memory), "its limit of memory", memory);
  const soft = of("mem_reservation") ?? of("deploy", "resources", "reservations", "memory");
  if (soft)
    dropped.push({
      at: soft.at,
      what: `memory reservation ${textOf(soft) ?? ""}`,
      why: "it is no limit",
      todo: "nothing",
    });
  const cpus = of("cpus") ?? of("deploy", "resources", "limits", "cpus");
  const cores = Number(textOf(cpus));
  if (cpus && cores > 0)
    add(["limits", "cpu"], `${Math.round(cores * 10_000) / 100}%`, `cpus: ${textOf(cpus)}`, cpus);
  const tasks = of("pids_limit") ?? of("deploy", "resources", "limits", "pids");
  if (tasks && Number(textOf(tasks)) >= 16)
    add(["limits", "tasks"], Number(textOf(tasks)), "pids_limit", tasks);
  const files = of("ulimits", "nofile", "soft") ?? of("ulimits", "nofile");
  if (files?.kind === "scalar" && Number(textOf(files)) >= 16)
    add(["limits", "files"], Number(textOf(files)), "ulimits.nofile", files);
  portKeys(of("ports"), keys, dropped);
  const readOnly = textOf(of("read_only")) === "true";
  add(
    ["hardening"],
    readOnly ? "basic" : "off",
    readOnly
      ? "read_only: true; what it writes to belongs under writes:, and /tmp is its own (tmpfs)"
      : "a container is no longer around it; holdfast harden finds what it needs",
    of("read_only"),
  );
  if (service.kind === "map")
    for (const [key, node] of service.entries) {
      const known = notCarried[key];
      if (known && !(key === "deploy" && onlyLimits(node)))
        dropped.push({ at: node.at, what: shown(key, node), why: known[0], todo: known[1] });
    }
  return { keys, dropped };
}

function shown(key: string, node: DataNode): string {
  const text =
    textOf(node) ??
    itemsOf(node)
      .map((item) => textOf(item) ?? "...")
      .join(", ");
  return node.kind === "map" ? key : `${key}: ${text.slice(0, 100)}`;
}

function onlyLimits(node: DataNode): boolean {
  return (
    node.kind === "map" &&
    [...node.entries.keys()].every((key) => key === "resources" || key === "restart_policy")
  );
}

function restartKeys(
  restart: DataNode | undefined,
  policy: DataNode | undefined,
  service: DataNode,
  keys: Key[],
): void {
  const text =
    textOf(restart) ??
    { any: "always", "on-failure": "on-failure", none: "no" }[textOf(entry(policy, "condition")) ?? ""] ??
    "no";
  const at = restart?.at ?? service.at;
  const [kind, count] = text.split(":");
  const on =
    kind === "always" || kind === "unless-stopped" ? "always" : kind === "on-failure" ? "failure" : "never";
  keys.push({
    key: ["restart", "on"],
    value: on,
    why: restart ? `restart: ${text}` : "Compose restarts nothing unless it says so",
    at,
  });
  // Docker doubles its pause from 100 ms to a minute.
  if (on !== "never")
    keys.push({
      key: ["restart", "delay"],
      value: "1s",
      why: "Docker begins with 100 ms and doubles it",
      at,
    });
  if (count !== undefined && /^\d{1,3}$/.test(count) && count !== "0")
    keys.push({
      key: ["restart", "limit"],
      value: `${Number(count) + 1} per 1h`,
      why: `restart: ${text}`,
      at,
    });
}

function sizeOf(node: DataNode | undefined): string | null {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt])?i?b?$/i.exec(textOf(node) ?? "");
  if (!match) return null;
  const size = match[2]
    ? parseSize(`${match[1]}${match[2].toUpperCase()}`)
    : { ok: true as const, value: Math.floor(Number(match[1]) / 1024) * 1024 };
  return size.ok && size.value > 0 ? formatSize(size.value as Size) : null;
}

/** The port in the container is the one that the program listens on. */
function portKeys(node: DataNode | undefined, keys: Key[], dropped: Dropped[]): void {
  const ports: number[] = [];
  for (const item of itemsOf(node)) {
    const text =
      textOf(item)?.replace(/\/tcp$/, "") ??
      `${textOf(entry(item, "published")) ?? ""}:${textOf(entry(item, "target")) ?? ""}`;
    const parts = text.split(":");
    const inside = Number(parts.at(-1));
    const outside = parts.length > 1 ? Number(parts.at(-2)) : inside;
    if (!Number.isInteger(inside) || inside < 1 || inside > 65_535) {
      dropped.push({
        at: item.at,
        what: `port ${text}`,
        why: "it is no single TCP port",
        todo: "name each port under ports:",
      });
      continue;
    }
    ports.push(inside);
    if (outside !== inside)
      dropped.push({
        at: item.at,
        what: `port ${text}`,
        why: `nothing translates ports: the program listens on ${inside}`,
        todo: `let it listen on ${outside}, and write ports: [${outside}]`,
      });
  }
  if (ports.length > 0) keys.push({ key: ["ports"], value: [...new Set(ports)], why: "ports", at: node!.at });
}
