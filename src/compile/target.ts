import type { Scope } from "../host/host.ts";

/** What the output is compiled for. Everything that differs between hosts is in here, so that compiling stays pure. */
export type Target = {
  /** systemd's major version, such as 252. */
  systemd: number;
  scope: Scope;
  /** "v2" when memory, CPU and tasks are controlled by the unified hierarchy. */
  cgroup: "v1" | "v2";
  /** False where the kernel has no memory controller, as on some small boards. */
  memoryController: boolean;
  /** True when systemd-creds can encrypt for this host. */
  encryptsCredentials: boolean;
  /** Whether a program can be put under an AppArmor profile here, and what is missing for it. */
  appArmor: "yes" | "no-kernel" | "no-parser";
  /** Absolute path of the holdfast program, for units that call it back. */
  holdfast: string;
  /** Where unit files go. */
  unitDirectory: string;
  /** Root of the other settings: /etc, or the user's configuration directory. */
  settingsDirectory: string;
  /** Where Holdfast keeps its state. */
  stateDirectory: string;
};

/** A plain Debian 12 in system scope: for compile without a host, and for tests. */
export const debian12: Target = {
  systemd: 252,
  scope: "system",
  cgroup: "v2",
  memoryController: true,
  encryptsCredentials: false,
  appArmor: "yes",
  holdfast: "/usr/bin/holdfast",
  unitDirectory: "/etc/systemd/system",
  settingsDirectory: "/etc",
  stateDirectory: "/var/lib/holdfast",
};

/** The systemd version that first knew a directive, where it is later than 239; from the NEWS of each release. */
export const directiveSince: Readonly<Record<string, number>> = {
  CapabilityBoundingSet: 21,
  LoadCredential: 247,
  LoadCredentialEncrypted: 250,
  LogNamespace: 245,
  NoExecPaths: 248,
  OOMPolicy: 243,
  PrivateIPC: 248,
  ProtectClock: 245,
  ProtectHostname: 242,
  ProtectKernelLogs: 244,
  ProtectProc: 247,
  RestartMaxDelaySec: 254,
  RestartMode: 254,
  RestartSteps: 254,
  RestrictSUIDSGID: 242,
};
