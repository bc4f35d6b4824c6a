import { basename, dirname } from "node:path";
import { atLine, type Rule } from "../rule.ts";

/** Files beside a unit that systemd does not read. */
export const dropInRules: readonly Rule[] = [
  {
    id: "drop-in-not-conf",
    level: "will-not-do-what-it-says",
    reason: "of the files in a unit's drop-in folder systemd reads those only whose name ends in .conf",
    happens: "the file is ignored without a word",
    source: "measured with systemd 252; systemd.unit(5)",
    bad: {
      units: {
        "bot.service": "[Service]\nExecStart=/usr/bin/bot\n",
        "bot.service.d/limits": "[Service]\nMemoryMax=512M\n",
      },
    },
    good: {
      units: {
        "bot.service": "[Service]\nExecStart=/usr/bin/bot\n",
        "bot.service.d/limits.conf": "[Service]\nMemoryMax=512M\n",
      },
    },
    *check(unit, { strays = [] }) {
      if (strays.length === 0) return;
      const file = unit.settings.files[0]!;
      const [first] = file.nodes;
      if (!first) return;
      for (const stray of strays) {
        if (basename(dirname(stray)) !== `${unit.name}.d` || leftover.test(stray)) continue;
        yield {
          ...atLine(file, first),
          says: `${stray} is not read: its name does not end in .conf`,
          fix: `name it ${basename(stray)}.conf`,
        };
      }
    },
  },
];

/** What editors and packages leave behind is not meant to be read. */
const leftover =
  /(~|\.(bak|old|orig|rej|swp|tmp|save|disabled|off|dpkg-\w+|rpm(new|save|orig)|ucf-\w+|md|txt)|README[^/]*)$/i;
