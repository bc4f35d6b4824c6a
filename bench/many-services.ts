/** A spec of many services that cost nothing to run. */
export function manyServices(app: string, count: number, options: { start: boolean }): string {
  const services = Array.from({ length: count }, (_, index) =>
    [
      `  s${index}:`,
      "    run: /usr/bin/sleep infinity",
      "    limits: { memory: 64M, tasks: 64 }",
      "    restart: { on: failure, delay: 10s, limit: 5 per 10m }",
      "    ready: { settle: 0s }",
      `    start: ${options.start}`,
      `    enable: false`,
    ].join("\n"),
  );
  return `app: ${app}\nuser: daemon\ndirectory: /\nservices:\n${services.join("\n")}\n`;
}
