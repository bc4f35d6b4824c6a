import type { Host, Properties } from "../host/host.ts";
import { listOf, textOf } from "../host/properties.ts";

/**
 * The value of a directive as the unit's files write it, for what systemd does not answer over D-Bus: of StandardOutput=
 * it tells the kind and not the path. The last file that sets it counts; an empty value takes it back.
 */
export async function readDirective(
  { files }: Host,
  properties: Properties,
  directive: string,
): Promise<string | null> {
  let value: string | null = null;
  for (const path of [textOf(properties, "FragmentPath"), ...listOf(properties, "DropInPaths")]) {
    const text = path === "" ? null : await files.read(path);
    for (const [, found] of (text ?? "").matchAll(new RegExp(`^${directive}\\s*=(.*)$`, "gm")))
      value = found!.trim() || null;
  }
  return value;
}
