// Ends a real bin/holdfast at a chosen moment of its change. Loaded before it with NODE_OPTIONS=--require, so that the
// program itself has no such door: a user cannot open one that is not there. See cut-short.ts for the other side.
"use strict";
const childProcess = require("node:child_process");
const { appendFileSync, existsSync, writeFileSync } = require("node:fs");
const files = require("node:fs/promises");
const { Socket } = require("node:net");
const { DatabaseSync, StatementSync } = require("node:sqlite");

const {
  CUT_AT: wanted = "",
  CUT_AT_LAST: last = "",
  CUT_HOW: how = "SIGKILL",
  CUT_DEPTH: depth = "steps",
  CUT_GATE: gate = "",
  CUT_TRACE: trace = "",
  CUT_SINCE: since = "record",
} = process.env;

/** Moments are numbered from the instant the change is in the journal until it takes effect; those after it have names. */
let recorded = since === "start";
let committed = false;
let count = 0;

function moment(text) {
  if (!recorded) return;
  const name = text.replace(/\.holdfast-[a-z0-9]+$/, (end) =>
    end === ".holdfast-before" ? end : ".holdfast-*",
  );
  if (!committed) count += 1;
  if (trace !== "") appendFileSync(trace, `${name}\n`);
  if (committed ? name === last : wanted === String(count) || wanted === name) process.kill(process.pid, how);
}

/** Stands still, and is seen to, until somebody outside has looked at the host. */
function standAtGate() {
  if (gate === "") return;
  writeFileSync(`${gate}.reached`, "");
  while (!existsSync(`${gate}.open`)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
}

let step = 0;
const { run } = StatementSync.prototype;
StatementSync.prototype.run = function (...values) {
  const sql = this.sourceSQL;
  if (sql.startsWith("INSERT INTO changes")) {
    standAtGate();
    const result = run.apply(this, values);
    recorded = true;
    moment("recorded");
    return result;
  }
  if (sql.startsWith("UPDATE changes SET steps_begun")) {
    if (step > 0) moment(`step ${step} done`);
    const result = run.apply(this, values);
    step = values[0];
    moment(`step ${step} begun`);
    return result;
  }
  if (sql.startsWith("UPDATE heals SET step")) {
    moment(`before ${values[0]} is recorded`);
    const result = run.apply(this, values);
    moment(`heal ${values[0]} begun`);
    return result;
  }
  if (sql.startsWith("UPDATE changes SET finished")) {
    moment("tidied");
    const result = run.apply(this, values);
    moment("finished");
    recorded = false;
    return result;
  }
  return run.apply(this, values);
};

const { exec } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function (sql) {
  if (sql === "BEGIN IMMEDIATE") moment(`step ${step} done`);
  const result = exec.call(this, sql);
  if (sql === "COMMIT") {
    committed = true;
    moment("committed");
  }
  return result;
};

if (depth === "calls") {
  for (const name of ["mkdir", "link", "rename", "unlink", "chmod", "rm"]) {
    const call = files[name];
    files[name] = async (...values) => {
      moment(`before ${name} ${values[0]}`);
      const result = await call(...values);
      moment(`after ${name} ${values[0]}`);
      return result;
    };
  }
  const { open } = files;
  files.open = async (path, flags, mode) => {
    const file = await open(path, flags, mode);
    if (mode === undefined) return file;
    moment(`after open ${path}`);
    const { writeFile } = file;
    file.writeFile = async (...values) => {
      await writeFile.apply(file, values);
      moment(`after write ${path}`);
    };
    return file;
  };
  const { spawn } = childProcess;
  childProcess.spawn = (program, args, options) => {
    moment(`before spawn ${program}`);
    const child = spawn(program, args, options);
    moment(`after spawn ${program}`);
    return child;
  };
  const asked =
    /(EnableUnitFiles|DisableUnitFiles|Reload|StartUnit|StopUnit|RestartUnit|KillUnit|ResetFailedUnit)\0/;
  const { write } = Socket.prototype;
  Socket.prototype.write = function (data, ...rest) {
    const [, member] = asked.exec(Buffer.isBuffer(data) ? data.toString("latin1") : "") ?? [];
    const result = write.call(this, data, ...rest);
    if (member !== undefined) moment(`after ${member}`);
    return result;
  };
}
