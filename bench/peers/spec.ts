import { home, type Bench } from "./bench.ts";

/** The app as several services of one application, under the delay that all systemd units here have. */
export function spec(bench: Bench, app: string, count: number, more: readonly string[] = []): string {
  const services = serviceNames(count).map((service) =>
    [
      `  ${service}:`,
      `    run: ${bench.command(`${app}-${service}`).join(" ")}`,
      "    restart: { on: failure, delay: 100ms, limit: 10000 per 1h }",
      "    ready: { settle: 0s }",
      "    writes: [{ path: starts, mode: '1777' }]",
      ...more.map((line) => `    ${line}`),
    ].join("\n"),
  );
  return `app: ${app}\nuser: daemon\ndirectory: ${home}\nservices:\n${services.join("\n")}\n`;
}

export function serviceNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `a${index}`);
}
