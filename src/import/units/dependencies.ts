import type { Dropped } from "../imported.ts";
import type { Setting } from "../../unit/settings.ts";
import { placeOf } from "./in-force.ts";
import type { Named, Taking } from "./taking.ts";

const unit =
  /^[A-Za-z0-9:_.\\@-]+\.(service|socket|timer|target|path|mount|automount|swap|slice|scope|device)$/;

/**
 * The spec's wants and requires order after what they start, as nearly every unit means; what is ordered in another way stays
 * below systemd:. Words that are no unit names do nothing in systemd, and are not carried over.
 */
export function takeDependencies(taking: Taking): Dropped[] {
  const dropped = [
    "After",
    "Before",
    "Wants",
    "Requires",
    "BindsTo",
    "PartOf",
    "Requisite",
    "Conflicts",
  ].flatMap((key) => leaveOutNoUnits(taking, key));
  const after = wordsOf(taking, "After");
  for (const [directive, key] of [
    ["Requires", "requires"],
    ["Wants", "wants"],
  ] as const) {
    const both = wordsOf(taking, directive).filter((word) => plain(word) && after.includes(word));
    if (both.length === 0) continue;
    const from: readonly Named[] = [
      ["Unit", directive],
      ["Unit", "After"],
    ];
    if (!taking.putWords([key], both, from, `${directive}= and After=`)) continue;
    remove(taking, directive, both);
    remove(taking, "After", both);
  }
  const order = wordsOf(taking, "After").filter(plain);
  if (order.length > 0 && taking.putWords(["after"], order, [["Unit", "After"]], "After="))
    remove(taking, "After", order);
  return dropped;
}

function plain(word: string): boolean {
  return unit.test(word) && !word.endsWith("\\");
}

function wordsOf(taking: Taking, key: string): string[] {
  return [...new Set(taking.left(["Unit", key]).flatMap(({ value }) => value.split(/\s+/)))].filter(
    (word) => word !== "",
  );
}

function remove(taking: Taking, key: string, words: readonly string[]): void {
  const gone = new Set(words);
  keepWords(taking, key, (word) => !gone.has(word));
}

function leaveOutNoUnits(taking: Taking, key: string): Dropped[] {
  const dropped: Dropped[] = [];
  keepWords(taking, key, (word, setting) => {
    if (word.includes("%") || unit.test(word)) return true;
    dropped.push({
      at: placeOf(setting),
      what: `${key}=${word}`,
      why: "systemd passes over it: it is not the name of a unit with its suffix",
      todo: /^[A-Za-z0-9:_.-]+$/.test(word) ? `write ${word}.service, if that was meant` : "nothing",
    });
    return false;
  });
  return dropped;
}

function keepWords(taking: Taking, key: string, isKept: (word: string, setting: Setting) => boolean): void {
  const settings = taking.left(["Unit", key]).flatMap((setting) => {
    const words = setting.value.split(/\s+/).filter((word) => word !== "" && isKept(word, setting));
    return words.length === 0 ? [] : [{ ...setting, value: words.join(" ") }];
  });
  taking.leave(["Unit", key], settings);
}
