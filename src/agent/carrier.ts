import { spawn } from "node:child_process";
import type { Scope } from "../host/host.ts";
import type { Say } from "./say.ts";

/** carry-heal: 0 it has ended or is ready, 1 it has failed, 11 it is put off and to be started again. */
export type Carried = { ended: true } | { ended: false; putOff: boolean; why: string };

/** Carries out a heal that is on record. A process of its own: it needs more memory than whoever watches should have for ever. */
export type Carry = (id: number) => Promise<Carried>;

const putOff = 11;

/** By `holdfast carry-heal`, whose words go where ours go. */
export function carryByProgram(program: string, scope: Scope, say: Say): Carry {
  return (id) =>
    new Promise((resolve) => {
      const own = scope === "user" ? ["--user"] : [];
      const child = spawn(program, [...own, "carry-heal", String(id)], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      let said = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4000)));
      child.on("error", (error) => resolve({ ended: false, putOff: false, why: error.message }));
      child.on("close", (status, signal) => {
        if (status !== 0 && said.trim() !== "") say(4, `heal ${id}: ${said.trim()}`);
        if (status === 0 || status === 1) return resolve({ ended: true });
        const why = status === putOff ? "it was put off" : `it ended with ${signal ?? `exit code ${status}`}`;
        resolve({ ended: false, putOff: status === putOff, why });
      });
    });
}
