import { comment, yamlText } from "../init/yaml-lines.ts";
import { printable } from "../value/printable.ts";
import type { LearnedProfile } from "./learned.ts";
import type { WrittenPlace } from "./written-places.ts";

/** All that stands in a profile. */
export type ProfileContent = LearnedProfile & {
  app: string;
  service: string;
  /** ISO date. */
  learned: string;
  systemd: number;
  runs: Readonly<Record<string, string>>;
  before: number | null;
  after: number | null;
  places: readonly WrittenPlace[];
  exercised: readonly string[];
  notExercised: readonly string[];
};

/** The text of a profile, for people to read and to keep beside the spec. */
export function writeProfile(content: ProfileContent): string {
  const { app, service } = content;
  return [
    ...comment(
      "",
      `What service "${service}" of "${app}" was seen to need, on a throwaway copy of a machine. holdfast.yaml names it: hardening: { profile: ... }. Learn it again when the program, its runtime or systemd changes: holdfast harden ${service} --write`,
    ),
    "profile: 1",
    `service: ${yamlText(`${app}/${service}`)}`,
    `learned: ${content.learned}`,
    `systemd: ${content.systemd}`,
    ...mapOf("runs", content.runs, (hash) => [` ${hash}`]),
    ...scoreLine(content),
    ...mapOf("set", content.set, ({ to, why }) => [
      "",
      `    to: ${typeof to === "string" ? quoted(to) : `[${to.map(quoted).join(", ")}]`}`,
      `    why: ${words(why)}`,
    ]),
    ...mapOf("off", content.off, ({ why }) => ["", `    why: ${words(why)}`]),
    ...mapOf("writes", Object.fromEntries(content.places.map(({ path, why }) => [path, why])), (why) => [
      "",
      `    why: ${words(why)}`,
    ]),
    ...listOf("exercised", content.exercised),
    ...listOf("not-exercised", content.notExercised),
    "",
  ].join("\n");
}

function scoreLine({ before, after }: ProfileContent): string[] {
  const parts = [
    ...(before === null ? [] : [`before: ${before.toFixed(1)}`]),
    ...(after === null ? [] : [`after: ${after.toFixed(1)}`]),
  ];
  return parts.length === 0 ? [] : [`score: { ${parts.join(", ")} }`];
}

function mapOf<T>(
  key: string,
  map: Readonly<Record<string, T>>,
  lines: (value: T) => readonly string[],
): string[] {
  const entries = Object.entries(map);
  if (entries.length === 0) return [];
  return [
    `${key}:`,
    ...entries.flatMap(([name, value]) => {
      const [first, ...rest] = lines(value);
      return [`  ${yamlText(name)}:${first}`, ...rest];
    }),
  ];
}

function listOf(key: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`${key}:`, ...items.map((item) => `  - ${words(item)}`)];
}

function words(text: string): string {
  return yamlText(printable(text));
}

/** Always read back as a text: 0077 is no number here. */
function quoted(text: string): string {
  return yamlText(text, "flow");
}
