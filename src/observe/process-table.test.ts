import { expect, test } from "vitest";
import { addressOf } from "./open-sockets.ts";
import { parseStat } from "./process-table.ts";

// Field 4 on, as proc(5) numbers them.
const rest = "1 42 42 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 500 1000 25 0";

test("a process may call itself anything", () => {
  const name = "a) R (b\n)";
  expect(parseStat(`42 (${name}) T ${rest}\n`, 7000, 4096)).toEqual({
    pid: 42,
    parent: 1,
    state: "T",
    name,
    threads: 3,
    age: 2000,
    resident: 25 * 4096,
  });
  expect(parseStat("nonsense", 0, 4096)).toBeNull();
});

test("addresses are as people write them", () => {
  expect(addressOf("0100007F:1F90")).toBe("127.0.0.1:8080");
  expect(addressOf("00000000000000000000000001000000:0050")).toBe("[0:0:0:0:0:0:0:1]:80");
});
