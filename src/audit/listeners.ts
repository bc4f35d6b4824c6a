import { readDescriptors, readSockets, type OpenSocket } from "../observe/open-sockets.ts";
import { together, type Found } from "./finding.ts";
import { finding, type Audit, type AuditedApp, type AuditedProgram } from "./facts.ts";

const mostProcesses = 64;
/** The kernel's own choice for whoever asks for any port (ip(7), ip_local_port_range). */
const firstEphemeral = 32_768;

/** Ports that processes of a service really listen on, held against those that it declares. */
export async function auditListeners(audit: Audit, app: AuditedApp): Promise<Found> {
  return together(await Promise.all(app.programs.map((program) => auditProgram(audit, app, program))));
}

async function auditProgram(audit: Audit, app: AuditedApp, program: AuditedProgram): Promise<Found> {
  const { service, pids, artifact } = program;
  // A network of its own: nobody else gets there.
  if (artifact.directives.some(({ key }) => key === "PrivateNetwork")) return { findings: [], unknown: [] };
  const sockets: OpenSocket[] = [];
  let hidden = false;
  for (const pid of pids.slice(0, mostProcesses)) {
    try {
      const { sockets: inodes } = await readDescriptors(audit.host, pid);
      sockets.push(...(await readSockets(audit.host, pid, inodes)));
    } catch {
      hidden = true;
    }
  }
  const listening = listenersIn(sockets);
  const declared = declaredPorts(program);
  const unified = (await audit.look.stat("/sys/fs/cgroup/cgroup.controllers")).stat !== null;
  const findings = listening.flatMap(({ protocol, address, port }) => {
    const where = `${protocol} ${address}:${port}`;
    const reach = reachOf(address);
    const about = { app, service: service.name, where };
    if (!declared.has(port))
      return finding(
        "audit/listener-undeclared",
        reach === "local" ? "warning" : "error",
        about,
        `${service.unit} listens on ${where}${reach === "all" ? ", on all interfaces" : ""}, which the spec does not say`,
        `write ${port} into ports: of ${service.name} in holdfast.yaml when it is meant; otherwise turn it off in the program`,
      );
    const local = whyLocal(program);
    if (reach === "local" || local === null) return [];
    return finding(
      "audit/listener-open",
      // Where the kernel keeps the network out all the same, and where it is only a guess, it is less.
      !local.strict ? "info" : unified ? "warning" : "error",
      about,
      `${service.unit} listens on ${where}, ${reach === "all" ? "on all interfaces" : "for the network"}, though ${local.says}`,
      `have the program listen on 127.0.0.1:${port}`,
    );
  });
  const unknown = hidden
    ? [
        {
          app: app.app,
          what: `ports of ${service.unit}`,
          why: "this account may not see the sockets of its processes",
          fix: "sudo holdfast audit",
        },
      ]
    : [];
  return { findings, unknown };
}

type Listener = { protocol: "tcp" | "udp"; address: string; port: number };

/** Sockets that wait for others, each once; a socket of UDP waits when it is bound and has no partner. */
export function listenersIn(sockets: readonly OpenSocket[]): Listener[] {
  const found = new Map<string, Listener>();
  for (const { kind, local, remote, state } of sockets) {
    const [, address = "", port = "0"] = /^(.*):(\d+)$/.exec(local) ?? [];
    const protocol = kind.startsWith("tcp") ? "tcp" : "udp";
    const waits =
      protocol === "tcp" ? state === "LISTEN" : remote.endsWith(":0") && Number(port) < firstEphemeral;
    if (waits && port !== "0")
      found.set(`${protocol} ${local}`, { protocol, address: shortAddress(address), port: Number(port) });
  }
  return [...found.values()].toSorted((a, b) => a.port - b.port);
}

function shortAddress(address: string): string {
  if (address === "[0:0:0:0:0:0:0:0]") return "[::]";
  return address === "[0:0:0:0:0:0:0:1]" ? "[::1]" : address;
}

function reachOf(address: string): "local" | "all" | "some" {
  if (/^127\.|^\[::1\]$|^\[0:0:0:0:0:ffff:7f/.test(address)) return "local";
  return address === "0.0.0.0" || address === "[::]" ? "all" : "some";
}

function declaredPorts({ service }: AuditedProgram): ReadonlySet<number> {
  const { gate, ports } = service;
  const asked = gate.kind === "tcp" ? [gate.port] : gate.kind === "http" ? [portOf(gate.url)] : [];
  return new Set([...ports, ...asked.filter((port) => port !== null)]);
}

function portOf(url: string): number | null {
  const address = URL.parse(url);
  if (address === null) return null;
  return address.port === "" ? (address.protocol === "https:" ? 443 : 80) : Number(address.port);
}

/** What in the spec says that only this machine is to reach it. */
function whyLocal({ service, artifact }: AuditedProgram): { says: string; strict: boolean } | null {
  if (artifact.directives.some(({ key, value }) => key === "IPAddressDeny" && value === "any"))
    return { says: "network: local is declared", strict: true };
  const { gate } = service;
  if (gate.kind !== "http") return null;
  const host = URL.parse(gate.url)?.hostname ?? "";
  return /^(127\.|localhost$|\[::1\]$)/.test(host)
    ? { says: `it is asked at ${host} only (ready.http)`, strict: false }
    : null;
}
