// What any program does: work hard (compiled and WebAssembly), use threads, a child process, files, HTTP and names.
// Then it stays and answers on its port.
const { execFileSync } = require("node:child_process");
const { writeFileSync } = require("node:fs");
const { createServer, get } = require("node:http");
const { networkInterfaces } = require("node:os");
const { lookup } = require("node:dns");
const { Worker } = require("node:worker_threads");

const [port, directory] = process.argv.slice(2);
let sum = 0;
for (let n = 0; n < 10_000_000; n++) sum += n % 7;
const empty = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
void new WebAssembly.Instance(new WebAssembly.Module(empty));
if (execFileSync("/bin/echo", ["child"], { encoding: "utf8" }) !== "child\n") throw new Error("no child");
if (!networkInterfaces().lo) throw new Error("no interfaces");

createServer((_, response) => response.end("hello")).listen(Number(port), "127.0.0.1", () => {
  new Worker("require('worker_threads').parentPort.postMessage('done')", { eval: true }).on("message", () =>
    lookup("localhost", (error) => {
      if (error) throw error;
      get(`http://127.0.0.1:${port}/`, (response) => {
        response.resume().on("end", () => writeFileSync(`${directory}/done`, JSON.stringify({ sum })));
      });
    }),
  );
});
