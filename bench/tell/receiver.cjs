// Says when the first byte of each request came: a line of JSON each, milliseconds since the epoch.
const { appendFileSync } = require("node:fs");
const http = require("node:http");

const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (text) => (body += text));
  request.on("end", () => {
    appendFileSync(process.argv[2], `${JSON.stringify({ at: request.socket.firstByte, body })}\n`);
    response.end("{}");
  });
});
server.on("connection", (socket) => {
  socket.prependOnceListener("data", () => (socket.firstByte = performance.timeOrigin + performance.now()));
  socket.once("readable", () => (socket.firstByte ??= performance.timeOrigin + performance.now()));
});
server.on("request", (request) => (request.socket.firstByte ??= performance.timeOrigin + performance.now()));
server.listen(8025, "127.0.0.1", () => console.log("ready"));
