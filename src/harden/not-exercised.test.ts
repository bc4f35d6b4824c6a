import { expect, test } from "vitest";
import { describeExercised, describeNotExercised, type Exercised } from "./not-exercised.ts";

const given: Exercised = {
  run: {
    start: null,
    ended: null,
    checks: { http: { ok: true, says: "status 200" }, dns: { ok: false, says: "no answer" } },
    exercised: [],
    reload: 'systemd says "failed"',
    stop: "timeout",
    output: "",
    readyAfter: 1,
    stopTook: 1,
  },
  ready: "http://127.0.0.1:8000/",
  trace: {
    calls: new Map(),
    families: [],
    reached: ["192.0.2.1:443"],
    listened: [],
    written: [],
    ran: [],
    writesCode: null,
  },
  ports: [8000, 9000],
  asked: ["http://127.0.0.1:8000/"],
  commands: [],
  reload: true,
  jobs: ["nightly"],
  standIns: ["secret KEY"],
  unusedPlaces: ["/opt/demo/cache"],
  seconds: 1,
  notEnforced: ["IPAddressDeny"],
};

test("what was not exercised is said, each with its reason", () => {
  const said = describeNotExercised(given).join("\n");
  for (const part of [
    "no command exercised it (--exercise)",
    "check dns: without a sandbox, too, it says: no answer",
    "port 9000: nothing connected to it",
    "192.0.2.1:443: it cannot be reached",
    "its reload: without a sandbox, too, it fails",
    'its stop ends with "timeout" without a sandbox, too',
    "job nightly",
    "secret KEY had a stand-in",
    "/opt/demo/cache: nothing was written there",
    "IPAddressDeny= is not enforced on this machine",
    "it ran for 1 s at a time",
  ])
    expect(said).toContain(part);
  expect(said).not.toContain("port 8000");
  expect(describeNotExercised({ ...given, trace: null }).join("\n")).toContain("which system calls it makes");
});

test("only what worked counts as exercised", () => {
  expect(describeExercised(given)).toEqual(["its start: http://127.0.0.1:8000/", "check http", "its stop"]);
});
