/** A "%" and its letter in a value; "%%" is none. */
export type Specifier = { letter: string; start: number };

/** Letters that systemd fills in (systemd.unit(5), "SPECIFIERS"), those of later versions with their number. */
const letters = "aAbBCEfgGhHiIjJlLmMnNopPqsStTuUvVwW";
const later: Readonly<Record<string, number>> = { d: 250, y: 251, Y: 251, D: 256 };

/** Every specifier of a value, known or not: systemd looks at "%" and a letter or digit, wherever quotes are. */
export function specifiersOf(value: string): Specifier[] {
  const found: Specifier[] = [];
  for (let at = value.indexOf("%"); at !== -1; at = value.indexOf("%", at)) {
    const letter = value[at + 1] ?? "";
    if (/[A-Za-z0-9]/.test(letter)) found.push({ letter, start: at });
    at += letter === "%" ? 2 : 1;
  }
  return found;
}

/** Whether systemd fills this letter in. */
export function isKnownSpecifier(letter: string, systemd: number): boolean {
  return letters.includes(letter) || (later[letter] ?? Infinity) <= systemd;
}
