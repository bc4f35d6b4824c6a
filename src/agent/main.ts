import { runAgent } from "./run-agent.ts";

/** dist/agent.cjs: what bin/holdfast starts for "holdfast agent". A mistake of ours ends it, and systemd starts it again. */
void runAgent(process.argv.slice(2)).then((code) => process.exit(code));
