/** What %(name)s stands for, and the variables of supervisord's own environment that a value asks for. */
export type Expanded = { text: string; fromEnvironment: string[]; unknown: string[] };

/** Puts values in for %(name)s; what only the environment of supervisord knows stays as $NAME. */
export function expandValue(value: string, known: Readonly<Record<string, string | number>>): Expanded {
  const fromEnvironment: string[] = [];
  const unknown: string[] = [];
  const text = value.replace(
    /%%|%\(([^)]+)\)(?:0?(\d*))([sd])/g,
    (all, name: string | undefined, width: string | undefined) => {
      if (name === undefined) return "%";
      const found = known[name];
      if (found !== undefined) return String(found).padStart(Number(width ?? 0) || 0, "0");
      if (name.startsWith("ENV_")) {
        fromEnvironment.push(name.slice(4));
        return `$${name.slice(4)}`;
      }
      unknown.push(name);
      return all;
    },
  );
  return { text, fromEnvironment, unknown };
}

/** KEY="value",OTHER=value: commas and line breaks separate, quotes hold together. */
export function readPairs(text: string): { name: string; value: string }[] {
  const pairs: { name: string; value: string }[] = [];
  const pattern = /([A-Za-z_]\w*)\s*=\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^,\n]*)\s*(?:,|\n|$)/g;
  for (const [, name = "", written = ""] of text.matchAll(pattern)) {
    const value = written.trim();
    const quote = value[0];
    pairs.push({
      name,
      value:
        quote === '"'
          ? value.slice(1, -1).replace(/\\(.)/g, "$1")
          : quote === "'"
            ? value.slice(1, -1)
            : value,
    });
  }
  return pairs;
}
