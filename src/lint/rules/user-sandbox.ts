import { readBoolean } from "../../unit/read-value.ts";
import type { Setting } from "../../unit/settings.ts";
import { userExample } from "../examples.ts";
import type { LintUnit } from "../lint-unit.ts";
import { atKey, type Rule } from "../rule.ts";

/** What a user's manager cannot do for its services. */
export const userSandboxRules: readonly Rule[] = [
  {
    id: "user-unit-cannot",
    level: "will-not-start",
    reason: "a user's manager has no right to do what this directive asks for",
    happens:
      "the service fails at start: 210/CHROOT, 211/IOPRIO, 216/GROUP, 217/USER, 218/CAPABILITIES or 226/NAMESPACE",
    source: "measured with systemd 252 and 257",
    bad: userExample("[Service]\nExecStart=/usr/bin/bot\nUser=bot\n"),
    good: userExample("[Service]\nExecStart=/usr/bin/bot\n"),
    *check(unit, { systemd }) {
      if (unit.scope !== "user") return;
      const mapped = flag(unit, "PrivateUsers");
      for (const { key, status, until, mapping, when } of impossible) {
        const setting = unit.settings.last("Service", key) ?? emptied(unit, key);
        if (!setting || (until !== undefined && systemd >= until) || (mapping === "helps" && mapped))
          continue;
        if (readBoolean(setting.value) === false) continue;
        if (setting.value === "" && key !== "CapabilityBoundingSet") continue;
        if (when && !when.test(setting.value)) continue;
        yield {
          ...atKey(setting.file, setting),
          says: `${key}= in a user unit fails with ${status}`,
          fix:
            mapping === "helps" && until !== undefined
              ? "PrivateUsers=yes as well; or a system unit with User="
              : key === "User"
                ? "take it out: the service runs as the user whose manager it is"
                : "take it out; or a system unit with User=",
        };
      }
    },
  },
  {
    id: "user-sandbox-ignored",
    level: "will-not-do-what-it-says",
    reason: "before systemd 254 a user's manager cannot make the mounts for this, and goes on without",
    happens: "no protection at all, and no word about it; with PrivateUsers=yes it works",
    source: "measured with systemd 252; systemd#9870",
    bad: userExample("[Service]\nExecStart=/usr/bin/bot\nProtectSystem=strict\n"),
    good: userExample("[Service]\nExecStart=/usr/bin/bot\nProtectSystem=strict\nPrivateUsers=yes\n"),
    *check(unit, { systemd }) {
      if (unit.scope !== "user" || unit.type !== "service" || systemd >= 254 || flag(unit, "PrivateUsers"))
        return;
      const ignored = ignoredMounts
        .flatMap((key) => unit.settings.last("Service", key) ?? [])
        .filter(({ value }) => readBoolean(value) !== false);
      const [first] = ignored;
      if (!first) return;
      const keys = ignored.map(({ key }) => `${key}=`).join(", ");
      yield {
        ...atKey(first.file, first),
        says: `without PrivateUsers=yes, a user unit of systemd ${systemd} gets nothing of ${keys}`,
        fix: "PrivateUsers=yes; or a system unit with User=",
      };
    },
  },
  {
    id: "user-unit-no-effect",
    level: "risky",
    reason: "a user's manager may not do this, and systemd does not say so",
    happens: "no effect was seen",
    source: "measured with systemd 252 and 257",
    bad: userExample("[Service]\nExecStart=/usr/bin/bot\nProtectProc=invisible\n"),
    good: userExample("[Service]\nExecStart=/usr/bin/bot\nRestrictSUIDSGID=yes\n"),
    *check(unit) {
      if (unit.scope !== "user" || unit.type !== "service") return;
      for (const key of ["ProtectProc", "ProcSubset", "IPAddressDeny", "Nice", "OOMScoreAdjust"]) {
        const setting = unit.settings.last("Service", key);
        if (!setting || !needsRights(setting)) continue;
        yield {
          ...atKey(setting.file, setting),
          says: `${key}=${setting.value} has no sure effect in a user unit`,
          fix: "a system unit with User=",
        };
      }
    },
  },
  {
    id: "user-credential-encrypted",
    level: "risky",
    reason: "before systemd 256 a user's manager cannot decrypt credentials",
    happens: "the service does not get the credential, or does not start",
    source: "systemd#33318, systemd#35877",
    bad: userExample(
      "[Service]\nExecStart=/usr/bin/bot\nLoadCredentialEncrypted=token:/etc/bot/token.cred\n",
    ),
    good: userExample("[Service]\nExecStart=/usr/bin/bot\nLoadCredential=token:%h/.config/bot/token\n"),
    *check(unit, { systemd }) {
      if (unit.scope !== "user" || unit.type !== "service" || systemd >= 256) return;
      for (const key of ["LoadCredentialEncrypted", "SetCredentialEncrypted"])
        for (const setting of unit.settings.all("Service", key))
          yield {
            ...atKey(setting.file, setting),
            says: `${key}= in a user unit of systemd ${systemd}`,
            fix: "LoadCredential= with a file that only the user can read; or a system unit with User=",
          };
    },
  },
];

