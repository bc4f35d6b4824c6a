// A process that owns a throwaway host until it is killed; it prints the host as JSON and then waits.
import { bootThrowawayHost } from "../../src/host/throwaway/throwaway.ts";

const host = await bootThrowawayHost({ name: process.argv[2] ?? "owned" });
console.log(JSON.stringify({ name: host.name, pid: host.pid }));
setInterval(() => {}, 1 << 30);
