import type { Runtime } from "../spec/defaults.ts";

/** What a profile is made of. */
export type ProfileFacts = {
  name: string;
  unit: string;
  runtime: Runtime;
  /** Trees from which it may read, and run programs: the application, and programs that are not below /usr. */
  trees: readonly string[];
  /** Files that it needs besides. */
  read: readonly string[];
  /** Directories that it may write to; it runs nothing from them, unless one of its programs is there. */
  written: readonly string[];
  programs: readonly string[];
  /** Its /tmp is its own. */
  privateTmp: boolean;
  /** It sees the real devices. */
  devices: boolean;
  /** Address families; null when they are not limited. */
  families: readonly string[] | null;
  /** null when they are not limited. */
  capabilities: readonly string[] | null;
  mounts: boolean;
  secrets: boolean;
  /** Something of it lives below a home directory, so these cannot be denied as a whole. */
  home: boolean;
};

type Block = readonly [heading: string, rules: readonly string[]];

/** The text of a profile (apparmor.d(5)); what it does not name is denied. Pure. */
export function appArmorProfile(facts: ProfileFacts): string {
  const blocks: Block[] = [
    ["What every program needs", everyProgram(facts)],
    [
      "Programs and libraries of the system",
      ["/{usr/,}{bin,sbin,lib,lib64,lib32,libexec}/** mrix,", "/usr/** mrix,"],
    ],
    ["The application", [...facts.trees.flatMap(readTree), ...facts.read.map((path) => `${quote(path)} r,`)]],
    ["What it may write, and not run", writable(facts)],
    ["Credentials", facts.secrets ? [`${quote(`/run/credentials/${facts.unit}`, "/**")} r,`] : []],
    ["Devices", facts.devices ? ["/dev/** rw,"] : []],
    ["Network", network(facts)],
    ["Capabilities", capabilities(facts)],
    ["Mounts of namespaces of its own", facts.mounts ? ["mount,", "umount,", "pivot_root,"] : []],
    ["Denied whatever else is allowed", denied(facts)],
  ];
  const body = blocks
    .filter(([, rules]) => rules.length > 0)
    .map(([heading, rules]) => [`  # ${heading}`, ...rules.map((rule) => `  ${rule}`)].join("\n"));
  return [
    "abi <abi/3.0>,",
    "include <tunables/global>",
    "",
    // Paths of a private mount namespace are seen from within it.
    `profile ${facts.name} flags=(attach_disconnected) {`,
    body.join("\n\n"),
    "",
    "  # Additions of this host",
    `  include if exists <local/${facts.name}>`,
    "}",
    "",
  ].join("\n");
}

function everyProgram({ name, runtime, families }: ProfileFacts): string[] {
  const online = families === null || families.some((family) => family.startsWith("AF_INET"));
  return [
    "include <abstractions/base>",
    ...(online
      ? [
          "include <abstractions/nameservice>",
          "include <abstractions/openssl>",
          "include <abstractions/ssl_certs>",
        ]
      : []),
    "/ r,",
    "/etc/{os-release,lsb-release,debian_version,machine-id,mime.types,magic,timezone,passwd,group,nsswitch.conf} r,",
    ...(runtimeFiles[runtime] ?? []),
    "@{PROC}/ r,",
    "@{PROC}/{cpuinfo,filesystems,loadavg,meminfo,stat,uptime,version,vmstat} r,",
    "@{PROC}/sys/** r,",
    "@{PROC}/@{pid}/net/** r,",
    "owner @{PROC}/@{pid}/** r,",
    "owner @{PROC}/@{pid}/{comm,coredump_filter,oom_score_adj,timerslack_ns} rw,",
    "owner @{PROC}/@{pid}/task/@{tid}/comm rw,",
    "@{sys}/devices/system/{cpu,node}/** r,",
    "@{sys}/fs/cgroup/** r,",
    "@{sys}/kernel/mm/** r,",
    "/dev/shm/** rwk,",
    "/{,var/}run/systemd/notify w,",
    "/{,var/}run/systemd/journal{,.*}/{stdout,socket,dev-log} rw,",
    // What it inherits is looked at again: the output of a trial by apply, and the streams of run --foreground.
    "/run/holdfast-*.out rw,",
    "/run/holdfast-*/* rw,",
    "/dev/{tty,pts/*} rw,",
    "signal (receive),",
    `signal (send) peer=${name},`,
    `ptrace (read, trace) peer=${name},`,
    "unix,",
  ];
}

const runtimeFiles: Partial<Record<Runtime, readonly string[]>> = {
  python: ["/etc/python3*/** r,"],
  java: ["/etc/java*/** r,"],
  node: ["/etc/ssl/openssl.cnf r,"],
  ruby: ["/etc/ruby*/** r,"],
};

function readTree(path: string): string[] {
  return [`${quote(path, "/")} r,`, `${quote(path, "/**")} mrix,`];
}

/** Memory may be mapped from them, as compilers at run time do; a program may not be started from what can be changed. */
function writable({ written, programs, privateTmp }: ProfileFacts): string[] {
  const paths = [...written, ...(privateTmp ? ["/tmp", "/var/tmp"] : [])];
  return paths.flatMap((path) => [
    `${quote(path, "/")} rw,`,
    `${quote(path, "/**")} mrwkl,`,
    ...(programs.some((program) => isBelow(program, path)) ? [] : [`deny ${quote(path, "/**")} x,`]),
  ]);
}

/** Whether a path is this directory or something in it. */
export function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory.replace(/\/$/, "")}/`);
}

function network({ families }: ProfileFacts): string[] {
  if (families === null) return ["network,"];
  const has = (family: string): boolean => families.includes(family);
  return [
    ...["inet", "inet6"].flatMap((name) =>
      has(`AF_${name.toUpperCase()}`) ? [`network ${name} stream,`, `network ${name} dgram,`] : [],
    ),
    ...(has("AF_NETLINK") ? ["network netlink raw,"] : []),
    ...(has("AF_PACKET") ? ["network packet,"] : []),
  ];
}

function capabilities({ capabilities: names }: ProfileFacts): string[] {
  if (names === null) return ["capability,"];
  return names.map((name) => `capability ${name.replace(/^CAP_/, "").toLowerCase()},`);
}

/** A denial counts more than any permission, so what is needed below a home directory keeps the others from being denied. */
function denied({ home }: ProfileFacts): string[] {
  return [
    ...(home ? [] : ["audit deny /home/** mrwklx,", "audit deny /root/** mrwklx,"]),
    "audit deny /etc/{shadow,gshadow,sudoers}{,-} mrwklx,",
    "audit deny /etc/sudoers.d/** mrwklx,",
    "audit deny /{boot,etc/systemd,etc/apparmor.d,var/lib/holdfast}/** wklx,",
  ];
}

/** A path in quotes, with what is special in a pattern escaped (apparmor.d(5), "Globbing"). */
function quote(path: string, pattern = ""): string {
  const escaped = path.replace(/\/+$/, "").replaceAll(/[\\"*?[\]{}^@]/g, "\\$&");
  return `"${escaped}${pattern}"`;
}
