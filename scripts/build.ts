import { build, type Plugin } from "esbuild";
import { readFileSync } from "node:fs";

// CommonJS on purpose: importing node:http from an ES module costs 15 MiB more (nodejs/node#59686).
const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

/** main.ts stays alone in its file, so that --version and the gate of a job do not read the rest. */
const separateFiles: Plugin = {
  name: "separate-files",
  setup(build) {
    build.onResolve({ filter: /^\.\/(program|gate)\.ts$/ }, ({ importer, path }) =>
      importer.endsWith("/cli/main.ts") ? { path: path.replace(/\.ts$/, ".cjs"), external: true } : null,
    );
  },
};

await build({
  entryPoints: {
    cli: "src/cli/main.ts",
    program: "src/cli/program.ts",
    gate: "src/cli/gate.ts",
    agent: "src/agent/main.ts",
    "sqlite-check": "src/observe/probes/sqlite-child.ts",
  },
  outdir: "dist",
  outExtension: { ".js": ".cjs" },
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node24",
  define: { HOLDFAST_VERSION: JSON.stringify(version), "import.meta.url": "undefined" },
  plugins: [separateFiles],
  logLevel: "warning",
  legalComments: "none",
});
