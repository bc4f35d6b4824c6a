import type { LogLine } from "../observe/logs/log-source.ts";
import type { Style } from "../report/style.ts";
import { printable } from "../value/printable.ts";

export type LineLayout = { style: Style; precise: boolean; nameWidth: number; withApp: boolean };

/** One line for people: local time, service, message. What systemd and checks say is marked, because a service may write the same words. */
export function describeLogLine(line: LogLine, layout: LineLayout): string {
  const { style } = layout;
  const time = describeTime(line.time, layout.precise);
  const name = nameOf(line, layout.withApp).padEnd(layout.nameWidth);
  const [first = "", ...more] = line.message.replace(colours, "").split("\n").map(printable);
  // A message of several lines stays one entry to the eye, and cannot look like another entry.
  const indent = `\n${" ".repeat(time.length + 2)}${" ".repeat(layout.nameWidth)}  `;
  const message = [line.from === "unit" ? first : `[${line.from}] ${first}`, ...more].join(indent);
  return `${style.dim(time)}  ${name}  ${paint(line, style)(message)}`;
}

export function nameOf({ app, service }: { app: string; service: string }, withApp: boolean): string {
  return withApp ? `${app}/${service}` : service;
}

// oxlint-disable-next-line no-control-regex
const colours = /\u001B\[[0-9;]*m/g;

function paint(line: LogLine, style: Style): (text: string) => string {
  if (line.level === "error") return style.bad;
  if (line.level === "warning") return style.warn;
  return line.from === "systemd" || line.level === "debug" ? style.dim : (text) => text;
}

/** Local time, as --since reads it; with precision also the offset, so that it can be told apart in any zone. */
export function describeTime(micros: number, precise: boolean): string {
  const date = new Date(micros / 1000);
  const two = (number: number): string => String(number).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  if (!precise) return `${day} ${time}`;
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  return `${day} ${time}.${String(micros % 1e6).padStart(6, "0")}${zone}`;
}

/** For programs: everything, with the time to the microsecond. */
export function logLineValue(line: LogLine): object {
  const { time, ...rest } = line;
  const seconds = new Date(Math.floor(time / 1e6) * 1000).toISOString().slice(0, 19);
  return { time: `${seconds}.${String(time % 1e6).padStart(6, "0")}Z`, ...rest };
}
