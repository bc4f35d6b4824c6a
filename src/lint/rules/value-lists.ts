import { nearest } from "../../spec/nearest.ts";
import { directiveIn } from "../../unit/directives.ts";
import { setValue } from "../../unit/edit-unit.ts";
import type { Setting } from "../../unit/settings.ts";
import { wordKind, type WordKind } from "../../unit/word-kinds.ts";
import { splitWords, type Word } from "../../unit/words.ts";
import { inForce, mostOfLine } from "../in-force.ts";
import { atValue, type Finding, type Rule } from "../rule.ts";
import { withoutComment } from "../trailing-comment.ts";

/** Words of lists that systemd does not know. */
export const valueListRules: readonly Rule[] = [
  {
    id: "unknown-word",
    level: "will-not-do-what-it-says",
    reason: "a list holds words that its directive knows, with blanks between them",
    happens: "the word is dropped; verify still exits 0",
    source: "systemd.exec(5), systemd.service(5)",
    bad: "[Service]\nExecStart=/usr/bin/bot\nRestrictAddressFamilies=AF_INET,AF_INET6 AF_IPV4\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nRestrictAddressFamilies=AF_INET AF_INET6\nRestrictNamespaces=~user net\nSuccessExitStatus=143 TEMPFAIL SIGTERM\nCPUAffinity=0-3,5\n",
    *check(unit) {
      for (const setting of inForce(unit)) {
        const kind = wordKind(setting.key);
        if (kind === null || setting.section === null || directiveIn(setting.section, setting.key) === null)
          continue;
        yield* unknownWords(setting, kind);
      }
    },
  },
];

function* unknownWords(setting: Setting, kind: WordKind): Iterable<Finding> {
  const { file, key, lines } = setting;
  const value = withoutComment(setting);
  if (kind.alone?.(value) || value.includes("%")) return;
  const { words, unclosed } = splitWords(value.startsWith("~") ? ` ${value.slice(1)}` : value);
  if (unclosed) return;
  const wrong = words.filter(({ text }) => !kind.reads(text));
  for (const word of wrong.slice(0, mostOfLine)) {
    const better = likelyMeant(word, kind);
    const sure = better !== null && better.sure && lines === 1 && value === setting.value && !word.quoted;
    yield {
      ...atValue(file, setting, word),
      says: word.text.includes(",")
        ? `blanks separate the words of ${key}=, not commas: ${word.text}`
        : `${word.text} is not ${kind.expected}`,
      happens: value.startsWith("~")
        ? "the word is dropped, and what it was to forbid stays allowed; verify still exits 0"
        : key.startsWith("Restrict")
          ? "the word is dropped, and what it was to allow is refused; verify still exits 0"
          : "the word is dropped; verify still exits 0",
      fix: better === null ? `write ${kind.expected}` : `write ${better.text}`,
      ...(sure
        ? {
            edits: [
              setValue(file, setting, `${value.slice(0, word.start)}${better.text}${value.slice(word.end)}`),
            ],
          }
        : {}),
    };
  }
}

function likelyMeant({ text }: Word, kind: WordKind): { text: string; sure: boolean } | null {
  const parts = text.split(",").filter((part) => part !== "");
  if (parts.length > 1 && parts.every((part) => kind.reads(part)))
    return { text: parts.join(" "), sure: true };
  const sameLetters = kind.words.find(
    (word) => word.toLowerCase() === text.toLowerCase() || word === `AF_${text.toUpperCase()}`,
  );
  if (sameLetters !== undefined) return { text: sameLetters, sure: true };
  const other = {
    AF_IPV4: "AF_INET",
    AF_IPV6: "AF_INET6",
    IPV4: "AF_INET",
    IPV6: "AF_INET6",
    network: "net",
    amd64: "x86-64",
    x86_64: "x86-64",
    aarch64: "arm64",
  }[text];
  if (other !== undefined && kind.words.includes(other)) return { text: other, sure: false };
  const near = nearest(text, kind.words);
  return near === undefined ? null : { text: near, sure: false };
}
