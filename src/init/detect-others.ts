import { parseCommand } from "../value/command.ts";
import { filesIn, hasFile, isElfProgram, isExecutable, textOf, type FoundEntry } from "./folder.ts";
import type { Detector, Program } from "./program.ts";
import { runtimeIn } from "./shell-line.ts";

/** A Deno application: the start task of deno.json, or its main file. */
export const detectDeno: Detector = (folder, app) => {
  const path = ["deno.json", "deno.jsonc"].find((name) => hasFile(folder, name));
  if (path === undefined) return null;
  const task = /"start"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(textOf(folder, path) ?? "")?.[1];
  const words = task === undefined ? null : parseCommand(task.replaceAll('\\"', '"'));
  const run = words?.ok && words.value[0] === "deno" ? words.value : ["deno", "run", "main.ts"];
  const because = words?.ok ? `"start" in ${path}` : `found ${path}`;
  const notes = ["systemd looks for deno in /usr/local/bin and /usr/bin, not below a home directory"];
  return [{ name: app, run, set: {}, because, notes }];
};

/** A Ruby application: a web application by its config.ru, anything else by its main file. */
export const detectRuby: Detector = (folder, app) => {
  const bundle = hasFile(folder, "Gemfile") ? ["bundle", "exec"] : [];
  const file = ["main.rb", "app.rb", "bot.rb", "server.rb"].find((path) => hasFile(folder, path));
  if (hasFile(folder, "config.ru")) {
    const puma =
      /^\s+puma\b/m.test(textOf(folder, "Gemfile.lock") ?? "") || hasFile(folder, "config/puma.rb");
    const settings = hasFile(folder, "config/puma.rb") ? ["-C", "config/puma.rb"] : [];
    const run = [...bundle, ...(puma ? ["puma", ...settings] : ["rackup"])];
    return [
      found(app, run, `found config.ru${settings.length > 0 ? " and config/puma.rb" : ""}`, {
        runtime: "ruby",
      }),
    ];
  }
  if (file === undefined && bundle.length === 0) return null;
  return [
    found(app, [...bundle, "ruby", file ?? "main.rb"], `found ${file ?? "Gemfile"}`, { runtime: "ruby" }),
  ];
};

/** A Java application in one archive. */
export const detectJava: Detector = (folder, app) => {
  const archives = ["", "target", "build/libs"]
    .flatMap((directory) => filesIn(folder, directory))
    .filter(
      ({ path, head }) =>
        path.endsWith(".jar") &&
        head.startsWith("PK") &&
        !/-(sources|javadoc|plain)\.jar$|(^|\/)original-/.test(path),
    );
  const [first, ...others] = archives.toSorted((a, b) => b.size - a.size);
  if (!first) return null;
  const notes = others.length > 0 ? [`there are also ${others.map(({ path }) => path).join(", ")}`] : [];
  return [found(app, ["java", "-jar", first.path], `found ${first.path}`, { notes })];
};

/** A compiled program: of a Go module by the module's name, otherwise the only one or the largest. */
export const detectCompiled: Detector = (folder, app) => {
  const module = /^module\s+(\S+)/m.exec(textOf(folder, "go.mod") ?? "")?.[1];
  const name = module?.split("/").findLast((part) => !/^v\d+$/.test(part));
  const programs = ["", "bin", "build", "dist", "target/release"]
    .flatMap((directory) => filesIn(folder, directory))
    .filter(isElfProgram);
  const named = programs.find(({ path }) =>
    [name, app, folder.path.split("/").at(-1)].includes(path.split("/").at(-1)),
  );
  const program = named ?? programs.toSorted((a, b) => b.size - a.size)[0];
  const go = name === undefined ? {} : { runtime: "go" };
  if (program) {
    const others = programs.filter((other) => other !== program).map(({ path }) => path);
    const notes = others.length > 0 ? [`there are also ${others.join(", ")}`] : [];
    return [found(app, [startable(program.path)], `found the program ${program.path}`, { ...go, notes })];
  }
  if (name === undefined) return null;
  return [
    found(app, [`./${name}`], `the module ${module} of go.mod`, {
      ...go,
      notes: [`build it first: go build -o ${name} .`],
    }),
  ];
};

/** A script that somebody starts by hand today. */
export const detectScript: Detector = (folder, app) => {
  const names = ["run.sh", "start.sh", `${app}.sh`, "run", "start"];
  const script = names
    .map((name) => folder.entries.get(name))
    .find((entry): entry is FoundEntry => entry?.kind === "file");
  if (!script) return null;
  const run = isExecutable(script) ? [startable(script.path)] : ["/bin/sh", script.path];
  const runtime = runtimeIn(script.text ?? "");
  const notes = /\b(nohup|&\s*$|screen|tmux)/m.test(script.text ?? "")
    ? ["the script goes into the background: systemd wants the program in the foreground"]
    : [];
  return [
    found(app, run, `found ${script.path}`, {
      runtime,
      notes: ["let the script end with exec, so that signals reach the program", ...notes],
    }),
  ];
};

function startable(path: string): string {
  return path.includes("/") ? path : `./${path}`;
}

function found(
  name: string,
  run: readonly string[],
  because: string,
  more: { runtime?: string; notes?: readonly string[] } = {},
): Program {
  const runtime =
    more.runtime === undefined ? {} : { runtime: { text: more.runtime, because: "what the command starts" } };
  return { name, run, set: {}, because, notes: more.notes ?? [], ...runtime };
}
