import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { Argument, Command, Option } from "commander";
import { describe, expect, inject, test } from "vitest";
import { wantedAfter, type Wanted } from "./complete.ts";
import { stubs } from "./completion.ts";

const program = new Command("holdfast")
  .configureHelp({ showGlobalOptions: true })
  .option("-f, --file <file>")
  .option("--env <name>")
  .option("--json");
program.command("status").argument("[name...]", "applications or services").option("--quiet");
program
  .command("logs")
  .argument("[name...]")
  .addOption(new Option("--level <level>").choices(["error", "info"]));
program.command("explain").argument("[key]");
program.command("cancel").argument("<name...>", "jobs, or an application for all of its jobs");
program.command("rollback").argument("[app]");
program.command("incident").command("show").argument("<incident>");
program.command("notify").command("test").argument("[channel...]");
program.command("completion").addArgument(new Argument("<shell>").choices(["bash", "zsh"]));
program.command("secret", { hidden: true });
program.command("maintain").command("logs").command("rotate");

describe("what may come next", () => {
  const words = (...list: string[]): Wanted => ({ kind: "words", words: list });
  test.each<[string, Wanted]>([
    ["explain re", { kind: "keys" }],
    ["status ", { kind: "services" }],
    ["status bot ", { kind: "services" }],
    ["--env staging status ", { kind: "services" }],
    ["cancel ", { kind: "jobs" }],
    ["rollback ", { kind: "apps" }],
    ["incident ", words("show", "help")],
    ["incident show ", { kind: "incidents" }],
    ["notify test room ", { kind: "channels" }],
    ["rollback demo ", words()],
    ["-f ", { kind: "files" }],
    ["--env ", words()],
    ["logs --level ", words("error", "info")],
    ["logs --level error ", { kind: "services" }],
    ["completion ", words("bash", "zsh")],
    ["status --", words("--quiet", "--help", "--file", "--env", "--json")],
    ["status -- --", { kind: "services" }],
    ["maintain ", words("logs", "help")],
    ["maintain logs ", words("rotate", "help")],
  ])("holdfast %s", (line, expected) => expect(wantedAfter(program, line.split(" "))).toEqual(expected));

  test("is every command but the hidden ones", () => {
    const wanted = wantedAfter(program, [""]);
    expect(wanted.kind === "words" && wanted.words).toEqual([
      "status",
      "logs",
      "explain",
      "cancel",
      "rollback",
      "incident",
      "notify",
      "completion",
      "maintain",
      "help",
    ]);
  });
});

test.skipIf(spawnSync("bash", ["--version"]).error)("bash completes with the real program", () => {
  expect(inject("holdfastBuild")).toBe("fresh");
  const ask = (...words: string[]) => {
    const line = `holdfast() { sh "$PROGRAM" "$@"; }; ${stubs["bash"]} COMP_WORDS=(holdfast "$@"); COMP_CWORD=$#; _holdfast; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const run = spawnSync("bash", ["-c", line, "bash", ...words], {
      encoding: "utf8",
      env: { ...process.env, PROGRAM: resolve(import.meta.dirname, "../../bin/holdfast") },
    });
    return run.stdout.trim().split("\n");
  };
  expect(ask("expl")).toEqual(["explain"]);
  expect(ask("explain", "memory-")).toEqual(["memory-high"]);
  expect(ask("completion", "")).toEqual(["bash", "zsh", "fish"]);
  expect(ask("status", "no-such-")).toEqual([""]);
});
