import type { Host } from "./host.ts";

/**
 * Writes a line about a unit into the journal, where `journalctl -u UNIT` shows it among the unit's own: a message by root
 * (or, in a user's journal, by the user) that names its object (journalctl(1), --unit; logger(1), --journald). `level` is of
 * syslog(3). That it cannot be written is nobody's trouble: the record has it, too.
 */
export async function tellJournal(host: Host, unit: string, level: number, text: string): Promise<void> {
  const about = host.scope === "system" ? "OBJECT_SYSTEMD_UNIT" : "USER_UNIT";
  // One field a line: a line break in a value would begin another field.
  const message = text.replaceAll(/\s*\n\s*/g, "; ");
  const fields = [
    `MESSAGE=${message}`,
    `PRIORITY=${level}`,
    "SYSLOG_IDENTIFIER=holdfast",
    `${about}=${unit}`,
  ];
  await host
    .run(["/usr/bin/logger", "--journald"], { stdin: `${fields.join("\n")}\n`, timeout: 2000 })
    .catch(() => {});
}
