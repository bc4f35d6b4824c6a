import { expect } from "vitest";
import { run } from "../../src/host/run.ts";

export type Suite = {
  name: string;
  tests: number;
  failures: number;
  skipped: number;
  /** Names of the tests that failed, and what was said of each. */
  failed: Record<string, string>;
};

/** Reads JUnit's XML with somebody else's parser, and holds each suite against what the format promises: counts, names, times. */
export async function readJunit(xml: string): Promise<Suite[]> {
  const { status, stdout, stderr } = await run(["python3", "-c", reader], { stdin: xml });
  expect(status, stderr).toBe(0);
  const suites = JSON.parse(stdout) as (Suite & { found: [number, number, number]; wrong: string[] })[];
  for (const { tests, failures, skipped, found, wrong, name } of suites) {
    expect([tests, failures, skipped], name).toEqual(found);
    expect(wrong, name).toEqual([]);
  }
  return suites;
}

/** The elements and attributes of the schema that CIs share, in its order. */
const reader = `
import json, re, sys
import xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
assert root.tag == "testsuites", root.tag
known = {"testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
         "testcase": {"classname", "name", "time"}, "failure": {"message", "type"}, "skipped": {"message"},
         "property": {"name", "value"}, "properties": set(), "system-out": set()}
suites = []
for suite in root:
    wrong = [f"{one.tag}: {sorted(set(one.attrib) - known.get(one.tag, set()))}" for one in suite.iter() if set(one.attrib) - known.get(one.tag, set()) or one.tag not in known]
    if not re.fullmatch(r"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d", suite.get("timestamp")): wrong.append("timestamp " + suite.get("timestamp"))
    tags = [one.tag for one in suite]
    if tags != ["properties"] * tags.count("properties") + ["testcase"] * tags.count("testcase"): wrong.append("order " + " ".join(tags))
    cases = suite.findall("testcase")
    for case in cases:
        if not (case.get("name") and case.get("classname") and float(case.get("time")) >= 0 and len(case) <= 1): wrong.append("case " + str(case.attrib))
    keys = [(case.get("classname"), case.get("name")) for case in cases]
    if len(set(keys)) != len(keys): wrong.append("two cases of the same name")
    ended = lambda kind: [case for case in cases if case.find(kind) is not None]
    suites.append({"name": suite.get("name"), "tests": int(suite.get("tests")), "failures": int(suite.get("failures")), "skipped": int(suite.get("skipped")),
        "found": [len(cases), len(ended("failure")), len(ended("skipped"))], "wrong": wrong,
        "failed": {case.get("name"): case.find("failure").get("message") for case in ended("failure")}})
json.dump(suites, sys.stdout)
`;
