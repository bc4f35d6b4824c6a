import { constants } from "node:os";
import { readBoolean, readSignal, readUnsigned } from "./read-value.ts";

/** A directive whose value is a list of words, each read by itself. */
export type WordKind = {
  /** For people: "an address family such as AF_INET". */
  expected: string;
  /** The words that may be written, when there are only such. */
  words: readonly string[];
  reads(word: string): boolean;
  /** One word for the whole value that is no item of the list, such as "none". */
  alone?: (value: string) => boolean;
};

function oneOf(expected: string, text: string, more: (word: string) => boolean = () => false): WordKind {
  const words = text.split(" ");
  const known = new Set(words);
  return { expected, words, reads: (word) => known.has(word) || more(word) };
}

const families = oneOf(
  "an address family such as AF_INET, AF_INET6 or AF_UNIX",
  "AF_INET AF_INET6 AF_UNIX AF_LOCAL AF_FILE AF_NETLINK AF_ROUTE AF_PACKET AF_BLUETOOTH AF_VSOCK AF_ALG AF_CAN AF_XDP AF_KEY AF_PPPOX " +
    "AF_TIPC AF_QIPCRTR AF_NFC AF_RDS AF_ISDN AF_PHONET AF_IEEE802154 AF_CAIF AF_KCM AF_SMC AF_MCTP AF_AX25 AF_IPX AF_APPLETALK " +
    "AF_NETROM AF_BRIDGE AF_ATMPVC AF_X25 AF_ROSE AF_DECnet AF_NETBEUI AF_SECURITY AF_ASH AF_ECONET AF_ATMSVC AF_SNA AF_IRDA " +
    "AF_WANPIPE AF_LLC AF_IB AF_MPLS AF_IUCV AF_RXRPC",
);

const namespaces = oneOf("a kind of namespace", "cgroup ipc net mnt pid user uts");

const architectures = oneOf(
  "an architecture such as native",
  "native x86 x86-64 x32 arm arm64 mips mips64 mips64-n32 mips-le mips64-le mips64-le-n32 parisc parisc64 ppc ppc64 ppc64-le " +
    "riscv64 s390 s390x loongarch64",
);

const exitNames =
  "SUCCESS FAILURE INVALIDARGUMENT NOTIMPLEMENTED NOPERMISSION NOTINSTALLED NOTCONFIGURED NOTRUNNING USAGE DATAERR NOINPUT NOUSER " +
  "NOHOST UNAVAILABLE SOFTWARE OSERR OSFILE CANTCREAT IOERR TEMPFAIL PROTOCOL NOPERM CONFIG CHDIR NICE FDS EXEC MEMORY LIMITS " +
  "OOM_ADJUST SIGNAL_MASK STDIN STDOUT CHROOT IOPRIO TIMERSLACK SECUREBITS SETSCHEDULER CPUAFFINITY GROUP USER CAPABILITIES CGROUP " +
  "SETSID CONFIRM STDERR PAM NETWORK NAMESPACE NO_NEW_PRIVILEGES SECCOMP SELINUX_CONTEXT PERSONALITY APPARMOR ADDRESS_FAMILIES " +
  "RUNTIME_DIRECTORY CHOWN SMACK_PROCESS_LABEL KEYRING STATE_DIRECTORY CACHE_DIRECTORY LOGS_DIRECTORY CONFIGURATION_DIRECTORY " +
  "NUMA_POLICY CREDENTIALS BPF KSM EXCEPTION";

const statuses = oneOf(
  "an exit status from 0 to 255, or a signal such as SIGTERM",
  exitNames,
  (word) => (readUnsigned(word) ?? 256) <= 255 || (!/^\d/.test(word) && readSignal(word) !== null),
);

/** "0-3", "5" and lists with commas too. */
function isCpuWord(word: string): boolean {
  return word.split(",").every((part) => part === "" || /^\d{1,4}(?:-\d{1,4})?$/.test(part));
}

const cpus: WordKind = { expected: "processors such as 0-3 or 0,2", words: [], reads: isCpuWord };

const errors = new Set(Object.keys(constants.errno));

const byKey: Readonly<Record<string, WordKind>> = {
  RestrictAddressFamilies: { ...families, alone: (value) => value === "none" },
  RestrictNamespaces: { ...namespaces, alone: (value) => readBoolean(value) !== null },
  SystemCallArchitectures: architectures,
  SecureBits: oneOf(
    "a bit such as noroot",
    "keep-caps keep-caps-locked no-setuid-fixup no-setuid-fixup-locked noroot noroot-locked",
  ),
  SuccessExitStatus: statuses,
  RestartPreventExitStatus: statuses,
  RestartForceExitStatus: statuses,
  AllowedCPUs: cpus,
  StartupAllowedCPUs: cpus,
  CPUAffinity: { ...cpus, alone: (value) => value === "numa" },
  SystemCallErrorNumber: {
    expected: "the name of an error such as EPERM",
    words: ["EPERM", "EACCES", "ENOSYS", "kill"],
    reads: (word) =>
      word === "kill" || errors.has(word.toUpperCase()) || between(readUnsigned(word), 1, 4095),
  },
  Sockets: { expected: "the name of a socket unit", words: [], reads: (word) => word.endsWith(".socket") },
  Slice: { expected: "the name of a slice unit", words: [], reads: (word) => word.endsWith(".slice") },
};

function between(number: number | null, from: number, to: number): boolean {
  return number !== null && number >= from && number <= to;
}

/** How the words of this directive are read; null where they are not known here. */
export function wordKind(key: string): WordKind | null {
  return byKey[key] ?? null;
}

/** Directives that have a WordKind. */
export const wordKeys: readonly string[] = Object.keys(byKey);
