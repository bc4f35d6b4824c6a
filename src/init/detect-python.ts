import { filesIn, hasFile, textOf, type Folder } from "./folder.ts";
import type { Detector, Program } from "./program.ts";

const environments = ["venv", ".venv", "env"];
const entryFiles = ["bot.py", "main.py", "app.py", "run.py", "server.py", "daemon.py"];
const projectFiles = ["requirements.txt", "pyproject.toml", "setup.py", "uv.lock", "Pipfile"];

/** A Python application: its virtual environment, and the script or module that starts it. */
export const detectPython: Detector = (folder, app) => {
  const scripts = filesIn(folder, "").filter(({ path }) => path.endsWith(".py") && path !== "setup.py");
  const isPython =
    scripts.length > 0 ||
    [...projectFiles, ...environments.map((name) => `${name}/bin/python`)].some((path) =>
      hasFile(folder, path),
    );
  if (!isPython) return null;
  const { interpreter, found, notes } = findInterpreter(folder);
  const start = findStart(
    folder,
    app,
    interpreter,
    scripts.map(({ path }) => path),
  );
  const version = wantedVersion(folder);
  const program: Program = {
    name: app,
    run: start.run,
    set: {},
    because: [found, start.found].filter((part) => part !== "").join(" and "),
    notes: [...notes, ...start.notes],
    ...(version ? { runtime: { text: `python >= ${version.number}`, because: version.because } } : {}),
  };
  return [program];
};

function findInterpreter(folder: Folder): { interpreter: string; found: string; notes: string[] } {
  const name = environments.find((directory) => hasFile(folder, `${directory}/bin/python`));
  if (name !== undefined) {
    const interpreter = `${name}/bin/python`;
    const target = folder.entries.get(interpreter)?.target;
    const notes =
      target !== undefined && /^\/(home|root)\//.test(target) && !folder.path.startsWith("/home/")
        ? [
            `${interpreter} is a link to ${target}, which no service account can reach: make the environment with /usr/bin/python3`,
          ]
        : [];
    return { interpreter, found: `found ${interpreter}`, notes };
  }
  if (hasFile(folder, "uv.lock"))
    return {
      interpreter: ".venv/bin/python",
      found: "found uv.lock",
      notes: ["make the environment first: uv sync --python /usr/bin/python3"],
    };
  if (projectFiles.some((path) => hasFile(folder, path))) {
    const what = hasFile(folder, "requirements.txt") ? "-r requirements.txt" : ".";
    return {
      interpreter: "venv/bin/python",
      found: "found no virtual environment",
      notes: [`make one first: python3 -m venv venv && venv/bin/pip install ${what}`],
    };
  }
  return { interpreter: "/usr/bin/python3", found: "", notes: [] };
}

function findStart(folder: Folder, app: string, interpreter: string, scripts: readonly string[]) {
  const directory = interpreter.replace(/\/[^/]+$/, "");
  const declared = declaredScripts(textOf(folder, "pyproject.toml") ?? "");
  const installed = declared.filter((name) => hasFile(folder, `${directory}/${name}`));
  const script = installed.find((name) => name === app) ?? installed[0];
  if (script !== undefined) {
    const others = installed.filter((name) => name !== script);
    const notes = others.length > 0 ? [`pyproject.toml has more scripts: ${others.join(", ")}`] : [];
    return { run: [`${directory}/${script}`], found: `the script ${script} of pyproject.toml`, notes };
  }
  const module = [...folder.entries.keys()]
    .map((path) => /^(?:src\/)?(\w+)\/__main__\.py$/.exec(path)?.[1])
    .find((name) => name !== undefined);
  const file =
    entryFiles.find((name) => scripts.includes(name)) ?? (scripts.length === 1 ? scripts[0] : undefined);
  if (file !== undefined) {
    const others = scripts.filter((name) => name !== file && entryFiles.includes(name));
    return {
      run: [interpreter, file],
      found: `${interpreter.startsWith("/") ? "found " : ""}${file}`,
      notes: others.length > 0 ? [`there are also ${others.join(", ")}`] : [],
    };
  }
  if (module !== undefined)
    return { run: [interpreter, "-m", module], found: `${module}/__main__.py`, notes: [] };
  return {
    run: [interpreter, "main.py"],
    found: "",
    notes: ["nothing tells what starts the application: put it in place of main.py"],
  };
}

function declaredScripts(toml: string): string[] {
  const section = /^\[project\.scripts\]\s*\n((?:(?!\[).*\n?)*)/m.exec(toml)?.[1] ?? "";
  return [...section.matchAll(/^\s*"?([A-Za-z0-9][\w.-]*)"?\s*=/gm)].map((match) => match[1]!);
}

function wantedVersion(folder: Folder): { number: string; because: string } | null {
  const required = /^requires-python\s*=\s*["'][^"']*>=\s*(\d+(?:\.\d+){0,2})/m.exec(
    textOf(folder, "pyproject.toml") ?? "",
  );
  if (required) return { number: required[1]!, because: "requires-python in pyproject.toml" };
  const pinned = /^(\d+\.\d+)/.exec(textOf(folder, ".python-version") ?? "");
  return pinned ? { number: pinned[1]!, because: ".python-version" } : null;
}
