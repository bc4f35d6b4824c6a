import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { spawnSync } from "node:child_process";
import { parseUnit } from "../src/unit/parse-unit.ts";
import { decodeUnit } from "../src/unit/unit-text.ts";
import { median, type Row } from "./measure.ts";

const holdfast = resolve(import.meta.dirname, "../bin/holdfast");
const folder = "/usr/lib/systemd/system";
const wanted = 500;
/** Of the 500, verify is run on so many by itself, spread over all; the whole would take the better part of a minute. */
const sampled = 50;

/** Reading units, and linting 500 of them beside `systemd-analyze verify` on each. */
export function lintRows(): Row[] {
  const place = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
  try {
    const paths = fill(place);
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round <= 5; round += 1) {
      const lint = timed(() => spawnSync(holdfast, ["lint", "--json", place], { stdio: "ignore" }));
      const verify = timed(() => {
        for (let at = round; at < paths.length; at += wanted / sampled)
          spawnSync("systemd-analyze", ["verify", "--man=no", paths[at]!], { stdio: "ignore" });
      });
      if (round === 0) continue;
      ours.push(lint);
      theirs.push((verify * wanted) / sampled);
    }
    const lint = median(ours);
    const verify = median(theirs);
    const speed = parserSpeed();
    return [
      {
        what: "reading units",
        measured: `${speed.toFixed(0)} MB/s`,
        target: "at least 20 MB/s",
        met: speed >= 20,
      },
      {
        what: `lint of ${wanted} units, both modes of verify included`,
        measured: `${lint.toFixed(0)} ms`,
        target: "under 1 s",
        met: lint < 1000,
      },
      {
        what: `systemd-analyze verify --man=no on each (${sampled} measured)`,
        measured: `${verify.toFixed(0)} ms`,
        target: "",
        met: null,
      },
      {
        what: "times as fast",
        measured: (verify / lint).toFixed(0),
        target: "at least 5",
        met: verify / lint >= 5,
      },
    ];
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** Copies of this machine's own services under names of their own. */
function fill(place: string): string[] {
  const samples = readdirSync(folder).filter((name) => /^[^@]+\.service$/.test(name));
  return Array.from({ length: wanted }, (_, index) => {
    const path = join(place, `bench-${index}.service`);
    writeFileSync(path, readFileSync(join(folder, samples[index % samples.length]!)));
    return path;
  });
}

function parserSpeed(): number {
  const files = readdirSync(folder)
    .filter((name) => /\.(service|timer|socket)$/.test(name))
    .map((name) => readFileSync(join(folder, name)));
  let bytes = 0;
  const took = timed(() => {
    for (let round = 0; round < 60; round += 1)
      for (const file of files) {
        parseUnit("bench.service", decodeUnit(file));
        bytes += file.length;
      }
  });
  return bytes / 1000 / took;
}

function timed(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}
