export type CronLine = { line: number; user: string; command: string };

/** Lines of a crontab (crontab(5)): a system one names the account in its sixth field; a user's own does not. */
export function parseCrontab(text: string, { withUser }: { withUser: boolean }): CronLine[] {
  return text.split(/\r?\n/).flatMap((written, index): CronLine[] => {
    const line = written.trim();
    if (line === "" || line.startsWith("#") || /^[A-Za-z_]\w*\s*=/.test(line)) return [];
    const times = line.startsWith("@") ? 1 : 5;
    const fields = line.split(/\s+/);
    const user = withUser ? (fields[times] ?? "") : "root";
    const skipped = times + (withUser ? 1 : 0);
    const rest = new RegExp(String.raw`^(?:\S+\s+){${skipped}}(.*)$`).exec(line)?.[1];
    // A percent sign begins what is given to the command as input.
    const command = rest?.split(/(?<!\\)%/)[0];
    return command === undefined || command === "" ? [] : [{ line: index + 1, user, command }];
  });
}
