import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parseSpec } from "../spec/parse-spec.ts";
import { draftSpec } from "./draft-spec.ts";
import { readFolder } from "./read-folder.ts";
import { elf, folderOf, sqlite, writeTree, type Tree } from "./tree-for-tests.ts";

const made: string[] = [];
afterAll(() => made.forEach((path) => rmSync(path, { recursive: true, force: true })));

/** The draft for a folder on disk, read back as Holdfast reads it. */
function draftOf(tree: Tree, name = "app") {
  const parent = mkdtempSync(join(tmpdir(), "holdfast-init-"));
  made.push(parent);
  const root = join(parent, name);
  mkdirSync(root);
  writeTree(root, tree);
  const draft = draftSpec(readFolder(root), "holdfast.yaml");
  const { spec, diagnostics } = parseSpec(draft.text, "holdfast.yaml");
  expect(diagnostics).toEqual([]);
  return { ...draft, spec: spec!, services: spec!.services, service: Object.values(spec!.services)[0]! };
}

describe("what starts the application", () => {
  const packageJson = (scripts: object, more: object = {}) => JSON.stringify({ scripts, ...more });
  test.each<[string, Tree, string[], string?]>([
    [
      "Python in a virtual environment",
      { "venv/bin/python*": "", "bot.py": "" },
      ["venv/bin/python", "bot.py"],
    ],
    [
      "Python in .venv, started as a module",
      { ".venv/bin/python*": "", "trader/__main__.py": "" },
      [".venv/bin/python", "-m", "trader"],
    ],
    [
      "uv that was not synchronised yet",
      { "uv.lock": "", "pyproject.toml": "[project]\nrequires-python = '>=3.12'", "main.py": "" },
      [".venv/bin/python", "main.py"],
      "python >= 3.12",
    ],
    [
      "requirements without an environment",
      { "requirements.txt": "", "app.py": "", "other.py": "" },
      ["venv/bin/python", "app.py"],
    ],
    [
      "a script of pyproject.toml",
      {
        "venv/bin/python*": "",
        "venv/bin/serve*": "",
        "pyproject.toml": '[project.scripts]\nserve = "x:main"\n[tool.x]\ny = 1',
      },
      ["venv/bin/serve"],
    ],
    ["a single script", { "watch_prices.py": "" }, ["/usr/bin/python3", "watch_prices.py"]],
    [
      "Node, by the start script",
      { "package.json": packageJson({ start: "node server.js --port 80" }) },
      ["node", "server.js", "--port", "80"],
    ],
    [
      "Node, through another script and npm",
      { "package.json": packageJson({ start: "npm run serve", serve: "node dist/x.js" }) },
      ["node", "dist/x.js"],
    ],
    [
      "a program of node_modules",
      { "package.json": packageJson({ start: "next start" }), "node_modules/.bin/next*": "" },
      ["node_modules/.bin/next", "start"],
      "node",
    ],
    [
      "nodemon, which is for development",
      { "package.json": packageJson({ start: "nodemon app.js" }) },
      ["node", "app.js"],
    ],
    [
      "a start script that needs a shell",
      { "package.json": packageJson({ start: "a && b" }), "index.js": "" },
      ["node", "index.js"],
    ],
    [
      "scripts that call each other",
      { "package.json": packageJson({ start: "npm start" }, { main: "x.js" }), "x.js": "" },
      ["node", "x.js"],
    ],
    [
      "Node with a version",
      { "package.json": packageJson({ start: "node a.js" }, { engines: { node: ">=20.1" } }) },
      ["node", "a.js"],
      "node >= 20.1",
    ],
    ["a package.json that is none", { "package.json": "{", "index.js": "" }, ["node", "index.js"]],
    ["Bun", { "package.json": packageJson({}), "bun.lock": "", "index.js": "" }, ["bun", "index.js"]],
    [
      "Deno",
      { "deno.json": '{ "tasks": { "start": "deno run -A main.ts" } }' },
      ["deno", "run", "-A", "main.ts"],
    ],
    [
      "Go that was built",
      { "go.mod": "module example.org/x/trader/v2\n", "trader*": elf, "aaa*": elf },
      ["./trader"],
      "go",
    ],
    ["Go that was not", { "go.mod": "module example.org/x/trader\n" }, ["./trader"], "go"],
    ["any compiled program", { "bin/prices*": elf, "lib.so*": elf, "data.bin": elf }, ["bin/prices"]],
    [
      "Ruby with config.ru",
      { Gemfile: "", "config.ru": "", "config/puma.rb": "" },
      ["bundle", "exec", "puma", "-C", "config/puma.rb"],
      "ruby",
    ],
    ["Ruby with one file", { "bot.rb": "" }, ["ruby", "bot.rb"], "ruby"],
    [
      "Java",
      { "target/x.jar": "PK\x03\x04 more", "target/x-sources.jar": "PK\x03\x04" },
      ["java", "-jar", "target/x.jar"],
    ],
    ["a script that starts Node", { "start.sh*": "#!/bin/sh\nexec node x.js\n" }, ["./start.sh"], "node"],
    ["a script that cannot be executed", { "run.sh": "./prog" }, ["/bin/sh", "run.sh"], "other"],
    ["nothing at all", {}, ["./start"]],
  ])("%s", (_, tree, run, runtime) => {
    const { service } = draftOf(tree);
    expect(service.run).toEqual(run);
    expect(service.runtime).toBe(runtime);
  });

  test("variables in front of the start script become settings, unless .env has them", () => {
    const start = { "package.json": packageJson({ start: 'NODE_ENV=production NAME="a b" node x.js' }) };
    expect(draftOf(start).service.env?.set).toEqual({ NODE_ENV: "production", NAME: "a b" });
    expect(draftOf({ ...start, ".env": "NODE_ENV=test\n" }).service.env?.set).toEqual({ NAME: "a b" });
  });
});

