/** A unit as values: sections in order, each with its assignments in order. */
export type UnitModel = readonly {
  section: string;
  assignments: readonly (readonly [key: string, value: string])[];
}[];

/**
 * Writes a unit from values. Values are written as they are: whoever has text quotes it first (compile/quote.ts). Throws
 * on what no unit file can carry, such as a line break in a value, so that `parseUnit` reads back just these values.
 */
export function writeUnit(model: UnitModel): string {
  return model
    .map(({ section, assignments }) => {
      if (section === "" || /\p{Cc}/u.test(section))
        throw new Error(`Not a section: ${JSON.stringify(section)}`);
      return `[${section}]\n${assignments.map(([key, value]) => line(key, value)).join("")}`;
    })
    .join("\n");
}

function line(key: string, value: string): string {
  if (!/^[^\s=[#;\\][^=\n\r\0\\]*$/.test(key) || key.trim() !== key)
    throw new Error(`Not a key: ${JSON.stringify(key)}`);
  if (/[\n\r\0]/.test(value) || /^[ \t]|[ \t]$/.test(value) || !value.isWellFormed())
    throw new Error(`No unit file can carry this value of ${key}=`);
  if ((/\\*$/.exec(value)?.[0].length ?? 0) % 2 === 1)
    throw new Error(`The value of ${key}= ends in a backslash, which would join the next line`);
  return `${key}=${value}\n`;
}
