import type { LookKind } from "../../compile/watch-rule.ts";
import type { Probe } from "./probe.ts";

/** Loaded when a check of its kind is first made: nobody pays memory for kinds that are not declared. */
const loaders: Readonly<Record<LookKind, () => Promise<Probe>>> = {
  unit: async () => (await import("./unit.ts")).probeUnit,
  log: async () => (await import("./log.ts")).probeLog,
  file: async () => (await import("./file.ts")).probeFile,
  beat: async () => (await import("./beat.ts")).probeBeat,
  http: async () => (await import("./http.ts")).probeHttp,
  tcp: async () => (await import("./tcp.ts")).probeTcp,
  tls: async () => (await import("./tls.ts")).probeTls,
  dns: async () => (await import("./dns.ts")).probeDns,
  rpc: async () => (await import("./rpc.ts")).probeRpc,
  exec: async () => (await import("./exec.ts")).probeExec,
  sockets: async () => (await import("./sockets.ts")).probeSockets,
  memory: async () => (await import("./memory.ts")).probeMemory,
  cpu: async () => (await import("./cpu.ts")).probeCpu,
  disk: async () => (await import("./disk.ts")).probeDisk,
  sqlite: async () => (await import("./sqlite.ts")).probeSqlite,
  clock: async () => (await import("./clock.ts")).probeClock,
};

/** The probe of a kind of check. */
export function probeFor(kind: LookKind): Promise<Probe> {
  return loaders[kind]();
}