describe("a Procfile", () => {
  test("becomes one service for each line but release", () => {
    const { services, text } = draftOf({
      Procfile:
        "web: gunicorn app:app -b 0.0.0.0:$PORT\nWorker_1: LEVEL=2 python worker.py\nclock: bundle exec clockwork c.rb | tee log\nrelease: ./migrate\n",
      "venv/bin/python*": "",
      "venv/bin/gunicorn*": "",
      ".env": "PORT=5000\n",
    });
    expect(Object.keys(services)).toEqual(["web", "worker-1", "clock"]);
    expect(text).toContain('"release" of the Procfile');
    expect(services["web"]).toMatchObject({
      run: ["venv/bin/gunicorn", "app:app", "-b", "0.0.0.0:5000"],
      runtime: "python",
      ports: [5000],
    });
    expect(services["worker-1"]).toMatchObject({
      run: ["venv/bin/python", "worker.py"],
      env: { set: { LEVEL: "2" } },
    });
    // Through a shell, and not as runtime "shell": what it starts would die of MemoryDenyWriteExecute=.
    expect(services["clock"]).toMatchObject({
      run: ["/bin/sh", "-c", "bundle exec clockwork c.rb | tee log"],
      runtime: "ruby",
    });
  });

  test("without a known port takes a usual one, and passes it on", () => {
    const { services } = draftOf({ Procfile: "a: ./a ${PORT}\nb: ./b $PORT\nb: ./c\n" });
    expect(services["a"]).toMatchObject({
      run: ["./a", "8000"],
      ports: [8000],
      env: { set: { PORT: "8000" } },
    });
    expect(services["b"]?.ports).toEqual([8100]);
    expect(services["b-2"]?.run).toEqual(["./c"]);
  });
});

