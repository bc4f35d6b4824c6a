import { parseSize } from "../../value/size.ts";
import { boundTasks, type CgroupLayout } from "./cgroups.ts";
import {
  assertAnswering,
  type FileSystems,
  pathsToBind,
  planFileSystems,
  resolvePatiently,
} from "./file-systems.ts";
import { Holder } from "./holder.ts";
import { availableMemory, type MemoryPlan, planMemory } from "./memory.ts";
import type { Place } from "./place.ts";
import { prepareTree } from "./prepare.ts";
import type { ThrowawayOptions } from "./options.ts";

/** The tree of a host that has not booted yet. */
export type LaidTree = {
  /** Keeps it. */
  holder: Holder;
  /** Directories that its file systems do not show, because of where they are. */
  visible: readonly string[];
  memory: MemoryPlan;
  /** In what it is less than this machine, in words for a report. */
  lacks: readonly string[];
};

/** Lays this machine, or another tree, below what a host will write, within what the machine can spare; and gives it an identity. */
export async function layTree(
  place: Place,
  layout: CgroupLayout,
  options: ThrowawayOptions,
): Promise<LaidTree> {
  const lower = options.lower ?? "/";
  const shown = await resolvePatiently(options.visible ?? []);
  const systems = lower === "/" ? await planAnswering(shown, options) : noFileSystems;
  const memory = planMemory(availableMemory(), bytesOf(options.sizeLimit));
  const visible = pathsToBind(shown, lower);
  const holder = await Holder.start(place, {
    lower,
    layout,
    submounts: systems.layers.map(({ point }) => point),
    flags: systems.layers.flatMap(({ point, flags }) =>
      flags.length > 0 ? [`${flags.join(",")} ${point}`] : [],
    ),
    files: systems.files,
    empty: options.hide ?? [],
    visible,
    size: String(memory.files),
    bounds: { memory: memory.all, tasks: boundTasks() },
  });
  try {
    await prepareTree(holder.tree, {
      hostname: options.hostname ?? place.name,
      target: options.target ?? "minimal",
      hide: [],
    });
  } catch (error) {
    await holder.end();
    throw error;
  }
  const lacks = [
    ...(memory.warning === null ? [] : [memory.warning]),
    ...systems.notShown.map(
      ({ point, type }) => `${point} (${type}) is not shown: it is not on this machine`,
    ),
    ...holder.readOnly.map((point) => `${point} cannot be written there: no overlay works on it`),
  ];
  return { holder, visible, memory, lacks };
}

const noFileSystems: FileSystems = { layers: [], files: [], notShown: [], remote: [] };

/** What is mounted, once all of it that the application needs has given a sign of life. */
async function planAnswering(visible: readonly string[], options: ThrowawayOptions): Promise<FileSystems> {
  const systems = planFileSystems([...(options.visible ?? []), ...visible, ...(options.needs ?? [])]);
  await assertAnswering(systems.remote);
  return systems;
}

function bytesOf(size: string | undefined): number | null {
  if (size === undefined) return null;
  const read = parseSize(size);
  if (!read.ok) throw new Error(`not a size: ${size}`);
  return read.value;
}
