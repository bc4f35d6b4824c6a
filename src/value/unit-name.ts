declare const brand: unique symbol;

/** A full unit name with its suffix, such as "polybot-bot.service". */
export type UnitName = string & { readonly [brand]: "UnitName" };

const validUnitName = /^[A-Za-z0-9:_.\\@-]+\.(service|socket|timer|slice|target|path|mount|scope)$/;

/** Accepts a name that systemd would accept (systemd.unit(5)); throws on anything else, because callers make these names. */
export function unitName(text: string): UnitName {
  if (!validUnitName.test(text) || text.length > 255)
    throw new Error(`Not a unit name: ${JSON.stringify(text)}`);
  return text as UnitName;
}

/** D-Bus object path of a unit: every byte outside [A-Za-z0-9] becomes _xx (sd_bus_path_encode(3)). */
export function unitObjectPath(name: UnitName): string {
  const encoded = [...Buffer.from(name)]
    .map((byte, index) => {
      const char = String.fromCharCode(byte);
      const plain = /[A-Za-z]/.test(char) || (index > 0 && /[0-9]/.test(char));
      return plain ? char : `_${byte.toString(16).padStart(2, "0")}`;
    })
    .join("");
  return `/org/freedesktop/systemd1/unit/${encoded}`;
}