describe(".env", () => {
  test("is required for what has a value today, and is judged by systemd's rules", () => {
    const { service, diagnostics, text } = draftOf({
      "bot.py": "",
      ".env": "A=1\nexport B=2\nAPI_KEY=hunter2\nEMPTY=\nHTTP_PORT=8080\nDB_PORT=5432\n",
    });
    expect(service.env).toEqual({ file: ".env", require: ["A", "API_KEY", "HTTP_PORT", "DB_PORT"] });
    expect(service.ports).toEqual([8080]);
    expect(diagnostics.map((d) => [d.severity, d.code, d.at?.line])).toEqual([
      ["warning", "env/export-ignored", 2],
    ]);
    expect(text).toContain("# secrets: { API_KEY:");
    expect(text).not.toContain("hunter2");
  });

  test("is asked for what its template names", () => {
    const { service, notes } = draftOf({ "bot.py": "", ".env.example": "URL=\nTOKEN=\n" });
    expect(service.env?.require).toEqual(["URL", "TOKEN"]);
    expect(notes.join()).toContain(".env is missing");
  });

  test("that others may read is told, because apply refuses it", () => {
    expect(draftOf({ "bot.py": "", ".env*": "A=1\n" }).text).toContain("chmod 600 .env");
  });
});

test("directories of data are the ones that can be written", () => {
  const { service, text } = draftOf({
    "bot.py": "",
    "logs/": null,
    "data/": null,
    "data/x.db": sqlite,
    "store/y.sqlite": sqlite,
    "notes.db": "text",
  });
  expect(service.writes).toEqual(["data", "logs", "store"]);
  expect(text).toContain("data/x.db is a SQLite database");
  expect(draftOf({ "bot.py": "", "trades.db": sqlite }).service.writes).toEqual(["."]);
});

describe("the folder itself", () => {
  test("gives the name, and an account that is not somebody else's", () => {
    const named = (path: string) => {
      const { spec } = parseSpec(draftSpec(folderOf(path, {}), "f").text, "f");
      return [spec?.app, spec?.user, spec?.directory];
    };
    expect(named("/opt/My Bot")).toEqual(["my-bot", "my-bot", "/opt/My Bot"]);
    expect(named("/srv/backup")).toEqual(["backup", "backup-app", "/srv/backup"]);
    expect(named("/")).toEqual(["app", "app", "/"]);
    expect(named("/opt/2024: odd # {name}")).toEqual(["odd-name", "odd-name", "/opt/2024: odd # {name}"]);
    expect(named(`/opt/${"long".repeat(20)}`)[1]).toHaveLength(28);
  });

  test("below a home directory gets a word about hardening", () => {
    expect(draftSpec(folderOf("/home/me/bot", { "bot.py": "" }), "f").text).toContain(
      "ProtectHome=read-only",
    );
    expect(draftSpec(folderOf("/opt/bot", { "bot.py": "" }), "f").text).not.toContain("ProtectHome");
  });

  test("in user scope needs no account", () => {
    expect(draftSpec(folderOf("/home/me/bot", {}), "f", { userScope: true }).text).not.toMatch(/^user:/m);
  });

  test("with units of others is told not to be looked into", () => {
    const { text } = draftOf({ "bot.py": "", "deploy/bot.service": "", "docker-compose.yml": "" });
    expect(text).toContain("Not looked into: docker-compose.yml, deploy/bot.service.");
  });

  test("may hold anything: pipes, loops, names that are orders, and much of it", () => {
    const tree = {
      "bot.py": "",
      "data/": null,
      "data/round@": "../data",
      "gone@": "/nowhere",
      "a\nrun: evil #\u001b[2J.service": "",
      "node_modules/x/y.db": sqlite,
    };
    const draft = draftOf(tree);
    expect(draft.spec.services).toEqual({ app: expect.anything() });
    expect(draft.text).not.toContain("\u001b");
    expect(draft.service.writes).toEqual(["data"]);

    const parent = mkdtempSync(join(tmpdir(), "holdfast-init-"));
    made.push(parent);
    execFileSync("mkfifo", [join(parent, ".env")]);
    expect(readFolder(parent).entries.get(".env")).toMatchObject({ kind: "other", head: "" });
    expect(readFolder(parent).complete).toBe(true);
    expect(readFolder(parent, { mostEntries: 0 }).complete).toBe(false);
  });
});
