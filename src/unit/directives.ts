import { directiveTable } from "./directive-table.ts";

/** A directive as systemd knows it: where it may stand, what kind of value it takes (systemd's own word), and since when. */
export type DirectiveInfo = { key: string; kind: string; sections: readonly string[]; since: number };

let byKey: Map<string, DirectiveInfo[]> | undefined;
const keysBySection = new Map<string, readonly string[]>();

/** What is known of a directive, by its exact spelling; one entry for each kind of value; empty when there is none up to systemd 257. */
export function directivesNamed(key: string): readonly DirectiveInfo[] {
  return table().get(key) ?? [];
}

/** What a directive is in this section; null when it is nothing there. */
export function directiveIn(section: string, key: string): DirectiveInfo | null {
  return directivesNamed(key).find(({ sections }) => sections.includes(section)) ?? null;
}

/** Every directive that may stand in a section. */
export function directiveKeys(section: string): readonly string[] {
  const known = keysBySection.get(section);
  if (known) return known;
  const keys = [...table().values()]
    .flat()
    .filter(({ sections }) => sections.includes(section))
    .map(({ key }) => key);
  keysBySection.set(section, keys);
  return keys;
}

/** Sections that a kind of unit has, such as "service"; "X-" sections are everybody's (systemd.unit(5)). */
export function sectionsOf(type: string): readonly string[] {
  const own = typeSections[type];
  return own === undefined ? ["Unit", "Install"] : ["Unit", "Install", own];
}

const typeSections: Readonly<Record<string, string>> = {
  service: "Service",
  socket: "Socket",
  mount: "Mount",
  automount: "Automount",
  swap: "Swap",
  timer: "Timer",
  path: "Path",
  slice: "Slice",
  scope: "Scope",
};

function table(): Map<string, DirectiveInfo[]> {
  if (byKey) return byKey;
  byKey = new Map();
  for (const [group, text] of Object.entries(directiveTable))
    for (const word of text.trim().split(" ")) {
      const [, key, kind, since] = /^([^=]+)=([^@]+)(?:@(\d+))?$/.exec(word)!;
      const info = {
        key: key!,
        kind: kind!.replaceAll("_", " "),
        sections: group.split(" "),
        since: Number(since ?? 0),
      };
      const list = byKey.get(info.key);
      if (list) list.push(info);
      else byKey.set(info.key, [info]);
    }
  return byKey;
}
