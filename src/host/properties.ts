import type { Ending } from "../value/exit-status.ts";
import type { Properties } from "./host.ts";

const infinity = 2n ** 64n - 1n;

/** A property that is text; "" when systemd did not answer it. */
export function textOf(properties: Properties, name: string): string {
  const value = properties[name];
  return typeof value === "string" ? value : "";
}

/** A property that is a number; 0 when systemd did not answer it. */
export function numberOf(properties: Properties, name: string): number {
  const value = properties[name];
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : 0;
}

/** A property that is a limit or a measurement: null stands for "no limit" and "not measured", which systemd writes as 2^64-1. */
export function limitOf(properties: Properties, name: string): number | null {
  const value = properties[name];
  if (typeof value !== "number" && typeof value !== "bigint") return null;
  return BigInt(value) === infinity ? null : Number(value);
}

/** A property that is a list of texts. */
export function listOf(properties: Properties, name: string): readonly string[] {
  const value = properties[name];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

/** The 128-bit id of one run of a unit as text; "" when it has none (org.freedesktop.systemd1(5), InvocationID). */
export function invocationOf(properties: Properties): string {
  const bytes = properties["InvocationID"];
  if (!Array.isArray(bytes)) return "";
  return (bytes as readonly number[]).map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What endingOf needs to be asked for. */
export const endingProperties = ["Result", "ExecMainCode", "ExecMainStatus"] as const;

/** How the main process of a service last ended; the codes are those of waitid(2). */
export function endingOf(properties: Properties): Ending {
  const codes: Readonly<Record<number, Ending["code"]>> = { 1: "exited", 2: "killed", 3: "dumped" };
  return {
    result: textOf(properties, "Result"),
    code: codes[numberOf(properties, "ExecMainCode")] ?? "",
    status: numberOf(properties, "ExecMainStatus"),
  };
}
