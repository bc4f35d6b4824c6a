import { hasUnmetCondition, pathConditions } from "../conditions.ts";
import { fromPackage } from "../from-package.ts";
import { inForce } from "../in-force.ts";
import { atValue, type Rule } from "../rule.ts";
import { withoutComment } from "../trailing-comment.ts";

/** Credentials, and conditions: what must be there before the program is started. */
export const credentialRules: readonly Rule[] = [
  {
    id: "credential-name",
    level: "will-not-do-what-it-says",
    reason: "LoadCredential= takes NAME:PATH, and a name is no path",
    happens: "the line is dropped, and the program does not find its credential",
    source: "systemd.exec(5), LoadCredential=; measured on 252",
    bad: "[Service]\nExecStart=/usr/bin/bot\nLoadCredential=/etc/bot/token\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nLoadCredential=token:/etc/bot/token\nLoadCredential=stored\n",
    *check(unit) {
      for (const setting of inForce(unit)) {
        if (!/^(Load|Set)Credential(Encrypted)?$/.test(setting.key)) continue;
        const [name = "", content] = setting.value.split(/:(.*)/s);
        const sets = setting.key.startsWith("Set");
        if (name !== "" && !/[/\s"']/.test(name) && (!sets || content !== undefined)) continue;
        // What is set is a secret, or may be: only the name is marked.
        yield {
          ...atValue(setting.file, setting, { start: 0, end: Math.max(1, name.length) }),
          says:
            sets && content === undefined
              ? `${setting.key}= has no NAME: before its content`
              : `${setting.key}= has no name before its path`,
          fix: `write ${setting.key}=NAME:${sets ? "CONTENT" : setting.value.startsWith("/") ? withoutComment(setting) : "/path"}`,
        };
      }
    },
  },
  {
    id: "credential-missing",
    level: "will-not-start",
    reason: "the file of a credential must be there at every start",
    happens: "243/CREDENTIALS at start",
    needsHost: true,
    source: "systemd.exec(5), PROCESS EXIT CODES; measured on 252",
    bad: {
      units: { "bot.service": "[Service]\nExecStart=/usr/bin/bot\nLoadCredential=token:/etc/bot/token\n" },
      host: {},
    },
    good: {
      units: { "bot.service": "[Service]\nExecStart=/usr/bin/bot\nLoadCredential=token:/etc/bot/token\n" },
      host: { paths: { "/etc/bot/token": "0600" } },
    },
    *check(unit, { host }) {
      for (const setting of inForce(unit)) {
        if (!/^LoadCredential(Encrypted)?$/.test(setting.key)) continue;
        const path = /^[^:/\s]+:(\/[^%]+)$/.exec(withoutComment(setting))?.[1];
        if (path === undefined || path.startsWith("/run/")) continue;
        if (host!.path(path) !== null || hasUnmetCondition(unit, host!)) continue;
        yield {
          ...atValue(setting.file, setting),
          says: `${path} is not on this host`,
          fix: setting.key.endsWith("Encrypted")
            ? `make it: systemd-creds encrypt SECRET ${path}`
            : "make it, readable for root alone (mode 0400)",
        };
      }
    },
  },
  {
    id: "condition-unmet",
    level: "risky",
    reason: "a unit whose condition is not met is passed over, and that is no failure",
    happens: "systemctl start returns 0, and nothing runs",
    needsHost: true,
    source: "systemd.unit(5), CONDITIONS AND ASSERTS; measured on 252",
    bad: {
      units: {
        "bot.service": "[Unit]\nConditionPathExists=/etc/bot.conf\n\n[Service]\nExecStart=/usr/bin/bot\n",
      },
      host: {},
    },
    good: {
      units: {
        "bot.service":
          "[Unit]\nConditionPathExists=/etc/bot.conf\nConditionPathExists=!/etc/bot.off\n\n[Service]\nExecStart=/usr/bin/bot\n",
      },
      host: { paths: { "/etc/bot.conf": "a=b\n" } },
    },
    *check(unit, { host }) {
      for (const { setting, path, met, triggering, known } of pathConditions(unit, host!)) {
        // What is below these comes and goes while the host runs.
        // The units of a package have conditions for what may be set up, and may not.
        if (fromPackage(setting.file.path)) continue;
        if (met || triggering || !known || /^\/(run|proc|sys|dev|tmp)(\/|$)/.test(path)) continue;
        const negated = setting.value.includes("!");
        const there = host!.path(path) !== null;
        const state = negated ? "there" : there ? "there, and not what is asked for" : "not there";
        const fails = setting.key.startsWith("Assert");
        yield {
          ...atValue(setting.file, setting),
          says: `${setting.key}=${setting.value} is not met on this host: ${path} is ${state}`,
          ...(fails ? { happens: "the start fails, and OnFailure= is not started" } : {}),
          fix: negated ? `remove ${path}, or the condition` : `make ${path}, or remove the condition`,
        };
      }
    },
  },
];
