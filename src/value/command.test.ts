import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatCommand, parseCommand } from "./command.ts";

describe("words, as a shell would split them", () => {
  test.each<[string, string[]]>([
    ["venv/bin/python bot.py", ["venv/bin/python", "bot.py"]],
    ["  a\tb\n c ", ["a", "b", "c"]],
    ["a 'b c' \"d e\" f\\ g", ["a", "b c", "d e", "f g"]],
    ["a ''", ["a", ""]],
    ["a b'c'\"d\"", ["a", "bcd"]],
    ['a "\\d+ \\" \\\\ \\$x" \\d', ["a", '\\d+ " \\ $x', "d"]],
    ["a \\\n  b", ["a", "b"]],
    ["grep '|' '>' ';' f", ["grep", "|", ">", ";", "f"]],
    ["curl http://x/?a=1&b=2", ["curl", "http://x/?a=1&b=2"]],
    ["sh -c 'echo $HOME'", ["sh", "-c", "echo $HOME"]],
    ["a --set X=1 $ $1 100% ~user a~", ["a", "--set", "X=1", "$", "$1", "100%", "~user", "a~"]],
  ])("%j", (text, words) => expect(parseCommand(text)).toEqual({ ok: true, value: words }));
});

describe("what only a shell could do is refused", () => {
  test.each([
    ["cd /srv && ./run", '"&&"'],
    ["cd /srv; ./run", '"/srv;"'],
    ["a | b", '"|"'],
    ["a > log", '">"'],
    ["a >>log", '">>log"'],
    ["a 2>&1", '"2>&1"'],
    ["a &", '"&"'],
    ["a&&b", '"a&&b"'],
    ["echo $HOME", "variables"],
    ['echo "$HOME"', "variables"],
    ["echo ${HOME}", "variables"],
    ["echo $(date)", "variables"],
    ["echo `date`", "variables"],
    ["~/bot/run", "home directory"],
    ["run --config ~/x.toml", "home directory"],
    ["PORT=80 node x.js", '"PORT="'],
    ['NAME="a b" node x.js', '"NAME="'],
    ["", "a program"],
    ["'' x", "a program"],
    ["a 'b", "a closing '"],
    ['a "b', 'a closing "'],
    ["a \\", "last backslash"],
    ["a\0b", "NUL"],
  ])("%j", (text, reason) => {
    const read = parseCommand(text);
    expect(read.ok ? "accepted" : read.expected).toContain(reason);
  });
});

test("a formatted command is read as the same words", () => {
  const word = fc.string({ unit: fc.constantFrom(..."ab/=-~$`'\"\\|&;<> \n\té".split("")) });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      fc.pre(words[0] !== "");
      const read = parseCommand(formatCommand(words));
      expect(read).toEqual({ ok: true, value: words });
    }),
    { numRuns: 1000 },
  );
});

test("plain words stay readable", () => {
  expect(formatCommand(["venv/bin/python", "-m", "bot", "--port=80"])).toBe(
    "venv/bin/python -m bot --port=80",
  );
  expect(formatCommand(["a", "b c", "it's", ""])).toBe(`a 'b c' "it's" ''`);
});
