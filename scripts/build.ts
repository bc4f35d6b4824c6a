import { build, type BuildOptions, type Plugin } from "esbuild";
import { readFileSync } from "node:fs";

// CommonJS on purpose: importing node:http from an ES module costs 15 MiB more (nodejs/node#59686).
const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

/** main.ts stays alone in its file, so that --version and the gate of a job do not read the rest. */
const separateFiles: Plugin = {
  name: "separate-files",
  setup(build) {
    build.onResolve({ filter: /^\.\/(program|gate|check|notifier)\.ts$/ }, ({ importer, path }) =>
      importer.endsWith("/cli/main.ts") ? { path: path.replace(/\.ts$/, ".cjs"), external: true } : null,
    );
  },
};

/** What a mail needs is half of the notifier, and most channels are none. */
const separateMail: Plugin = {
  name: "separate-mail",
  setup(build) {
    build.onResolve({ filter: /^\.\/email\.ts$/ }, () => ({ path: "./email.cjs", external: true }));
  },
};

const common: BuildOptions = {
  outdir: "dist",
  outExtension: { ".js": ".cjs" },
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node24",
  define: { HOLDFAST_VERSION: JSON.stringify(version), "import.meta.url": "undefined" },
  plugins: [separateFiles, separateMail],
  logLevel: "warning",
  legalComments: "none",
  // Node reads the whole text at every start, and keeps it. Names stay, for whoever reads a stack.
  minifyWhitespace: true,
};

await build({
  ...common,
  entryPoints: {
    agent: "src/agent/main.ts",
    cli: "src/cli/main.ts",
    program: "src/cli/program.ts",
    gate: "src/cli/gate.ts",
    check: "src/cli/check.ts",
    notifier: "src/cli/notifier.ts",
    email: "src/tell/channels/email.ts",
    "sqlite-check": "src/observe/probes/sqlite-child.ts",
  },
});
