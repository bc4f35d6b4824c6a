import { styleText } from "node:util";

type Format = Parameters<typeof styleText>[0];

/** Colour is only ever an addition: every line reads the same without it. */
export type Style = {
  strong: (text: string) => string;
  dim: (text: string) => string;
  good: (text: string) => string;
  warn: (text: string) => string;
  bad: (text: string) => string;
};

/** Colours on a terminal, nothing elsewhere; NO_COLOR and TERM=dumb are honoured. */
export function styleFor(stream: NodeJS.WriteStream): Style {
  const coloured = stream.isTTY && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";
  const paint = (format: Format) => (text: string) =>
    coloured ? styleText(format, text, { validateStream: false }) : text;
  return {
    strong: paint("bold"),
    dim: paint("dim"),
    good: paint("green"),
    warn: paint("yellow"),
    bad: paint("red"),
  };
}
