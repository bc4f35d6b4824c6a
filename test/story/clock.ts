import { waitUntil } from "./wait.ts";

const minutes = 60_000;

/** For stories that speak of one day: waits where its end is near, so that it does not end between two of their lines. */
export async function stayWithinOneDay(zone: string): Promise<void> {
  await waitUntil(`it is not about to be midnight in ${zone}`, () => secondsOfDay(zone) < 86_400 - 300, {
    timeout: 6 * minutes,
    interval: 1000,
  });
}

function secondsOfDay(zone: string): number {
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeStyle: "medium", hourCycle: "h23" });
  const [hours = 0, minutesPast = 0, seconds = 0] = clock.format(new Date()).split(":").map(Number);
  return hours * 3600 + minutesPast * 60 + seconds;
}
