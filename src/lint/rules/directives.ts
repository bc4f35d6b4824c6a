import { nearest } from "../../spec/nearest.ts";
import { directiveIn, directiveKeys, directivesNamed, sectionsOf } from "../../unit/directives.ts";
import { atKey, type Rule } from "../rule.ts";

/** The newest systemd whose directives are known here. */
const newestKnown = 257;

/** Directives that systemd does not have, or not yet. */
export const directiveRules: readonly Rule[] = [
  {
    id: "unknown-directive",
    level: "will-not-do-what-it-says",
    reason: "systemd has no directive of this name",
    happens: 'systemd logs "Unknown key" and goes on without it; verify still exits 0',
    source: "systemd.directives(7)",
    bad: "[Service]\nExecStart=/usr/bin/bot\nEnviroment=MODE=paper\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nEnvironment=MODE=paper\nX-Owner=me\n",
    *check(unit, { systemd }) {
      const sections = sectionsOf(unit.type);
      for (const setting of unit.settings.written) {
        const { key, section, file } = setting;
        if (section === null || !sections.includes(section)) continue;
        if (key.startsWith("X-") || directivesNamed(key).length > 0) continue;
        const near = nearest(key, directiveKeys(section)) ?? nearest(key, sections.flatMap(directiveKeys));
        const at = atKey(file, setting);
        const sameLetters = near !== undefined && near.toLowerCase() === key.toLowerCase();
        yield {
          ...at,
          says: `systemd has no ${key}=`,
          fix:
            near === undefined
              ? "remove it, or name it X-… when it is for another program"
              : `write ${near}=`,
          ...(sameLetters ? { edits: [{ start: at.start, end: at.end, text: near }] } : {}),
          ...(systemd > newestKnown && near === undefined ? { level: "risky" as const } : {}),
        };
      }
    },
  },
  {
    id: "newer-directive",
    level: "will-not-do-what-it-says",
    reason: "the systemd of the host is older than this directive",
    happens: 'systemd logs "Unknown key" and goes on without it; verify still exits 0',
    source: "systemd.directives(7)",
    bad: "[Service]\nExecStart=/usr/bin/bot\nRestart=on-failure\nRestartSteps=5\n",
    good: {
      units: {
        "bot.service":
          "[Service]\nExecStart=/usr/bin/bot\nRestart=on-failure\nRestartSteps=5\nRestartMaxDelaySec=5min\n",
      },
      systemd: 257,
    },
    *check(unit, { systemd }) {
      const sections = sectionsOf(unit.type);
      for (const setting of unit.settings.written) {
        const { key, section, file } = setting;
        if (section === null || !sections.includes(section)) continue;
        const info = directiveIn(section, key);
        if (info === null || info.since <= systemd) continue;
        yield {
          ...atKey(file, setting),
          says: `${key}= needs systemd ${info.since}, and this host has ${systemd}`,
          fix: "do without it here, or upgrade systemd",
        };
      }
    },
  },
];
