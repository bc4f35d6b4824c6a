import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { editUnit, setValue } from "../src/unit/edit-unit.ts";
import { parseExecLine } from "../src/unit/exec-line.ts";
import { parseUnit } from "../src/unit/parse-unit.ts";
import type { Assignment } from "../src/unit/unit-file.ts";
import { decodeUnit, encodeUnit } from "../src/unit/unit-text.ts";
import { lintUnit } from "../src/lint/lint-unit.ts";
import { lintUnits } from "../src/lint/lint.ts";
import { lintRules } from "../src/lint/rules.ts";
import { toDiagnostic } from "../src/lint/report.ts";
import { lintContext } from "../src/lint/unit-world.ts";

// npm run fuzz [-- COUNT [SEED]]: mutated units through the parser (all of them) and through every rule (one in ten). A
// crash, a lost byte, a broken edit or an input that takes more than half a second of the processor's time ends it with the
// input in base64. Time that other programs take on a busy machine is not counted.

const count = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const folder = "/usr/lib/systemd/system";
const samples = readdirSync(folder)
  .filter((name) => /\.(service|timer|socket)$/.test(name))
  .map((name) => readFileSync(join(folder, name)))
  .filter((bytes) => bytes.length < 4000);
const tokens = [
  "[",
  "]",
  "=",
  "\\",
  "\\\n",
  "\n",
  "\r",
  "\r\n",
  "\0",
  " ",
  "\t",
  "#",
  ";",
  '"',
  "'",
  "%",
  "%%",
  "$",
  "${",
  "}",
  "@",
  "-",
  "~",
  "+",
  "!",
  "[Service]\n",
  "[Unit]\n",
  "[Install]\n",
  "[Timer]\n",
  "ExecStart=",
  "OnCalendar=",
  "Environment=",
  "User=",
  "MemoryMax=",
  "\ufeff",
  "ä",
  "\u2028",
  "\ud83d\ude00",
  "*-*-* 25:00",
  "infinity",
  "-1",
  "9".repeat(40),
  "x".repeat(300),
  "/",
  "../",
  "a=b",
].map((text) => Buffer.from(text));

let state = seed >>> 0 || 1;
/** xorshift32: the same seed gives the same inputs. */
function random(below: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}

function mutated(): Buffer {
  let bytes = samples[random(samples.length)]!;
  for (let step = 1 + random(6); step > 0; step -= 1) {
    const at = random(bytes.length + 1);
    const to = Math.min(bytes.length, at + random(30));
    switch (random(5)) {
      case 0:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
        break;
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), tokens[random(tokens.length)]!, bytes.subarray(at)]);
        break;
      case 2:
        bytes = Buffer.from(bytes);
        if (bytes.length > 0) bytes[at % bytes.length] = random(256);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(at)]);
        break;
      default: {
        const other = samples[random(samples.length)]!;
        const from = random(other.length);
        bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(from, from + 80), bytes.subarray(at)]);
      }
    }
  }
  return bytes;
}

function check(bytes: Buffer, rules: boolean): void {
  const file = parseUnit("fuzz.service", decodeUnit(bytes));
  if (!encodeUnit(file.text).equals(bytes)) throw new Error("bytes were lost");
  const assignments = file.nodes.filter((node): node is Assignment => node.kind === "assignment");
  for (const { value } of assignments) parseExecLine(value);
  const chosen = assignments[random(Math.max(1, assignments.length))];
  if (chosen) {
    const changed = editUnit(file, [setValue(file, chosen, "x")]);
    if (!changed.text.startsWith(file.text.slice(0, chosen.start)))
      throw new Error("an edit changed what was before");
    if (!changed.text.endsWith(file.text.slice(chosen.end))) throw new Error("an edit changed what follows");
  }
  if (!rules) return;
  const type = ["service", "timer", "socket"][random(3)]!;
  const units = [lintUnit(`fuzz.${type}`, random(2) === 0 ? "system" : "user", [file])];
  const found = lintUnits(units, lintRules, lintContext(units, { systemd: 239 + random(20), host: null }));
  for (const one of found) {
    if (one.start < 0 || one.end < one.start || one.end > file.text.length)
      throw new Error(`${one.rule.id} marks what is not there`);
    toDiagnostic(one);
  }
}

const began = performance.now();
let slowest = 0;
for (let done = 0; done < count; done += 1) {
  const bytes = mutated();
  const from = process.threadCpuUsage();
  try {
    check(bytes, done % 10 === 0);
  } catch (error) {
    console.error(`input ${done} of seed ${seed}:\n${bytes.toString("base64")}`);
    throw error;
  }
  const { user, system } = process.threadCpuUsage(from);
  const took = (user + system) / 1000;
  slowest = Math.max(slowest, took);
  if (took > 500)
    throw new Error(`input ${done} of seed ${seed} took ${took.toFixed(0)} ms:\n${bytes.toString("base64")}`);
  if (done % 50_000 === 0 && done > 0) console.error(`${done} inputs`);
}
console.log(
  `${count} mutated units in ${((performance.now() - began) / 1000).toFixed(0)} s, seed ${seed}: no crash, no byte lost; the slowest took ${slowest.toFixed(1)} ms`,
);
