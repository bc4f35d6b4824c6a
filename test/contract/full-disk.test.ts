import { expect } from "vitest";
import { localFiles } from "../../src/host/local-files.ts";
import { sharedHost, story } from "../story/story.ts";

// A small disk is mounted inside the throwaway host, and written to from outside.
sharedHost({
  setUp: async ({ host }) => {
    await host.run(["mkdir", "/small"]);
    await host.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "/small"]);
  },
});

story("a file that does not fit changes nothing, and can still be put back", {}, async ({ host }) => {
  const at = (name: string): string => `${host.root}/small/${name}`;
  await localFiles.write(at("a"), "one", { mode: 0o644 });
  await localFiles.link(at("a"), at("a.before"));
  await localFiles.write(at("a"), "two", { mode: 0o644 });
  const big = localFiles.write(at("a"), "x".repeat(100_000), { mode: 0o644 });
  await expect(big).rejects.toMatchObject({ code: "ENOSPC" });
  expect(await localFiles.list(at(""))).toEqual(["a", "a.before"]);
  expect(await localFiles.read(at("a"))).toBe("two");
  expect((await localFiles.free(at("a"))).bytes).toBeLessThan(100_000);
  await localFiles.rename(at("a.before"), at("a"));
  expect(await localFiles.read(at("a"))).toBe("one");
});

story("a read-only disk is said to be one", {}, async ({ host, run }) => {
  await run("mount -o remount,ro /small").succeeds();
  const write = localFiles.write(`${host.root}/small/b`, "x", { mode: 0o644 });
  await expect(write).rejects.toMatchObject({ code: "EROFS" });
});
