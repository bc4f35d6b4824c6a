import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import type { DesiredService } from "../plan/desired.ts";
import type { ApplyContext } from "./context.ts";
import { inDirectory, runInSandbox } from "./sandbox-run.ts";

/** `found` says what was seen instead of what was wanted. */
export type ProbeResult = { ok: boolean; found: string };

const timeout = 2000;

/** Asks once. 200 to 299 is an answer; the body is not read. */
export async function probeHttp(url: string): Promise<ProbeResult> {
  const request = url.startsWith("https:") ? (await import("node:https")).request : httpRequest;
  return new Promise((resolve) => {
    const sent = request(url, { timeout, agent: false, headers: { connection: "close" } }, (response) => {
      const status = response.statusCode ?? 0;
      response.destroy();
      resolve({ ok: status >= 200 && status < 300, found: `status ${status}` });
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer within ${timeout / 1000} s`)));
    sent.on("error", (error) => resolve({ ok: false, found: error.message }));
    sent.end();
  });
}

export function probeTcp(port: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", timeout });
    const end = (ok: boolean, found: string) => {
      socket.destroy();
      resolve({ ok, found });
    };
    socket.on("connect", () => end(true, "listening"));
    socket.on("timeout", () => end(false, `no answer within ${timeout / 1000} s`));
    socket.on("error", (error) => end(false, error.message));
  });
}

/** As the service's user, in its sandbox: what the service could not see does not make it ready. */
export async function probeCommand(
  context: ApplyContext,
  service: DesiredService,
  argv: readonly string[],
): Promise<ProbeResult> {
  const command = inDirectory(context.desired!.directory, argv);
  const end = await runInSandbox(context, service, command, timeout * 5);
  return {
    ok: end.code === "exited" && end.status === 0,
    found: `exit code ${end.status}${end.output === "" ? "" : `: ${end.output.trim().split("\n").at(-1)}`}`,
  };
}
