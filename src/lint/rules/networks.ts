import { addToSection } from "../../unit/edit-unit.ts";
import { fromPackage } from "../from-package.ts";
import { programOf } from "../program.ts";
import { commandsOf } from "../read-settings.ts";
import { atValue, type Rule } from "../rule.ts";
import { timersOf } from "../triggers.ts";
import { namesUnit, unitsNamed } from "../unit-names.ts";

/** Waiting for the network. */
export const networkRules: readonly Rule[] = [
  {
    id: "network-online-not-wanted",
    level: "risky",
    reason: "After= only orders; network-online.target is started when some unit wants it",
    happens: "where nothing else wants it, the service starts without waiting for the network",
    source: "systemd.special(7)",
    bad: "[Unit]\nAfter=network-online.target\n\n[Service]\nExecStart=/usr/bin/bot\n",
    good: "[Unit]\nAfter=network-online.target\nWants=network-online.target\n\n[Service]\nExecStart=/usr/bin/bot\n",
    *check(unit) {
      if (unit.scope === "user" || unit.partial || unit.type !== "service") return;
      const target = "network-online.target";
      const after = unitsNamed(unit, "After").find(({ name }) => name === target);
      if (!after || namesUnit(unit, ["Wants", "Requires", "BindsTo", "Requisite", "Upholds"], target)) return;
      const { file } = after.setting;
      if (fromPackage(file.path)) return;
      yield {
        ...atValue(file, after.setting, after),
        says: "After=network-online.target without Wants=: nothing starts the target",
        fix: "Wants=network-online.target",
        edits: [addToSection(file, "Unit", ["Wants=network-online.target"])],
      };
    },
  },
  {
    id: "network-not-online",
    level: "risky",
    reason: "network.target says that network software has been started, not that there is a network",
    happens: "at boot the program may start before addresses, routes and name resolution are there",
    source: "systemd.special(7)",
    bad: "[Unit]\nAfter=network.target\n\n[Service]\nExecStart=/usr/bin/node /srv/trading-bot/main.js\n",
    good: "[Unit]\nAfter=network-online.target\nWants=network-online.target\n\n[Service]\nExecStart=/usr/bin/node /srv/trading-bot/main.js\n",
    *check(unit, context) {
      if (unit.type !== "service" || unit.scope === "user" || unit.partial) return;
      const after = unitsNamed(unit, "After").find(({ name }) => name === "network.target");
      if (!after || fromPackage(after.setting.file.path)) return;
      if (namesUnit(unit, ["After"], "network-online.target") || timersOf(unit, context).length > 0) return;
      const [start] = commandsOf(unit, "ExecStart");
      if (!start) return;
      const program = programOf(start.command);
      const words = [unit.name, ...(program.script === null ? [] : [program.script])];
      if (!clients.has(program.name) && !words.some((word) => soundsLikeClient.test(word))) return;
      yield {
        ...atValue(after.setting.file, after.setting, after),
        says: "network.target does not wait for a network, and this looks like a program that calls out",
        fix: "After=network-online.target and Wants=network-online.target; a program that tries again by itself needs neither",
      };
    },
  },
];

const clients = new Set(
  "curl wget ssh autossh rclone restic git yt-dlp mosquitto_sub ping cloudflared ngrok ddclient fetchmail offlineimap mbsync".split(
    " ",
  ),
);
const soundsLikeClient =
  /(^|[-_./@])([a-z]*bot|client|crawler|scraper|fetcher|trader|trading|uploader|downloader|miner|tunnel|dyndns|ddns|notifier|poller|forwarder)([-_./@]|$)/i;
