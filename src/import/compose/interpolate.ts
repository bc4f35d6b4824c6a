/** A value with ${NAME} in it: what it is, and which variables nobody has given a value. */
export type Interpolated = { text: string; missing: string[]; defaults: string[] };

/** Puts variables into a text as Compose does: ${NAME}, ${NAME:-default}, ${NAME:?error}, $$. */
export function interpolate(text: string, known: ReadonlyMap<string, string>): Interpolated {
  const missing: string[] = [];
  const defaults: string[] = [];
  const out = text.replace(
    /\$\$|\$\{([A-Za-z_]\w*)(?:(:?[-?+])([^}]*))?\}|\$([A-Za-z_]\w*)/g,
    (
      all,
      braced: string | undefined,
      operator: string | undefined,
      word: string | undefined,
      plain: string | undefined,
    ) => {
      if (all === "$$") return "$";
      const name = braced ?? plain!;
      const value = known.get(name);
      if (operator?.endsWith("+")) return value === undefined ? "" : (word ?? "");
      if (value !== undefined && (value !== "" || !operator?.startsWith(":"))) return value;
      if (operator?.endsWith("-")) {
        defaults.push(name);
        return word ?? "";
      }
      missing.push(name);
      return all;
    },
  );
  return { text: out, missing, defaults };
}
