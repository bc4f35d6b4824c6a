import type { Setting } from "../unit/settings.ts";
import type { Word } from "../unit/words.ts";
import { atValue, type Finding } from "./rule.ts";

/** The settings that are Environment=. */
export function* environments(settings: readonly Setting[]): Iterable<Setting> {
  for (const setting of settings) if (setting.key === "Environment") yield setting;
}

/** The name that systemd accepts in front of "=" (env_name_is_valid()); null when there is none. */
export function assignedName(text: string): string | null {
  return /^([A-Za-z_]\w*)=/.exec(text)?.[1] ?? null;
}

/** Only the name is marked: what shows the place must not show the value. */
export function atName(setting: Setting, word: Word, name: string): Pick<Finding, "file" | "start" | "end"> {
  const start = setting.value.indexOf(name, word.start);
  return atValue(setting.file, setting, { start, end: start + name.length });
}
