import { printable } from "../../value/printable.ts";
import { headline, type Message } from "../message.ts";

/** How much of a message goes to where people or programs read it at length; what a provider allows is often less. */
export const longestText = 32_000;

export type Room = {
  /** As the channel writes it; default: as it is. */
  escape?: (text: string) => string;
  /** How the channel counts what is escaped; default: UTF-16 units, of which there are never fewer than characters. */
  size?: (escaped: string) => number;
};

/** One line without control and format characters, and valid Unicode. */
export function plain(text: string): string {
  return printable(text.toWellFormed());
}

/** The headline as people may see it. */
export function plainHeadline(message: Message): string {
  return plain(headline(message));
}

/** The further lines as people may see them. A line break within a line is one. */
export function plainLines(message: Message): string {
  return message.lines
    .flatMap((line) => line.split(/\r\n|[\r\n]/))
    .map((line) => plain(line))
    .join("\n");
}

/** All of it, the headline first, so that it stays whole when the rest is cut. */
export function plainText(message: Message): string {
  const lines = plainLines(message);
  return lines === "" ? plainHeadline(message) : `${plainHeadline(message)}\n${lines}`;
}

/** The text escaped, and cut between two characters when there is no room for all of it; then it says how much is missing. */
export function fit(text: string, room: number, { escape = same, size = units }: Room = {}): string {
  // Escaping never makes text shorter, and no size counts less than UTF-16 units do.
  const start = text.slice(0, room + 1);
  if (start.length === text.length && size(escape(text)) <= room) return escape(text);
  const left = room - size(escape(missing(text.length)));
  const end = longestFitting(start, (length) => size(escape(start.slice(0, length))) <= left);
  return escape(text.slice(0, end)) + escape(missing(characters(text.slice(end))));
}

function missing(count: number): string {
  return `... (cut, ${count} more characters)`;
}

/** The greatest length that fits, found by halving, and not in the middle of a surrogate pair. */
function longestFitting(text: string, fits: (length: number) => boolean): number {
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  const last = text.charCodeAt(low - 1);
  return last >= 0xd800 && last < 0xdc00 ? low - 1 : low;
}

function characters(text: string): number {
  return text.length - (text.match(/[\u{10000}-\u{10ffff}]/gu)?.length ?? 0);
}

function same(text: string): string {
  return text;
}

function units(text: string): number {
  return text.length;
}
