import type { Named, Taking } from "./taking.ts";

/** A unit with its suffix and no specifier; what systemd would pass over is gone by now (in-force.ts). */
const unit = /^[A-Za-z0-9:_.\\@-]+\.[a-z]+$/;

/**
 * The spec's wants and requires order after what they start, as nearly every unit means; what is ordered in another way stays
 * below systemd:.
 */
export function takeDependencies(taking: Taking): void {
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
}

function plain(word: string): boolean {
  return unit.test(word) && !word.endsWith("\\");
}

function wordsOf(taking: Taking, key: string): string[] {
  return [...new Set(taking.left(["Unit", key]).flatMap(({ value }) => value.split(/\s+/)))].filter(
    (word) => word !== "",
  );
}

/** The lines that are left have the other words. */
function remove(taking: Taking, key: string, gone: readonly string[]): void {
  const settings = taking.left(["Unit", key]).flatMap((setting) => {
    const words = setting.value.split(/\s+/).filter((word) => word !== "" && !gone.includes(word));
    return words.length === 0 ? [] : [{ ...setting, value: words.join(" ") }];
  });
  taking.leave(["Unit", key], settings);
}
