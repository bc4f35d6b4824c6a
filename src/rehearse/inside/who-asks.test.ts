import { expect, test } from "vitest";
import { inodeOf, unitOf } from "./who-asks.ts";

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 555 1 0
   1: 0100007F:C350 0100537F:01BB 01 00000000:00000000 00:00000000 00000000  1000        0 777 1 0
   2: 0100537F:01BB 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 888 1 0
   3: 0100007F:C351 0100537F:01BB 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0
`;

test("the socket of who asks is the one that goes from its port to ours", () => {
  expect(inodeOf(table, 0xc350, 443)).toBe("777");
  expect(inodeOf(table, 443, 0xc350)).toBe("888");
  // One in TIME_WAIT belongs to nobody any more.
  expect(inodeOf(table, 0xc351, 443)).toBeNull();
  expect(inodeOf("", 1, 2)).toBeNull();
});

test.each([
  ["0::/demo.slice/demo-bot.service\n", "demo-bot.service"],
  ["12:pids:/demo-bot.service\n1:name=systemd:/demo.slice/demo-bot.service/part\n", "demo-bot.service"],
  ["0::/user.slice/user-0.slice/session-1.scope\n", "session-1.scope"],
  ["0::/init.scope\n", "init.scope"],
  ["0::/\n", null],
  ["", null],
])("the unit of %j is %s", (groups, unit) => expect(unitOf(groups)).toBe(unit));
