import { nearest } from "../../spec/nearest.ts";
import { directiveIn } from "../../unit/directives.ts";
import { setValue } from "../../unit/edit-unit.ts";
import { readSize } from "../../unit/read-value.ts";
import type { Setting } from "../../unit/settings.ts";
import { valueKind } from "../../unit/value-kinds.ts";
import type { ValueKind } from "../../unit/value-kind.ts";
import { atValue, type Finding, type Rule } from "../rule.ts";
import { trailingComment } from "../trailing-comment.ts";

/** Nobody writes a number or a span that is longer. */
const longest = 200;

/** Values that systemd cannot read as what the directive takes. */
export const valueRules: readonly Rule[] = [
  {
    id: "unreadable-value",
    level: "will-not-do-what-it-says",
    reason: "a directive takes values of one kind only",
    happens: "the setting is dropped, and its default stays; verify still exits 0",
    source: "systemd.syntax(7); src/core/load-fragment-gperf.gperf.in",
    bad: "[Service]\nExecStart=/usr/bin/bot\nMemoryMax=512MB\nRestart=Always\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nMemoryMax=512M\nRestart=always\n",
    *check(unit, { systemd }) {
      for (const setting of unit.settings.written) {
        const { section, key, value, file } = setting;
        if (value === "" || section === null) continue;
        const info = directiveIn(section, key);
        const kind = info === null || info.since > systemd ? null : valueKind(info, section);
        if (kind === null || trailingComment(setting) !== null) continue;
        if (value.length > longest) {
          yield {
            ...atValue(file, setting),
            says: `${key}= cannot be read: it has ${value.length} letters`,
            fix: `write ${kind.expected}`,
          };
          continue;
        }
        if (kind.reads(value, systemd)) continue;
        const better = likelyMeant(setting, kind, systemd);
        const newer = kind.reads(value, Infinity);
        yield {
          ...atValue(file, setting),
          says: newer
            ? `systemd ${systemd} does not know ${key}=${value} yet`
            : `${key}= cannot be read: ${JSON.stringify(value)} is not ${kind.expected}`,
          ...effect(key),
          fix: better === null ? `write ${kind.expected}` : `write ${key}=${better.value}`,
          ...(better?.sure && setting.lines === 1 ? { edits: [setValue(file, setting, better.value)] } : {}),
        };
      }
    },
  },
];

const effects: readonly (readonly [RegExp, string])[] = [
  [
    /^(Memory(Max|High|Limit)|CPUQuota|TasksMax|IO(Read|Write).*Max|RuntimeMaxSec)$/,
    "the setting is dropped: no limit",
  ],
  [/^Limit/, "the setting is dropped: the default limit stays"],
  [/^Restart$/, "the setting is dropped: never restarted"],
  [/^Type$/, "the setting is dropped: the service is Type=simple"],
  [/^WatchdogSec$/, "the setting is dropped: no watchdog"],
  [
    /^(Private|Protect|Restrict|NoNewPrivileges|LockPersonality|MemoryDeny)/,
    "the setting is dropped: no protection",
  ],
];

function effect(key: string): Pick<Finding, "happens" | "level"> {
  // Of all of them the only one that systemd does not shrug at.
  if (key === "DynamicUser")
    return { level: "will-not-start", happens: "systemd refuses the unit: bad-setting" };
  const found = effects.find(([keys]) => keys.test(key));
  return found ? { happens: `${found[1]}; verify still exits 0` } : {};
}

/** What was meant, when that can be told; `sure` when nothing else can be. */
function likelyMeant(
  { key, value }: Setting,
  kind: ValueKind,
  systemd: number,
): { value: string; sure: boolean } | null {
  const reads = (text: string) => kind.reads(text, systemd);
  const unquoted = value.replace(/^(["'])(.*)\1$/, "$2");
  if (unquoted !== value && reads(unquoted)) return { value: unquoted, sure: true };
  if (/^(unlimited|none|max)$/i.test(value) && reads("infinity"))
    return { value: "infinity", sure: value === "unlimited" };
  // 512MB, 512 MiB, 512m, 512mb; "Mb" may have meant bits, but nobody limits memory by bits.
  const size = /^(\d+(?:\.\d+)?)\s*([kmgt])(?:i?b)?$/i.exec(value);
  const sized = size ? `${size[1]}${size[2]!.toUpperCase()}` : null;
  if (sized !== null && readSize(sized) !== null && reads(sized)) return { value: sized, sure: true };
  if (key === "CPUQuota" && /^\d+(\.\d+)?$/.test(value)) {
    const number = Number(value);
    return { value: `${number <= 16 ? number * 100 : number}%`, sure: false };
  }
  const words = [...(kind.words ?? []), ...(kind.expected.startsWith("yes") ? ["yes", "no"] : [])];
  const sameLetters = words.find((word) => word.toLowerCase() === value.toLowerCase());
  if (sameLetters !== undefined) return { value: sameLetters, sure: true };
  if (reads(value.toUpperCase())) return { value: value.toUpperCase(), sure: true };
  const near = nearest(value, words) ?? nearest(value.replaceAll("_", "-"), words);
  return near === undefined || !reads(near) ? null : { value: near, sure: false };
}
