import { expect, test } from "vitest";
import { parseExecLine } from "./exec-line.ts";
import { dropInDirectories, findDropIns } from "./find-drop-ins.ts";
import { splitWords } from "./words.ts";

const words = (value: string) => splitWords(value).words.map(({ text }) => text);

test("quotes and escapes as in systemd.syntax(7)", () => {
  expect(words(`a "b c" 'd e'f g\\x41\\n`)).toEqual(["a", "b c", "d ef", "gA\n"]);
  expect(words("a\\q")).toEqual(["a\\q"]);
  expect(splitWords('a "b').unclosed).toBe(true);
  expect(splitWords("a\\ b", false).words.map(({ text }) => text)).toEqual(["a b"]);
});

test("a command line has prefixes, a program and arguments; a lone semicolon begins another", () => {
  const { commands } = parseExecLine("-@/bin/x name a ';' ; !/bin/y \\; b");
  expect(
    commands.map(({ prefix, program, arguments: rest }) => [
      prefix,
      program.text,
      rest.map(({ text }) => text),
    ]),
  ).toEqual([
    ["-@", "/bin/x", ["a", ";"]],
    ["!", "/bin/y", ["\\;", "b"]],
  ]);
});

test("drop-ins: by name, the more special directory first, then the stronger place", () => {
  expect(dropInDirectories("a-b@x.service")).toEqual([
    "service.d",
    "a-.service.d",
    "a-b@.service.d",
    "a-b@x.service.d",
  ]);
  const tree: Record<string, string[]> = {
    "/usr/service.d": ["10-all.conf", "20-x.conf"],
    "/usr/bot.service.d": ["20-x.conf", "note.txt"],
    "/etc/bot.service.d": ["20-x.conf", "05-y.conf"],
  };
  expect(findDropIns("bot.service", ["/etc", "/usr"], (path) => tree[path] ?? [])).toEqual([
    "/etc/bot.service.d/05-y.conf",
    "/usr/service.d/10-all.conf",
    "/etc/bot.service.d/20-x.conf",
  ]);
});
