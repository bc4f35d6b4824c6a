import { expect, test } from "vitest";
import { brokenConnection } from "./broken-link.ts";
import { isNear } from "../observe/probes/near.ts";

const failed = (code: string) => Object.assign(new Error(code), { code });

test.each([
  ["ECONNREFUSED", false, "fail", /refused/],
  ["ETIMEDOUT", false, "fail", /does not answer/],
  ["ENETUNREACH", false, "unknown", /this host is offline/],
  ["EHOSTUNREACH", false, "unknown", /this host is offline/],
  ["EHOSTUNREACH", true, "fail", /no such host in its network/],
  ["EACCES", false, "unknown", /no permission/],
  ["EMFILE", true, "unknown", /no file descriptor/],
])("%s (near: %s) is %s: what only this host is to blame for is no failure", (code, near, result, words) => {
  const link = brokenConnection(failed(code), "api.example.org:443", near);
  expect(link.result).toBe(result);
  expect(link.message).toMatch(words);
});

test("of several addresses, one that refused says more than one without a route", () => {
  const both = new AggregateError([failed("ENETUNREACH"), failed("ECONNREFUSED")]);
  expect(brokenConnection(both, "api.example.org:443", false).result).toBe("fail");
});

test.each([
  ["127.0.0.1", true],
  ["10.1.2.3", true],
  ["192.168.1.1", true],
  ["::1", true],
  ["fe80::1", true],
  ["8.8.8.8", false],
  ["2001:4860:4860::8888", false],
  ["api.example.org", false],
])("%s is near: %s", (address, near) => {
  expect(isNear(address)).toBe(near);
});
