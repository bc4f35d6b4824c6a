import { build } from "esbuild";
import { readFileSync } from "node:fs";

// CommonJS on purpose: importing node:http from an ES module costs 15 MiB more (nodejs/node#59686).
const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

await build({
  entryPoints: { cli: "src/cli/main.ts" },
  outdir: "dist",
  outExtension: { ".js": ".cjs" },
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node24",
  define: { HOLDFAST_VERSION: JSON.stringify(version), "import.meta.url": "undefined" },
  logLevel: "warning",
  legalComments: "none",
});
