import { readdirSync, readFileSync, statSync, watch, type FSWatcher } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseWatchFile, type WatchFile } from "../compile/watch-rule.ts";
import type { Scope } from "../host/host.ts";

/** Where the rules of a scope are: /etc/holdfast/watch, or below the user's own settings. */
export function rulesDirectory(scope: Scope, environment: NodeJS.ProcessEnv = process.env): string {
  if (scope === "system") return "/etc/holdfast/watch";
  const named = environment["XDG_CONFIG_HOME"];
  return join(named?.startsWith("/") ? named : join(homedir(), ".config"), "holdfast/watch");
}

export type RulesListener = {
  /** An application's rules, new or changed. */
  changed(file: WatchFile): void;
  removed(app: string): void;
  /** A file that cannot be used; the rules that were read from it before stay in force. */
  unusable(path: string, why: string): void;
};

const slowly = 15_000;
/** A change is written as a new file and a rename, and several files may follow each other. */
const settles = 100;

/** Reads all rules and follows their directory; a slow look is the second line, for a directory that comes and goes. */
export class Rules {
  readonly #directory: string;
  readonly #listener: RulesListener;
  readonly #known = new Map<string, { stamp: string; app: string | null }>();
  #watcher: FSWatcher | null = null;
  #soon: NodeJS.Timeout | null = null;
  readonly #slow: NodeJS.Timeout;

  constructor(directory: string, listener: RulesListener) {
    this.#directory = directory;
    this.#listener = listener;
    this.#slow = setInterval(() => this.read(), slowly);
    this.read();
  }

  /** Looks at every file now. */
  read(): void {
    this.#follow();
    const names = this.#names();
    for (const [name, { app }] of this.#known)
      if (!names.includes(name)) {
        this.#known.delete(name);
        if (app !== null) this.#listener.removed(app);
      }
    for (const name of names) this.#readOne(name);
  }

  close(): void {
    clearInterval(this.#slow);
    if (this.#soon) clearTimeout(this.#soon);
    this.#watcher?.close();
  }

  #names(): string[] {
    try {
      return readdirSync(this.#directory).filter((name) => name.endsWith(".json") && !name.startsWith("."));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      this.#listener.unusable(this.#directory, (error as Error).message);
      // What is known stays: a directory that cannot be read is not one without rules.
      return [...this.#known.keys()];
    }
  }

  #readOne(name: string): void {
    const path = join(this.#directory, name);
    const known = this.#known.get(name);
    let stamp = "";
    try {
      const { mtimeNs, size, ino } = statSync(path, { bigint: true });
      stamp = `${mtimeNs} ${size} ${ino}`;
      if (known?.stamp === stamp) return;
      const file = parseWatchFile(readFileSync(path, "utf8"));
      const { app, version, supervision } = file;
      if (version !== 1) throw new Error(`it is of version ${String(version)}, and this Holdfast knows 1`);
      if (`${app}.json` !== name) throw new Error(`it speaks of ${app}`);
      if (supervision === "agent") {
        this.#known.set(name, { stamp, app });
        this.#listener.changed(file);
      } else {
        this.#known.set(name, { stamp, app: null });
        if (known?.app) this.#listener.removed(known.app);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      // Told once for each content.
      this.#known.set(name, { stamp, app: known?.app ?? null });
      this.#listener.unusable(path, (error as Error).message);
    }
  }

  #follow(): void {
    if (this.#watcher) return;
    try {
      const watcher = watch(this.#directory, (_, name) => {
        // A directory that is removed tells so with its own name.
        if (name === null || !this.#isThere()) this.#unfollow(watcher);
        this.#soon ??= setTimeout(() => {
          this.#soon = null;
          this.read();
        }, settles);
      });
      watcher.on("error", () => this.#unfollow(watcher));
      this.#watcher = watcher;
    } catch {
      // Not there yet, or no more watches to be had: the slow look finds what changes.
    }
  }

  #isThere(): boolean {
    return statSync(this.#directory, { throwIfNoEntry: false }) !== undefined;
  }

  #unfollow(watcher: FSWatcher): void {
    watcher.close();
    if (this.#watcher === watcher) this.#watcher = null;
  }
}
