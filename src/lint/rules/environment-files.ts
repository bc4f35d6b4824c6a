import { parseEnvFile } from "../../spec/env-file.ts";
import { inForce } from "../in-force.ts";
import { hasUnmetCondition } from "../conditions.ts";
import { atValue, type Rule } from "../rule.ts";
import { withoutComment } from "../trailing-comment.ts";

/** Files of EnvironmentFile=, and what systemd reads in them. */
export const environmentFileRules: readonly Rule[] = [
  {
    id: "environment-file-relative",
    level: "will-not-do-what-it-says",
    reason: "EnvironmentFile= takes an absolute path",
    happens: "the line is dropped: none of the variables is set; verify still exits 0",
    source: "systemd.exec(5), EnvironmentFile=",
    bad: "[Service]\nWorkingDirectory=/opt/bot\nExecStart=/usr/bin/bot\nEnvironmentFile=.env\n",
    good: "[Service]\nWorkingDirectory=/opt/bot\nExecStart=/usr/bin/bot\nEnvironmentFile=/opt/bot/.env\nEnvironmentFile=-%h/more.env\n",
    *check(unit) {
      for (const setting of inForce(unit)) {
        if (setting.key !== "EnvironmentFile") continue;
        const path = withoutComment(setting).replace(/^-/, "");
        if (/^[/%]/.test(path)) continue;
        const directory = unit.settings.value("Service", "WorkingDirectory")?.replace(/\/+$/, "");
        const quoted = /^["']/.test(path);
        yield {
          ...atValue(setting.file, setting),
          says: quoted ? "quotes belong to the path here" : `${path} is not an absolute path`,
          fix: quoted
            ? "leave the quotes out"
            : `write EnvironmentFile=${directory?.startsWith("/") ? directory : "/path/to"}/${path.replace(/^(\.\/|~\/)/, "")}`,
        };
      }
    },
  },
  {
    id: "environment-file-missing",
    level: "will-not-start",
    reason: 'a file of EnvironmentFile= must be there, unless "-" stands before it',
    happens: "every start fails with Result=resources, before anything is run",
    needsHost: true,
    source: "systemd.exec(5), EnvironmentFile=; measured on 252",
    bad: {
      units: { "bot.service": "[Service]\nExecStart=/usr/bin/bot\nEnvironmentFile=/etc/bot.env\n" },
      host: {},
    },
    good: {
      units: {
        "bot.service":
          "[Service]\nExecStart=/usr/bin/bot\nEnvironmentFile=/etc/bot.env\nEnvironmentFile=-/etc/more.env\n",
      },
      host: { paths: { "/etc/bot.env": "MODE=paper\n" } },
    },
    *check(unit, { host }) {
      for (const setting of inForce(unit)) {
        const path = withoutComment(setting);
        // Made while the host runs, by another unit.
        if (setting.key !== "EnvironmentFile" || !/^\/[^%*?[]+$/.test(path) || path.startsWith("/run/"))
          continue;
        if (host!.path(path) !== null || hasUnmetCondition(unit, host!)) continue;
        yield {
          ...atValue(setting.file, setting),
          says: `${path} is not on this host`,
          fix: `make it, or write EnvironmentFile=-${path} when the program can do without it`,
        };
      }
    },
  },
  {
    id: "environment-file-content",
    level: "will-not-do-what-it-says",
    reason: "systemd reads an environment file by rules of its own, and no shell or dotenv does",
    happens: "lines with export are dropped, comments behind values are kept, and $NAME is not replaced",
    needsHost: true,
    source: "systemd.exec(5), EnvironmentFile=; measured on 252",
    bad: {
      units: { "bot.service": "[Service]\nExecStart=/usr/bin/bot\nEnvironmentFile=/etc/bot.env\n" },
      host: { paths: { "/etc/bot.env": "export MODE=paper\nLEVEL=info # for now\nDATA=$HOME/data\n" } },
    },
    good: {
      units: { "bot.service": "[Service]\nExecStart=/usr/bin/bot\nEnvironmentFile=/etc/bot.env\n" },
      host: { paths: { "/etc/bot.env": "# for now\nMODE=paper\nCOLOR='#fff'\n" } },
    },
    *check(unit, { host, systemd }) {
      for (const setting of inForce(unit)) {
        const path = withoutComment(setting).replace(/^-/, "");
        if (setting.key !== "EnvironmentFile" || !/^\/[^%*?[]+$/.test(path)) continue;
        const text = host!.text(path);
        if (text === null) continue;
        for (const { severity, summary, at, fix, code } of parseEnvFile(text, path, { systemd })
          .diagnostics) {
          if (code === "env/duplicate") continue;
          yield {
            ...atValue(setting.file, setting),
            level: severity === "error" ? "will-not-do-what-it-says" : "risky",
            says: `${path}:${at?.line ?? 1}: ${summary}`,
            ...(fix === undefined ? {} : { fix }),
          };
        }
      }
    },
  },
];
