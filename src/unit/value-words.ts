import type { DirectiveInfo } from "./directives.ts";
import { readInteger } from "./read-value.ts";
import type { ValueKind } from "./value-kind.ts";

/** The words of a directive that takes one of a few; the oldest systemd that knows a word, 0 when all do. */
export type Enumeration = {
  words: readonly { word: string; since: number }[];
  /** "yes" and "no" are words of it too. */
  boolean: boolean;
  /** Numbers that stand for a word, such as 3 for "err". */
  number?: Pick<ValueKind, "reads">;
};

/** "word" or "word@since"; a leading "bool" allows yes and no. */
function list(text: string, numbers?: readonly [from: number, to: number]): Enumeration {
  const [first, ...rest] = text.split(" ");
  const boolean = first === "bool";
  const words = (boolean ? rest : [first!, ...rest]).map((entry) => {
    const [word, since] = entry.split("@");
    return { word: word!, since: Number(since ?? 0) };
  });
  if (!numbers) return { words, boolean };
  const reads = (value: string) => {
    const number = readInteger(value);
    return number !== null && number >= numbers[0] && number <= numbers[1];
  };
  return { words, boolean, number: { reads } };
}

const byKind: Readonly<Record<string, Enumeration>> = {
  SERVICERESTART: list("no on-success on-failure on-watchdog on-abnormal on-abort always"),
  SERVICERESTARTMODE: list("normal direct debug@257"),
  SERVICEEXITTYPE: list("main cgroup"),
  ACCESS: list("none main exec all"),
  TIMEOUTMODE: list("terminate abort kill"),
  KILLMODE: list("control-group mixed process none"),
  ACTION: list(
    "none reboot reboot-force reboot-immediate poweroff poweroff-force poweroff-immediate exit exit-force " +
      "soft-reboot@254 soft-reboot-force@254 kexec@254 kexec-force@254 halt@254 halt-force@254 halt-immediate@254",
  ),
  LEVEL: list("emerg alert crit err warning notice info debug", [0, 7]),
  FACILITY: list(
    "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp " +
      "local0 local1 local2 local3 local4 local5 local6 local7",
    [0, 127],
  ),
  POLICY: list("auto closed strict"),
  SOCKETBIND: list("bool default both ipv6-only"),
  IOCLASS: list("none realtime best-effort idle", [0, 8]),
  CPUSCHEDPOLICY: list("other batch idle fifo rr", [0, 2 ** 31 - 1]),
};

const byKey: Readonly<Record<string, Enumeration>> = {
  OnFailureJobMode: list(
    "fail replace replace-irreversibly isolate flush ignore-dependencies ignore-requirements triggering@249",
  ),
  OnSuccessJobMode: list(
    "fail replace replace-irreversibly isolate flush ignore-dependencies ignore-requirements triggering@249",
  ),
  CollectMode: list("inactive inactive-or-failed"),
  OOMPolicy: list("continue stop kill"),
  ProtectSystem: list("bool strict full"),
  ProtectHome: list("bool read-only tmpfs"),
  ProtectProc: list("default noaccess invisible ptraceable"),
  ProtectControlGroups: list("bool private@257 strict@257"),
  ProcSubset: list("all pid"),
  PrivateTmp: list("bool disconnected@257"),
  PrivateUsers: list("bool self@257 identity@257"),
  PrivateMounts: list("bool"),
  PrivatePIDs: list("bool"),
  MountAPIVFS: list("bool"),
  MemoryKSM: list("bool"),
  SetLoginEnvironment: list("bool"),
  KeyringMode: list("inherit private shared"),
  RuntimeDirectoryPreserve: list("bool restart"),
  UtmpMode: list("init login user"),
  ManagedOOMSwap: list("auto kill"),
  ManagedOOMMemoryPressure: list("auto kill"),
  ManagedOOMPreference: list("none avoid omit"),
  MemoryPressureWatch: list("bool auto skip"),
  NUMAPolicy: list("default preferred bind interleave local"),
  FileDescriptorStorePreserve: list("bool restart"),
};

const serviceType = list("simple exec forking oneshot dbus notify notify-reload@253 idle");

/** The words that a directive takes; null when it takes other things. */
export function enumerations({ key, kind }: DirectiveInfo, section: string): Enumeration | null {
  if (key === "Type") return section === "Service" ? serviceType : null;
  return byKey[key] ?? byKind[kind] ?? null;
}
