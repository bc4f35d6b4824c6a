import { enableCompileCache } from "node:module";
import { join } from "node:path";

/** The first thing that runs: --version needs nothing more than this, so it costs nothing more than starting Node. */
const asked = process.argv.slice(2);
if (asked.length === 1 && (asked[0] === "--version" || asked[0] === "-V")) {
  process.stdout.write(`${HOLDFAST_VERSION}\n`);
} else if (asked[0] === "gate" || asked[0] === "record-run") {
  // Every start of every job waits for this, so it has a small file of its own.
  void import("./gate.ts").then(({ runGate }) => {
    process.exitCode = runGate(asked, process.env);
  });
} else if (isFor("notifier", asked)) {
  // Somebody waits for what it has to tell.
  enableCompileCache(join(__dirname, "cache"));
  void import("./notifier.ts").then(async ({ runNotifier }) => {
    process.exit(await runNotifier(asked));
  });
} else if (isFor("check", asked)) {
  // So does what a timer starts once a minute.
  void import("./check.ts").then(async ({ runCheck }) => {
    process.exitCode = await runCheck(asked);
  });
} else {
  // Beside the program, never in the shared temporary directory: what is cached there is run, and we may be root.
  enableCompileCache(join(__dirname, "cache"));
  void import("./program.ts").then(({ runProgram }) => runProgram());
}

/** holdfast check APP and the like, as units have it; all else is for the whole program to understand. */
function isFor(verb: string, words: readonly string[]): boolean {
  const [first, second, ...rest] = words[0] === "--user" ? words.slice(1) : words;
  return first === verb && second !== undefined && !second.startsWith("-") && rest.length === 0;
}
