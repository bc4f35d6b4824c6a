import { nearest } from "../../spec/nearest.ts";
import { capabilities, isCapability } from "../../unit/capabilities.ts";
import { setValue } from "../../unit/edit-unit.ts";
import type { Setting } from "../../unit/settings.ts";
import { splitWords } from "../../unit/words.ts";
import { inForce, mostOfLine } from "../in-force.ts";
import { atValue, type Finding, type Rule } from "../rule.ts";
import { withoutComment } from "../trailing-comment.ts";

/** Names of capabilities, which systemd drops without a word when it does not know them. */
export const capabilityRules: readonly Rule[] = [
  {
    id: "unknown-capability",
    level: "will-not-do-what-it-says",
    reason: "a capability is named as in capabilities(7), with CAP_",
    happens:
      "the word is dropped: a bounding set of unknown names is empty, and takes every capability away, from root too",
    source: "systemd.exec(5); measured on 252, where verify is silent",
    bad: "[Service]\nExecStart=/usr/sbin/webserver\nCapabilityBoundingSet=NET_BIND_SERVICE\n",
    good: "[Service]\nExecStart=/usr/sbin/webserver\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE cap_chown\n",
    *check(unit) {
      for (const setting of inForce(unit))
        if (setting.key === "CapabilityBoundingSet" || setting.key === "AmbientCapabilities")
          yield* unknown(setting);
    },
  },
];

function* unknown(setting: Setting): Iterable<Finding> {
  const { file, key, lines } = setting;
  const value = withoutComment(setting);
  const inverted = value.startsWith("~");
  const words = splitWords(inverted ? ` ${value.slice(1)}` : value).words;
  const wrong = words.filter(({ text }) => !isCapability(text));
  if (wrong.length === 0) return;
  const sure =
    wrong.every((word) => surelyMeant(word.text) !== null) && lines === 1 && value === setting.value;
  const fixed = words.map((word) => surelyMeant(word.text) ?? word.text).join(" ");
  for (const word of wrong.slice(0, mostOfLine)) {
    const better = meant(word.text);
    yield {
      ...atValue(file, setting, word),
      says: `${word.text} is no capability`,
      happens: happens(key, inverted, wrong.length === words.length),
      fix: better === null ? "systemd-analyze capability lists them" : `write ${better}`,
      ...(sure ? { edits: [setValue(file, setting, `${inverted ? "~" : ""}${fixed}`)] } : {}),
    };
  }
}

function happens(key: string, inverted: boolean, all: boolean): string {
  if (inverted) return "the word is dropped: the program keeps what was to be taken away";
  if (key === "AmbientCapabilities")
    return "the word is dropped: it is not granted, and the program gets EACCES or EPERM";
  return all
    ? "the set is empty: every capability is taken away, from root too"
    : "the word is dropped: this capability is taken away with the others";
}

/** The names that these words can only mean; "CAP_A,CAP_B" has commas for blanks. */
function surelyMeant(word: string): string | null {
  const parts = word.split(",").filter((part) => part !== "");
  const names = parts.map((part) => part.toUpperCase().replace(/^(CAP_)?/, "CAP_"));
  return names.length > 0 && names.every(isCapability) ? names.join(" ") : null;
}

function meant(word: string): string | null {
  const sure = surelyMeant(word);
  if (sure !== null) return sure;
  const name = word.toUpperCase().replace(/^(CAP_)?/, "CAP_");
  const begins = capabilities.filter((capability) => capability.startsWith(`${name}_`));
  return begins.length === 1
    ? begins[0]!
    : (begins.find((one) => one === "CAP_NET_BIND_SERVICE") ?? nearest(name, capabilities) ?? null);
}