/** What kills a user unit at start; `until` is the first systemd with which it works, `mapping` whether PrivateUsers=yes helps. */
const impossible: readonly {
  key: string;
  status: string;
  until?: number;
  mapping?: "helps";
  /** Values that have this effect, when not all have. */
  when?: RegExp;
}[] = [
  { key: "User", status: "216/GROUP" },
  { key: "SupplementaryGroups", status: "216/GROUP" },
  { key: "DynamicUser", status: "217/USER" },
  { key: "LogNamespace", status: "226/NAMESPACE" },
  { key: "AmbientCapabilities", status: "218/CAPABILITIES", mapping: "helps" },
  { key: "CapabilityBoundingSet", status: "218/CAPABILITIES", mapping: "helps" },
  { key: "PrivateDevices", status: "218/CAPABILITIES", until: 254, mapping: "helps" },
  { key: "ProtectKernelModules", status: "218/CAPABILITIES", until: 254, mapping: "helps" },
  { key: "ProtectKernelLogs", status: "218/CAPABILITIES", until: 254, mapping: "helps" },
  { key: "ProtectClock", status: "218/CAPABILITIES", until: 254, mapping: "helps" },
  { key: "IOSchedulingClass", status: "211/IOPRIO", when: /^(realtime|1)$/ },
  { key: "BindPaths", status: "226/NAMESPACE", until: 254, mapping: "helps", when: /:/ },
  { key: "BindReadOnlyPaths", status: "226/NAMESPACE", until: 254, mapping: "helps", when: /:/ },
  { key: "TemporaryFileSystem", status: "226/NAMESPACE", until: 254, mapping: "helps" },
  { key: "RootDirectory", status: "210/CHROOT", until: 254, mapping: "helps" },
];

const ignoredMounts = (
  "ProtectSystem ProtectHome PrivateTmp ReadOnlyPaths InaccessiblePaths NoExecPaths" +
  " PrivateNetwork PrivateIPC PrivateMounts ProtectControlGroups"
).split(" ");

function flag(unit: LintUnit, key: string): boolean {
  const value = unit.settings.value("Service", key);
  return value !== null && readBoolean(value) !== false;
}

/** An empty assignment takes all capabilities away, which is a setting too. */
function emptied(unit: LintUnit, key: string): Setting | null {
  return (
    (key === "CapabilityBoundingSet" && unit.settings.written.findLast((one) => one.key === key)) || null
  );
}

function needsRights({ key, value }: Setting): boolean {
  if (key === "Nice" || key === "OOMScoreAdjust") return value.startsWith("-");
  return true;
}
