import type { Files, FileStat } from "../host/host.ts";

/** `trouble`: this account may not look, and why. */
export type Seen = { stat: FileStat | null; trouble: string | null };
export type Read = { text: string | null; trouble: string | null };

/** Larger files hold data, not settings. */
const mostText = 1024 * 1024;

/** Looks at each file once, however many subjects ask, and never throws: what may not be looked at is said. */
export class Look {
  readonly #files: Files;
  readonly #seen = new Map<string, Promise<Seen>>();
  readonly #read = new Map<string, Promise<Read>>();

  constructor(files: Files) {
    this.#files = files;
  }

  /** Links are not followed. */
  stat(path: string): Promise<Seen> {
    return kept(this.#seen, path, () =>
      this.#files.stat(path).then(
        (stat) => ({ stat, trouble: null }),
        (error: unknown) => ({ stat: null, trouble: troubleOf(error) }),
      ),
    );
  }

  /** Of an ordinary file of at most 1 MiB, or what a link leads to; null when there is none. */
  text(path: string): Promise<Read> {
    return kept(this.#read, path, async () => {
      try {
        const real = await this.#files.realPath(path);
        // A masked unit, and a setting that is turned off.
        if (real === "/dev/null") return { text: "", trouble: null };
        const { stat, trouble } = real === null ? { stat: null, trouble: null } : await this.stat(real);
        if (real === null || stat === null) return { text: null, trouble };
        if (stat.kind !== "file") return { text: null, trouble: "it is no ordinary file" };
        if (stat.size > mostText) return { text: null, trouble: "it is larger than 1 MiB" };
        return { text: await this.#files.read(real), trouble: null };
      } catch (error) {
        return { text: null, trouble: troubleOf(error) };
      }
    });
  }

  /** null when this is no directory, or may not be listed. */
  async list(path: string): Promise<{ names: readonly string[]; trouble: string | null }> {
    try {
      return { names: await this.#files.list(path), trouble: null };
    } catch (error) {
      return { names: [], trouble: troubleOf(error) };
    }
  }

  async linkTarget(path: string): Promise<string | null> {
    return this.#files.readLink(path).catch(() => null);
  }
}

function kept<T>(known: Map<string, Promise<T>>, path: string, look: () => Promise<T>): Promise<T> {
  let answer = known.get(path);
  if (answer === undefined) known.set(path, (answer = look()));
  return answer;
}

function troubleOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "EACCES" || code === "EPERM") return "this account may not look at it";
  if (code === "ELOOP") return "its links go round in a circle";
  return code ?? (error as Error).message;
}
