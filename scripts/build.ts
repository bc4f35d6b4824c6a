import { build, type Plugin } from "esbuild";
import { readFileSync } from "node:fs";

// CommonJS on purpose: importing node:http from an ES module costs 15 MiB more (nodejs/node#59686).
const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

/** main.ts stays alone in its file, so that --version does not read the rest. */
const separateProgram: Plugin = {
  name: "separate-program",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/program\.ts$/ }, ({ importer }) =>
      importer.endsWith("/cli/main.ts") ? { path: "./program.cjs", external: true } : null,
    );
  },
};

await build({
  entryPoints: { cli: "src/cli/main.ts", program: "src/cli/program.ts" },
  outdir: "dist",
  outExtension: { ".js": ".cjs" },
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node24",
  define: { HOLDFAST_VERSION: JSON.stringify(version), "import.meta.url": "undefined" },
  plugins: [separateProgram],
  logLevel: "warning",
  legalComments: "none",
});
