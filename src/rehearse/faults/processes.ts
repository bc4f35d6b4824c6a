import type { Stage } from "../stage.ts";

/** The file that a process runs, though a package upgrade may have replaced it since; null when it is gone. */
export async function programOf(stage: Stage, pid: number): Promise<string | null> {
  const { status, stdout } = await stage.run(["readlink", `/proc/${pid}/exe`]);
  return status === 0 ? stdout.trim().replace(/ \(deleted\)$/, "") : null;
}

/** A variable that a process was started with; undefined when it has none of this name. */
export async function variableOf(stage: Stage, pid: number, name: string): Promise<string | undefined> {
  const { stdout } = await stage.run(["cat", `/proc/${pid}/environ`]);
  return stdout
    .split("\0")
    .find((line) => line.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

/** Signals of a process, as bits: those it catches, and those that it would never feel. */
export async function signalsOf(stage: Stage, pid: number): Promise<{ caught: bigint; deaf: bigint } | null> {
  const { status, stdout } = await stage.run(["cat", `/proc/${pid}/status`]);
  if (status !== 0) return null;
  const mask = (name: string): bigint =>
    BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)$`, "m").exec(stdout)?.[1] ?? "0"}`);
  return { caught: mask("SigCgt"), deaf: mask("SigBlk") | mask("SigIgn") };
}

/** Whether a signal is among bits of signalsOf. */
export function hasSignal(mask: bigint, number: number): boolean {
  return (mask & (1n << BigInt(number - 1))) !== 0n;
}

/** Milliseconds of the processor that a process has used; null when it is gone. */
export async function processorTimeOf(stage: Stage, pid: number): Promise<number | null> {
  const { status, stdout } = await stage.run(["cat", `/proc/${pid}/stat`]);
  if (status !== 0) return null;
  // The name, in brackets, may contain anything. Ticks are hundredths of a second on every Linux (times(2), USER_HZ).
  const fields = stdout.slice(stdout.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
