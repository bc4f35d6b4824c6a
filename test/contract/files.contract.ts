import { beforeEach, describe, expect, test } from "vitest";
import type { Files } from "../../src/host/host.ts";

/** What every kind of Files promises. `make` gives an empty directory each time. */
export function filesContract(kind: string, make: () => Promise<{ files: Files; directory: string }>): void {
  describe(`${kind}: a file`, () => {
    let files: Files;
    let directory: string;
    beforeEach(async () => ({ files, directory } = await make()));
    const at = (name: string): string => `${directory}/${name}`;

    test("is read back as it was written", async () => {
      for (const content of ["", "plain\n", "é €\u{1F600}\0\n", "x".repeat(1_000_000)]) {
        await files.write(at("a"), content, { mode: 0o644 });
        expect(await files.read(at("a"))).toBe(content);
      }
    });

    test("that is not there is null, and so is one below a file", async () => {
      await files.write(at("a"), "", { mode: 0o600 });
      for (const path of [at("none"), at("none/none"), at("a/b")]) {
        expect(await files.read(path)).toBeNull();
        expect(await files.stat(path)).toBeNull();
        expect(await files.realPath(path)).toBeNull();
        expect(await files.readLink(path)).toBeNull();
        await files.remove(path);
      }
    });

    test("gets the mode that was asked for, whatever the umask and the file before", async () => {
      const umask = process.umask(0o077);
      try {
        await files.write(at("a"), "one", { mode: 0o600 });
        await files.write(at("a"), "two", { mode: 0o644 });
        expect(await files.stat(at("a"))).toMatchObject({ kind: "file", mode: 0o644, size: 3 });
      } finally {
        process.umask(umask);
      }
    });

    test("leaves nothing beside it, not when it cannot be written either", async () => {
      await files.makeDirectory(at("a"), 0o755);
      await expect(files.write(at("a"), "x", { mode: 0o644 })).rejects.toMatchObject({ code: "EISDIR" });
      await expect(files.write(at("none/b"), "x", { mode: 0o644 })).rejects.toMatchObject({ code: "ENOENT" });
      expect(await files.list(directory)).toEqual(["a"]);
    });

    test("may have the longest name that Linux allows", async () => {
      const names = ["n".repeat(255), `n${"é".repeat(127)}`].sort();
      for (const name of names) await files.write(at(name), "x", { mode: 0o644 });
      expect(await files.list(directory)).toEqual(names);
    });

    test("is never seen half written", async () => {
      const versions = ["a", "b"].map((letter) => letter.repeat(300_000));
      await files.write(at("a"), versions[0]!, { mode: 0o644 });
      const done = new AbortController();
      const writer = (async () => {
        for (let round = 0; round < 20; round++) {
          await files.write(at("a"), versions[round % 2]!, { mode: 0o644 });
        }
        done.abort();
      })();
      while (!done.signal.aborted) expect(versions).toContain(await files.read(at("a")));
      await writer;
    });

    test("can be renamed over another and linked to a second name", async () => {
      await files.write(at("a"), "one", { mode: 0o644 });
      await files.link(at("a"), at("b"));
      await files.write(at("a"), "two", { mode: 0o644 });
      expect(await files.read(at("b"))).toBe("one");
      await files.rename(at("b"), at("a"));
      expect(await files.read(at("a"))).toBe("one");
      expect(await files.list(directory)).toEqual(["a"]);
    });

    test("is removed once and again", async () => {
      await files.write(at("a"), "", { mode: 0o644 });
      await files.remove(at("a"));
      await files.remove(at("a"));
      expect(await files.list(directory)).toEqual([]);
    });
  });

  directories(kind, make);
}

function directories(kind: string, make: () => Promise<{ files: Files; directory: string }>): void {
  describe(`${kind}: a directory`, () => {
    test("is made with its parents, and left as it is when it is there", async () => {
      const { files, directory } = await make();
      await files.makeDirectory(`${directory}/a/b/c`, 0o750);
      await files.makeDirectory(`${directory}/a/b/c`, 0o700);
      expect(await files.stat(`${directory}/a/b/c`)).toMatchObject({ kind: "directory", mode: 0o750 });
      expect(await files.stat(`${directory}/a`)).toMatchObject({ kind: "directory", mode: 0o755 });
    });

    test("is not made in the place of a file", async () => {
      const { files, directory } = await make();
      await files.write(`${directory}/a`, "", { mode: 0o644 });
      await expect(files.makeDirectory(`${directory}/a`, 0o755)).rejects.toMatchObject({ code: "EEXIST" });
    });

    test("lists names in order, and none when it is not there", async () => {
      const { files, directory } = await make();
      for (const name of ["b", "a", ".c"]) await files.write(`${directory}/${name}`, "", { mode: 0o644 });
      expect(await files.list(directory)).toEqual([".c", "a", "b"]);
      expect(await files.list(`${directory}/none`)).toEqual([]);
    });

    test("is removed with all below it, once and again", async () => {
      const { files, directory } = await make();
      await files.makeDirectory(`${directory}/a/b`, 0o755);
      await files.write(`${directory}/a/b/c`, "", { mode: 0o644 });
      await files.removeTree(`${directory}/a`);
      await files.removeTree(`${directory}/a`);
      expect(await files.list(directory)).toEqual([]);
    });

    test("that is still to be made has the free space of its parent", async () => {
      const { files, directory } = await make();
      const { bytes, inodes } = await files.free(`${directory}/none/none`);
      expect(bytes).toBeGreaterThan(0);
      expect(inodes).toBeGreaterThan(0);
    });
  });
}
