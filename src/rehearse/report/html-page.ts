import { printable } from "../../value/printable.ts";

/** Text of anybody's within a page: nothing of it is markup, and nothing of it turns the text around it. */
export function text(value: string): string {
  return value
    .split("\n")
    .map(printable)
    .join("\n")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** A whole page that needs nothing else: no script, no font, no address. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${text(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

/** A number with what it counts; several of them are the first that is read. */
export type Tile = { count: number; words: string; look: string };

/** The counts on top of a page. What is not there is not counted. */
export function tiles(all: readonly Tile[]): string {
  const shown = all.filter(({ count }) => count > 0);
  return `<ul class="tiles">${shown.map(({ count, words, look }) => `<li class="${look}"><strong>${count}</strong> ${text(words)}</li>`).join("")}</ul>`;
}

/** Names and what is so of them. Values are markup. */
export function facts(all: readonly (readonly [name: string, value: string])[]): string {
  return `<dl>${all.map(([name, value]) => `<dt>${text(name)}</dt><dd>${value}</dd>`).join("")}</dl>`;
}

const style = `
:root { color-scheme: light dark; --kept: #1a7f37; --broken: #c01c28; --gap: #8a5a00; --dim: #57606a; --line: #d0d7de; --soft: #f6f8fa; --bad-bar: #f3b7bb; --seen-bar: #f0d58c; --good-bar: #b4e2bf }
@media (prefers-color-scheme: dark) { :root { --kept: #56d364; --broken: #ff7b72; --gap: #e3b341; --dim: #a3adb8; --line: #3d444d; --soft: #1f242c; --bad-bar: #7d2a2f; --seen-bar: #6b5314; --good-bar: #1f5a2d } }
* { box-sizing: border-box }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; overflow-wrap: anywhere }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 } h2 { font-size: 1.25rem; margin: 2rem 0 .5rem } h3 { font-size: 1.05rem; margin: 0 }
.verdict-line { font-size: 1.1rem; margin: .25rem 0 1rem }
.dim, footer, dt, th { color: var(--dim) } .dim, footer { font-size: .875rem }
.kept { --of: var(--kept) } .broken { --of: var(--broken) } .gap { --of: var(--gap) } .other { --of: var(--dim) }
.badge { color: var(--of); font-weight: 600 }
.tiles { list-style: none; display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; padding: 0; margin: 1rem 0 }
.tiles li { border: 1px solid var(--line); border-left: .4rem solid var(--of); border-radius: .4rem; padding: .5rem .75rem; background: var(--soft) }
.tiles strong { display: block; font-size: 1.7rem; line-height: 1.2; color: var(--of) }
table { border-collapse: collapse; width: 100% } caption { text-align: left; color: var(--dim); font-size: .875rem; padding-bottom: .25rem }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-top: 1px solid var(--line) } th { font-weight: normal; font-size: .875rem } thead th { border-top: 0 }
td.time, td.badge { white-space: nowrap } th[scope=row] { color: inherit; font-size: 1rem } a { color: inherit }
article { border-top: 1px solid var(--line); padding: 1rem 0 } article p { margin: .25rem 0 .5rem }
svg.time { display: block; width: 100%; height: 1.75rem }
.scale { display: flex; justify-content: space-between; font-size: .75rem; color: var(--dim) }
ol.moments { list-style: none; padding: 0; margin: .25rem 0; font-size: .875rem } ol.moments li { display: grid; grid-template-columns: 4.5rem 1fr; gap: .5rem }
ol.moments .at { text-align: right; color: var(--dim); font-variant-numeric: tabular-nums } summary { cursor: pointer; color: var(--dim); font-size: .875rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .5rem 0; font-size: .9375rem } dd { margin: 0 }
.swatch { display: inline-block; width: .8em; height: .8em; border: 1px solid var(--dim); margin: 0 .3em 0 0 } .legend span { margin-right: 1rem; white-space: nowrap }
@media (max-width: 40rem) { .wide { display: none } dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: .35rem } .tiles { grid-template-columns: 1fr 1fr } td.badge { white-space: normal; overflow-wrap: normal; min-width: 5.2rem } th, td { padding-right: .5rem } .stack thead { position: absolute; clip-path: inset(50%) } .stack tr { display: block; border-top: 1px solid var(--line); padding: .5rem 0 } .stack td, .stack th { display: block; border: 0; padding: 0 } .stack td::before { content: attr(data-label) ": "; color: var(--dim) } .stack th { font-weight: 600 } }
@media print { :root { color-scheme: light; --kept: #1a7f37; --broken: #c01c28; --gap: #8a5a00; --dim: #57606a; --line: #d0d7de; --soft: #fff; --bad-bar: #f3b7bb; --seen-bar: #f0d58c; --good-bar: #b4e2bf } body { font-size: 11pt } main { max-width: none; padding: 0 } article, tr, .tiles { break-inside: avoid } h2, h3 { break-after: avoid } .tiles li, svg { print-color-adjust: exact } details::details-content { content-visibility: visible; block-size: auto } a { text-decoration: none } }
`;
