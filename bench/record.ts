import type { NamespaceHost } from "../src/host/throwaway/throwaway.ts";

const script = `
import json, sqlite3, sys
record = sqlite3.connect("file:/var/lib/holdfast/holdfast.db?mode=ro", uri=True)
print(json.dumps(record.execute(sys.argv[1]).fetchall()))
`;

/** Reads the record of a host from inside: SQLite follows the way there by name, and would end up in this machine's own. */
export async function readRecord(
  host: NamespaceHost,
  sql: string,
): Promise<readonly (readonly (string | number | null)[])[]> {
  const { status, stdout, stderr } = await host.run(["/usr/bin/python3", "-I", "-c", script, sql]);
  if (status !== 0) throw new Error(`the record cannot be read: ${stderr}`);
  return JSON.parse(stdout) as (string | number | null)[][];
}
