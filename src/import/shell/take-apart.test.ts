import { expect, test } from "vitest";
import { takeApart, type TakenApart } from "./take-apart.ts";

const known = new Map([["HOME", "/home/al"]]);
const apart = (line: string) => takeApart(line, { known, directory: "/home/al" });
const plain = { shell: null };

test.each<[string, Partial<TakenApart>]>([
  ["prog a 'b c' \"d\"", { ...plain, run: ["prog", "a", "b c", "d"] }],
  [
    "cd /x && VAR=1 exec ./prog a >> log 2>&1",
    {
      ...plain,
      directory: "/x",
      env: { VAR: "1" },
      run: ["./prog", "a"],
      redirects: [{ stream: "both", path: "log" }],
    },
  ],
  ["cd app; cd sub && ./prog", { ...plain, directory: "/home/al/app/sub", run: ["./prog"] }],
  [
    "cd ~/app && ~/bin/x $HOME/y",
    { ...plain, directory: "/home/al/app", run: ["/home/al/bin/x", "/home/al/y"] },
  ],
  ["source venv/bin/activate && python -m bot", { ...plain, run: ["/home/al/venv/bin/python", "-m", "bot"] }],
  ["set -a; . ./.env; set +a; node x.js", { ...plain, envFiles: ["/home/al/.env"], run: ["node", "x.js"] }],
  ["export A=1 B='2 3' && prog", { ...plain, env: { A: "1", B: "2 3" }, run: ["prog"] }],
  [
    "/usr/bin/env A=1 nohup nice -n 5 timeout 10m prog > /dev/null 2>&1 &",
    {
      ...plain,
      env: { A: "1" },
      nice: 5,
      timeout: "10m",
      run: ["prog"],
      background: true,
      redirects: [{ stream: "both", path: "/dev/null" }],
    },
  ],
  ["flock -n /tmp/l prog x", { ...plain, lock: "/tmp/l", run: ["prog", "x"] }],
  ["prog 2>err.log", { ...plain, redirects: [{ stream: "err", path: "err.log" }] }],
  ["sleep 30 && prog", { ...plain, before: [["sleep", "30"]], run: ["prog"] }],
  ["prog # and why", { ...plain, run: ["prog"] }],
  ["prog 'it''s' \\$5 100%", { ...plain, run: ["prog", "its", "$5", "100%"] }],
])("%s needs no shell", (line, parts) => {
  expect(apart(line)).toMatchObject(parts);
});

test.each<[string, readonly string[], RegExp]>([
  ["a | b", ["/bin/sh", "-c", "a | b"], /pipe/],
  ["a && b", ["/bin/sh", "-c", "a && b"], /"&&" joins/],
  ["cd /x && a || b", ["/bin/sh", "-c", "a || b"], /"\|\|" joins/],
  ["prog $(date)", ["/bin/sh", "-c", "exec prog $(date)"], /output/],
  ["prog $UNKNOWN", ["/bin/sh", "-c", "exec prog $UNKNOWN"], /\$UNKNOWN/],
  ["prog *.txt", ["/bin/sh", "-c", "exec prog *.txt"], /pattern/],
  ["prog < in", ["/bin/sh", "-c", "prog < in"], /input/],
  ["if true; then a; fi", ["/bin/sh", "-c", "if true; then a; fi"], /joins/],
  ["(a; b)", ["/bin/sh", "-c", "(a; b)"], /joins|group/],
  ["prog 'never closed", ["/bin/sh", "-c", "prog 'never closed"], /never closed/],
  ["prog 3>x", ["/bin/sh", "-c", "prog 3>x"], /streams/],
  ["X=1; prog", ["/bin/sh", "-c", "X=1; prog"], /joins/],
])("%s keeps its shell, with the reason", (line, run, why) => {
  const taken = apart(line);
  expect(taken.run).toEqual(run);
  expect(taken.shell).toMatch(why);
});
