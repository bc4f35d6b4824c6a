/** A command in the text of a unit; `asRoot` by User= and by its marks. */
export type TextCommand = { line: string; asRoot: boolean; directory: string };

/** Commands of a service unit's text (systemd.service(5)). An empty assignment takes the earlier ones back. */
export function commandsInUnit(text: string): TextCommand[] {
  const lines = text.replaceAll(/\\\r?\n/g, " ").split(/\r?\n/);
  let section = "";
  let user = "root";
  let dynamic = false;
  let directory = "/";
  const commands = new Map<string, { line: string; marks: string }[]>();
  for (const written of lines) {
    const line = written.trim();
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    const header = /^\[(.*)\]$/.exec(line)?.[1];
    if (header !== undefined) section = header;
    const [, key = "", value = ""] = /^([A-Za-z]\w*)\s*=\s*(.*)$/.exec(line) ?? [];
    if (section !== "Service" || key === "") continue;
    if (key === "User") user = value === "" ? "root" : value;
    if (key === "DynamicUser") dynamic = /^(yes|true|on|1)$/i.test(value);
    if (key === "WorkingDirectory")
      directory = value.replace(/^-/, "").startsWith("/") ? value.replace(/^-/, "") : "/";
    if (!/^Exec(Condition|StartPre|Start|StartPost|Reload|Stop|StopPost)$/.test(key)) continue;
    const [, marks = "", rest = ""] = /^([-@:+!]*)\s*(.*)$/.exec(value) ?? [];
    if (rest === "") commands.delete(key);
    else commands.set(key, [...(commands.get(key) ?? []), { line: rest, marks }]);
  }
  const isRoot = !dynamic && (user === "root" || user === "0");
  return [...commands.values()]
    .flat()
    .map(({ line, marks }) => ({ line, asRoot: isRoot || /[+!]/.test(marks), directory }));
}
