import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as quote from "./quote.ts";

// What PID 1 reads back is proved in test/story; these are the rules as people look them up, and what must never appear.
function text(quoted: quote.Quoted): string {
  return quoted.ok ? quoted.text : `refused: ${quoted.reason}`;
}

describe("an argument of ExecStart=", () => {
  test.each([
    ["plain", "plain"],
    ["", '""'],
    ["two words", '"two words"'],
    ["+%Y-%m-%d", "+%%Y-%%m-%%d"],
    ["$HOME ${X} $$", '"$$HOME $${X} $$$$"'],
    [";", '";"'],
    ["a\\b\"c'd", `"a\\\\b\\"c'd"`],
    ["one\ntwo\tthree", '"one\\ntwo\\tthree"'],
    ["\u001b[0m", '"\\x1b[0m"'],
    ["user\u202Etxt", '"user\\u202etxt"'],
    ["café", '"café"'],
  ])("%j", (value, expected) => expect(text(quote.quoteExecArgument(value))).toBe(expected));

  test("refuses what no unit file can carry", () => {
    expect(text(quote.quoteExecArgument("a\0b"))).toBe("refused: has a NUL character");
    for (const bad of ["\uD800", "\uFFFF", "x".repeat(131_072)])
      expect(quote.quoteExecArgument(bad).ok).toBe(false);
  });
});

describe("a command line", () => {
  test("has an absolute path first, and no prefix", () => {
    expect(text(quote.quoteExecCommand(["/bin/echo", "@x", "-y", "a b"]))).toBe('/bin/echo @x -y "a b"');
    for (const program of [
      "",
      "echo",
      "-/bin/echo",
      "@/bin/echo",
      "!/bin/x",
      "+/bin/x",
      ":/bin/x",
      "./run",
      "/bin/",
      "/a/../b",
    ])
      expect(quote.quoteExecCommand([program]).ok).toBe(false);
  });

  test("keeps a dollar in the program, in the path and in argv[0]", () => {
    expect(text(quote.quoteExecCommand(["/opt/${x}/run"]))).toBe('"@/opt/${x}/run" "/opt/$${x}/run"');
  });

  test("is refused when no line can hold it", () => {
    expect(quote.quoteExecCommand(["/bin/echo", ...Array<string>(9).fill("%".repeat(60_000))]).ok).toBe(
      false,
    );
  });

  test("says which argument is refused", () => {
    expect(text(quote.quoteExecCommand(["/bin/echo", "ok", "\0"]))).toBe(
      "refused: has an argument (number 2) that has a NUL character",
    );
  });
});

test("Environment= expands specifiers and nothing else", () => {
  expect(text(quote.quoteEnvironment("A", "100% $HOME"))).toBe('"A=100%% $HOME"');
  expect(text(quote.quoteEnvironment("A", ""))).toBe("A=");
  for (const name of ["", "1A", "A-B", "A B", "A\n", "é"])
    expect(quote.quoteEnvironment(name, "x").ok).toBe(false);
});

test("a plain value is not unescaped", () => {
  expect(text(quote.quotePlain('100% "so" \\n # ;'))).toBe('100%% "so" \\n # ;');
  for (const bad of ["", " a", "a\t", "a\\", "a\nb", "a\rb", "a\0b"])
    expect(quote.quotePlain(bad).ok).toBe(false);
});

test("a path keeps its last character", () => {
  expect(text(quote.quotePath("/srv/a b/%"))).toBe("/srv/a b/%%");
  expect(text(quote.quotePath("/srv/end "))).toBe("/srv/end /");
  expect(text(quote.quotePath("/srv/end\\"))).toBe("/srv/end\\/");
  for (const bad of ["srv", "~", "/a/../b", "/a//b", "/a/.", `/${"x".repeat(4096)}`])
    expect(quote.quotePath(bad).ok).toBe(false);
});

test("EnvironmentFile= is a pattern", () => {
  expect(text(quote.quoteEnvironmentFile("/etc/a*[1]?.env", { optional: true }))).toBe(
    "-/etc/a\\*\\[1\\]\\?.env",
  );
});

test("lists differ in what quotes and backslashes mean", () => {
  expect(text(quote.quoteUnitName("dev-disk\\x2dx.device"))).toBe("dev-disk\\x2dx.device");
  for (const bad of ["", "a b.service", '"a.service"', "a%i.service", "a\\"])
    expect(quote.quoteUnitName(bad).ok).toBe(false);
  expect(text(quote.quoteListItem("file:///a\\x2d b"))).toBe('"file:///a\\x2d b"');
  expect(text(quote.quotePathItem("-/srv/a\\b c"))).toBe('"-/srv/a\\\\b c"');
  expect(text(quote.quoteListItem(`a"b'c`))).toBe(`"a"'"'"b'c"`);
});

test("a credential has a simple name and a path to the end of the line", () => {
  expect(text(quote.quoteCredential("token", "/etc/a b%"))).toBe("token:/etc/a b%%");
  expect(quote.quoteCredential("a:b", "/x").ok).toBe(false);
  expect(quote.quoteCredential("a", "/x\\").ok).toBe(false);
});

test("nothing that is carried can end its line, or join the next one to it", () => {
  const kinds = [
    quote.quoteExecArgument,
    quote.quotePlain,
    quote.quoteListItem,
    quote.quoteUnitName,
    (value: string) => quote.quotePath(`/${value}`),
    (value: string) => quote.quotePathItem(`/${value}`),
    (value: string) => quote.quoteEnvironmentFile(`/${value}`),
    (value: string) => quote.quoteCredential("id", `/${value}`),
    (value: string) => quote.quoteEnvironment("A", value),
    (value: string) => quote.quoteExecCommand([`/${value}`, value]),
  ];
  const anything = fc.string({
    unit: fc.oneof(
      fc.constantFrom(..."\n\r\0\\\"' %$;#".split("")),
      fc.string({ minLength: 1, maxLength: 1, unit: "binary" }),
    ),
  });
  fc.assert(
    fc.property(anything, fc.constantFrom(...kinds), (value, kind) => {
      const quoted = kind(value);
      if (!quoted.ok) return quoted.reason !== "";
      return !/[\n\r\0]/.test(quoted.text) && (/\\*$/.exec(quoted.text)?.[0].length ?? 0) % 2 === 0;
    }),
    { numRuns: 5000 },
  );
});
