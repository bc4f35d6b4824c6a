import { commandsOf } from "../read-settings.ts";
import { atLine, atValue, type Rule } from "../rule.ts";
import { stemOf } from "../unit-names.ts";

/** Templates such as bot@.service, and their instances. */
export const templateRules: readonly Rule[] = [
  {
    id: "template-enabled-bare",
    level: "will-not-do-what-it-says",
    reason: "a template is enabled with an instance; by itself it has nothing to start",
    happens: "systemctl enable and systemctl start fail",
    source: "measured with systemd 252",
    bad: {
      units: {
        "bot@.service":
          "# Install: systemctl enable --now bot@.service\n[Service]\nExecStart=/usr/bin/bot --account %i\n\n[Install]\nWantedBy=multi-user.target\n",
      },
    },
    good: {
      units: {
        "bot@.service":
          "# Install: systemctl enable --now bot@main.service\n[Service]\nExecStart=/usr/bin/bot --account %i\n\n[Install]\nWantedBy=multi-user.target\n",
      },
    },
    *check(unit) {
      if (!unit.template || unit.settings.has("Install", "DefaultInstance")) return;
      const bare = new RegExp(
        String.raw`systemctl\s[^#\n]*\b(enable|start|restart)\b[^#\n]*\s${quoted(stemOf(unit.name))}(\.${unit.type})?(\s|$)`,
      );
      for (const file of unit.settings.files)
        for (const node of file.nodes)
          if (node.kind === "comment" && bare.test(node.text))
            yield {
              ...atLine(file, node),
              says: `${unit.name} cannot be enabled without an instance`,
              fix: `systemctl enable ${stemOf(unit.name)}NAME.${unit.type}; or DefaultInstance=NAME in [Install]`,
            };
    },
  },
  {
    id: "template-without-instance",
    level: "risky",
    reason:
      "nothing in this template differs from instance to instance, and without an instance it cannot be enabled",
    happens: "systemctl enable fails without a name behind the @, and with one all instances do the same",
    source: "measured with systemd 252",
    bad: {
      units: {
        "bot@.service": "[Service]\nExecStart=/usr/bin/bot\n\n[Install]\nWantedBy=multi-user.target\n",
      },
    },
    good: {
      units: {
        "bot@.service":
          "[Service]\nExecStart=/usr/bin/bot --account %i\n\n[Install]\nWantedBy=multi-user.target\n",
      },
    },
    *check(unit) {
      if (!unit.template || unit.partial || unit.type !== "service") return;
      if (unit.settings.written.some(({ value }) => /%[iIjJnNf]/.test(value))) return;
      // An instance of a socket with Accept=yes is one connection.
      if (/socket/.test(unit.settings.value("Service", "StandardInput") ?? "")) return;
      const wanted = unit.settings.last("Install", "WantedBy");
      const [start] = commandsOf(unit, "ExecStart");
      if (!wanted || !start || unit.settings.has("Install", "DefaultInstance")) return;
      yield {
        ...atValue(wanted.file, wanted),
        says: `${unit.name} uses its instance nowhere`,
        fix: `name it ${stemOf(unit.name).slice(0, -1)}.${unit.type}; or use %i`,
      };
    },
  },
  {
    id: "instance-of-nothing",
    level: "will-not-do-what-it-says",
    reason: "%i is the text behind the @ of a unit's name, and this name has no @",
    happens: "%i and %I are empty",
    source: "systemd.unit(5), SPECIFIERS",
    bad: { units: { "bot.service": "[Service]\nExecStart=/usr/bin/bot --account %i\n" } },
    good: { units: { "bot@.service": "[Service]\nExecStart=/usr/bin/bot --account %i\n" } },
    *check(unit) {
      if (unit.name.includes("@") || unit.type === "slice") return;
      // A drop-in of all services, or of all whose name begins alike, is for templates too.
      if (unit.partial && (!unit.name.includes(".") || stemOf(unit.name).endsWith("-"))) return;
      for (const setting of unit.settings.written) {
        const at = /(?<!%)(?:%%)*(%[iI])/.exec(setting.value);
        if (
          !at ||
          setting.section?.startsWith("X-") ||
          setting.section === "Install" ||
          setting.key === "Description" ||
          setting.key === "Documentation"
        )
          continue;
        // Without an instance, "alert@%i.service" is a template, which systemd fills with the unit's own name.
        if (/@%[iI]\.\w+(\s|$)/.test(setting.value)) continue;
        const start = at.index + at[0].length - 2;
        yield {
          ...atValue(setting.file, setting, { start, end: start + 2 }),
          says: `${at[1]} is empty: ${unit.name} is no template`,
          fix: `name the unit ${stemOf(unit.name)}@.${unit.type}; or write the value itself`,
        };
      }
    },
  },
];

function quoted(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
