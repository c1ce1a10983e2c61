// The style sheet of pages: one column of readable width, from phones to paper, light and dark.
#pragma once

namespace tito::html {

// Every text colour has a contrast of at least 4.5 : 1 to the paper in its scheme;
// tests/tito/views/report_test.cpp computes it.
inline constexpr const char* style_sheet = R"css(:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1d21; --quiet: #565b63; --rule: #d5d8dd; --link: #0b4f9e;
  --good: #1a6b3a; --bad: #a8201a; --warn: #865200;
  --c0: #0b5cad; --c1: #a34708; --c2: #1b6e3c; --c3: #7a3ea0; --c4: #a8201a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16181c; --ink: #e7e9ec; --quiet: #a9b0ba; --rule: #3b4049; --link: #8cc0f5;
    --good: #7fcf98; --bad: #f2938b; --warn: #e5b567;
    --c0: #84bbf2; --c1: #f0a570; --c2: #7fcf98; --c3: #cba5ea; --c4: #f2938b;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 46rem; padding: 1.5rem 1rem 4rem; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.55 Charter, "Bitstream Charter", "Sitka Text", Cambria, Georgia, serif;
  font-variant-numeric: lining-nums; overflow-wrap: break-word;
}
h1, h2, h3, nav, caption, th, .state, figcaption, .key, dt, dd, svg, footer {
  font-family: system-ui, "Segoe UI", "Liberation Sans", sans-serif;
}
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0.5rem 0; text-wrap: balance; }
h2 {
  font-size: 1.3rem; line-height: 1.25; margin: 3rem 0 0.75rem; padding-top: 0.75rem;
  border-top: 2px solid var(--ink);
}
h3 { font-size: 1.05rem; line-height: 1.3; margin: 1.75rem 0 0.25rem; }
p { margin: 0.4rem 0; }
a { color: var(--link); }
a:focus-visible, .scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
nav ul, ol.plain { list-style: none; margin: 0; padding: 0; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; }
nav a { display: inline-block; padding: 0.3rem 0; }
.quiet { color: var(--quiet); }
.lead { font-size: 1.2rem; }
code { font: 0.9em ui-monospace, "DejaVu Sans Mono", monospace; }
.state { font-size: 0.85rem; font-weight: 600; white-space: nowrap; margin-left: 0.4rem; }
.good { color: var(--good); } .bad { color: var(--bad); }
.warn { color: var(--warn); } .neutral { color: var(--quiet); }
dl { margin: 0.5rem 0; font-size: 0.95rem; }
dl div {
  display: flex; justify-content: space-between; gap: 1rem; padding: 0.2rem 0;
  border-bottom: 1px solid var(--rule);
}
dt { color: var(--quiet); }
dd { margin: 0; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
data, code { white-space: nowrap; }
.scroll { overflow-x: auto; margin: 0.5rem 0; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
caption { text-align: left; color: var(--quiet); padding-bottom: 0.25rem; }
th, td {
  padding: 0.3rem 0 0.3rem 0.7rem; text-align: right; border-bottom: 1px solid var(--rule);
  vertical-align: top;
}
th:first-child { padding-left: 0; text-align: left; }
thead th { color: var(--quiet); font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 400; }
td { font-family: system-ui, "Segoe UI", "Liberation Sans", sans-serif; font-variant-numeric: tabular-nums; }
th .quiet { display: block; font-size: 0.8rem; }
figure { margin: 1rem 0; }
figcaption { font-size: 0.9rem; color: var(--quiet); }
svg.chart, svg.bar { display: block; width: 100%; max-width: 30rem; height: auto; }
svg text { fill: var(--quiet); font-size: 11px; }
.grid { stroke: var(--rule); fill: none; } .axis { stroke: var(--quiet); fill: none; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.c0 { stroke: var(--c0); } .c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); }
.c3 { stroke: var(--c3); } .c4 { stroke: var(--c4); }
.b0 { fill: var(--c0); } .b1 { fill: var(--c1); } .b2 { fill: var(--c2); }
.b3 { fill: var(--c3); } .b4 { fill: var(--c4); }
.key {
  list-style: none; margin: 0.25rem 0; padding: 0; display: flex; flex-wrap: wrap;
  gap: 0.2rem 1.2rem; font-size: 0.85rem;
}
footer {
  margin-top: 3rem; padding-top: 0.75rem; border-top: 1px solid var(--rule); font-size: 0.85rem;
  color: var(--quiet);
}
.skip { position: absolute; left: -99rem; }
.skip:focus { position: static; }
@media (max-width: 30rem) {
  table { font-size: 0.82rem; }
  th, td { padding-left: 0.4rem; }
}
@media print {
  :root {
    --paper: #ffffff; --ink: #000000; --quiet: #444444; --rule: #bbbbbb; --link: #000000;
    --good: #1a6b3a; --bad: #a8201a; --warn: #865200;
    --c0: #0b5cad; --c1: #a34708; --c2: #1b6e3c; --c3: #7a3ea0; --c4: #a8201a;
  }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  nav, .skip { display: none; }
  h2, h3, figcaption, caption { break-after: avoid; }
  .item, figure, tr { break-inside: avoid; }
  .scroll { overflow: visible; }
}
)css";

}  // namespace tito::html
