import { directivesNamed } from "../../unit/directives.ts";
import { ownSection } from "../lint-unit.ts";
import { atKey, type Rule } from "../rule.ts";

/** Directives that stand where systemd does not read them. */
export const sectionRules: readonly Rule[] = [
  {
    id: "wrong-section",
    level: "will-not-do-what-it-says",
    reason: "a directive counts only in its own section",
    happens: 'systemd logs "Unknown key name" and goes on without it; verify still exits 0',
    source: "systemd.unit(5); PowerDNS/pdns#7804",
    bad: "[Unit]\nDescription=Bot\n\n[Service]\nExecStart=/usr/bin/bot\nRestart=on-failure\nStartLimitIntervalSec=1h\n",
    good: "[Unit]\nDescription=Bot\nStartLimitIntervalSec=1h\n\n[Service]\nExecStart=/usr/bin/bot\nRestart=on-failure\n",
    *check(unit) {
      const own = ownSection(unit);
      for (const setting of unit.settings.written) {
        const { key, section, file } = setting;
        const homes = directivesNamed(key).flatMap(({ sections }) => sections);
        if (section === null || homes.length === 0 || homes.includes(section)) continue;
        const home = homes.find((name) => name === own || name === "Unit" || name === "Install");
        if (home === undefined) continue;
        yield {
          ...atKey(file, setting),
          says: `${key}= belongs to [${home}]; in [${section}] it is ignored`,
          fix: `move it to [${home}]`,
        };
      }
    },
  },
];
