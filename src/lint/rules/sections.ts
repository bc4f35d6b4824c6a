import { directivesNamed, sectionsOf } from "../../unit/directives.ts";
import { addToSection, removeLine } from "../../unit/edit-unit.ts";
import { ownSection } from "../lint-unit.ts";
import { atKey, atLine, type Rule } from "../rule.ts";
import { nearest } from "../../spec/nearest.ts";

/** Directives that stand where systemd does not read them, and sections it does not know. */
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
      const sections = sectionsOf(unit.type);
      for (const setting of unit.settings.written) {
        const { key, section, file, lines, value } = setting;
        if (section === null || !sections.includes(section)) continue;
        const homes = directivesNamed(key).flatMap((info) => info.sections);
        if (homes.length === 0 || homes.includes(section)) continue;
        const home = homes.find((name) => name === own || name === "Unit" || name === "Install");
        if (home === undefined) {
          yield {
            ...atKey(file, setting),
            says: `${key}= is not for a ${unit.type}: it belongs to [${homes[0]}]`,
            fix: `move it to the unit that has a [${homes[0]}]`,
          };
          continue;
        }
        const free = !unit.settings.has(home, key) && lines === 1;
        yield {
          ...atKey(file, setting),
          says: `${key}= belongs to [${home}]; in [${section}] it is ignored`,
          fix: unit.settings.has(home, key)
            ? `remove it: [${home}] has ${key}= already`
            : `move it to [${home}]`,
          ...(free ? { edits: [removeLine(setting), addToSection(file, home, [`${key}=${value}`])] } : {}),
        };
      }
    },
  },
  {
    id: "unknown-section",
    level: "will-not-do-what-it-says",
    reason:
      "systemd reads [Unit], [Install] and the section of the unit's own type; sections of others begin with X-",
    happens: "everything below this header is ignored; verify still exits 0",
    source: "systemd.unit(5)",
    bad: "[Unit]\nDescription=Bot\n\n[service]\nExecStart=/usr/bin/bot\n\n[Service]\nExecStart=/usr/bin/bot\n",
    good: "[Unit]\nDescription=Bot\n\n[Service]\nExecStart=/usr/bin/bot\n\n[X-Bot]\nOwner=me\n",
    *check(unit) {
      const known = sectionsOf(unit.type);
      for (const file of unit.settings.files)
        for (const node of file.nodes) {
          if (node.kind !== "section" || known.includes(node.name) || node.name.startsWith("X-")) continue;
          const near = nearest(node.name, known);
          const at = atLine(file, node);
          yield {
            ...at,
            says: `a ${unit.type} has no section [${node.name}]`,
            fix:
              near === undefined
                ? `one of ${known.map((name) => `[${name}]`).join(", ")}, or [X-${node.name}] when it is for another program`
                : `write [${near}]`,
            ...(near !== undefined ? { edits: [{ start: at.start, end: at.end, text: `[${near}]` }] } : {}),
          };
        }
    },
  },
];
