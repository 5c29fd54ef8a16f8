"""The look of the report: readable in print and without telling red from green."""

CSS = """
:root { --ink:#1b1f24; --soft:#57606a; --line:#d0d7de; --back:#ffffff; --tile:#f6f8fa;
  --own:#0b5fa5; --other:#b35900; }
* { box-sizing:border-box }
body { font:15px/1.5 system-ui,-apple-system,"Segoe UI","Noto Sans",sans-serif;
  color:var(--ink); background:var(--back); margin:0 auto; max-width:70rem;
  padding:2rem 1.5rem 4rem }
h1 { font-size:1.7rem; margin:0 0 .2rem } h2 { font-size:1.25rem; margin:2.4rem 0 .4rem;
  border-bottom:2px solid var(--line); padding-bottom:.2rem }
h3 { font-size:1rem; margin:1.4rem 0 .3rem }
p { margin:.4rem 0; max-width:46rem } .soft { color:var(--soft) }
.tiles { display:grid; grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));
  gap:.8rem; margin:1.2rem 0 }
.tile { background:var(--tile); border:1px solid var(--line); border-radius:6px;
  padding:.7rem .9rem }
.tile b { display:block; font-size:1.6rem; line-height:1.2;
  font-variant-numeric:tabular-nums }
.tile span { display:block; color:var(--soft); font-size:.82rem }
.note { border-left:4px solid var(--other); background:#fff8f0; padding:.5rem .9rem;
  margin:.5rem 0; max-width:46rem }
.wide { overflow-x:auto }
table { border-collapse:collapse; margin:.6rem 0; font-size:.9rem }
th,td { padding:.28rem .6rem; border-bottom:1px solid var(--line); text-align:left;
  vertical-align:top }
th { font-weight:600; background:var(--tile) }
td.n,th.n { text-align:right; font-variant-numeric:tabular-nums; white-space:nowrap }
td.none { color:var(--soft); font-style:italic }
table.heat { border-collapse:separate; border-spacing:2px }
table.heat td { text-align:center; border:0; min-width:3.4rem;
  font-variant-numeric:tabular-nums }
table.heat th { border:0; background:none; max-width:9rem; overflow-wrap:anywhere }
table.heat th[scope=col] { vertical-align:bottom; font-size:.8rem }
table.heat small { display:block; font-size:.72rem }
table.heat td.masked { color:var(--soft); background:repeating-linear-gradient(
  45deg,#fff,#fff 4px,#eef0f2 4px,#eef0f2 8px) }
svg { max-width:100%; height:auto } svg text { font:12px system-ui,sans-serif;
  fill:var(--ink) } svg .soft { fill:var(--soft) }
footer { margin-top:3rem; color:var(--soft); font-size:.85rem }
@media print { html { font-size:10pt } body { max-width:none; padding:0;
  font-size:1rem } h2,h3,h2+p,h3+p { break-after:avoid } p { break-inside:avoid }
  table { font-size:.8rem } th,td { padding:.16rem .4rem }
  tr,svg,.tile,.note,.heat,footer { break-inside:avoid } footer { margin-top:1rem }
  .wide { overflow:visible } * { -webkit-print-color-adjust:exact;
  print-color-adjust:exact } @page { margin:16mm } }
"""

# Cividis, from dark to light: ordered for every kind of colour vision, and in grey.
STEPS = (
    (0, 34, 78),
    (33, 59, 110),
    (76, 85, 108),
    (108, 110, 114),
    (142, 137, 120),
    (178, 166, 111),
    (217, 199, 92),
    (254, 232, 56),
)
