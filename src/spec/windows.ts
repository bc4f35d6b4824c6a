const names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** "Mon..Fri" or "Sat, Sun" as ISO weekdays, 1 is Monday; null when it is neither. */
export function parseWeekdayList(text: string): number[] | null {
  const days = text.split(",").map((part) => {
    const [from, to, ...rest] = part.split("..").map((word) => dayOf(word.trim()));
    if (from == null || to === null || rest.length > 0) return null;
    return to === undefined ? [from] : span(from, to);
  });
  if (days.some((list) => list === null)) return null;
  return [...new Set(days.flatMap((list) => list ?? []))].toSorted((a, b) => a - b);
}

function dayOf(word: string): number | null {
  const index = names.findIndex((name) => name === word.slice(0, 3).toLowerCase());
  const long = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"][index];
  return index === -1 || !(word.length === 3 || word.toLowerCase() === long) ? null : index + 1;
}

/** Past Sunday it goes on with Monday. */
function span(from: number, to: number): number[] {
  const length = (to - from + 7) % 7;
  return Array.from({ length: length + 1 }, (_, index) => ((from - 1 + index) % 7) + 1);
}
