import { runNotifier } from "../notifier/run-notifier.ts";

export { runNotifier };
