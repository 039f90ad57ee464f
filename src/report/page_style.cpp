#include "report/page_style.hpp"

namespace apq::report {

std::string page_style() {
  return R"(
:root{--bg:#fff;--panel:#f6f8fa;--ink:#161b22;--muted:#59636e;--line:#dde2e8;--link:#0067a8;--good:#00714f;--good-bg:#e2f4ec;--bad:#a83f00;--bad-bg:#fcebe0;--even:#4d5762;--even-bg:#eceff2;--win:#cc4f00;--rival:#008a63}
@media (prefers-color-scheme:dark){:root{--bg:#11161d;--panel:#19202a;--ink:#e9edf2;--muted:#9ba7b4;--line:#2b3440;--link:#5ab6f0;--good:#4fd6a8;--good-bg:#12352a;--bad:#ffa270;--bad-bg:#40230f;--even:#b4bfca;--even-bg:#27303b;--win:#ff9350;--rival:#35c79a}}
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}
main,header,footer{max-width:1120px;margin:0 auto;padding:0 24px}
header{padding-top:40px}
.eyebrow{margin:0;color:var(--muted);font-size:14px}
h1{font-size:34px;line-height:1.15;margin:4px 0 12px;letter-spacing:-.015em;overflow-wrap:anywhere}
.lede{font-size:19px;line-height:1.45;margin:0 0 8px;max-width:60em}
h2{font-size:22px;line-height:1.25;margin:0 0 6px;letter-spacing:-.01em}
h3{font-size:16px;margin:0 0 4px}
section{margin:44px 0 0}
p{margin:0 0 12px;max-width:46em}
p.note{max-width:62em}
.note{color:var(--muted);font-size:14px;line-height:1.5}
a{color:var(--link)}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:13px}
code{background:var(--panel);padding:1px 5px;border-radius:4px;overflow-wrap:anywhere}
.facts{display:flex;flex-wrap:wrap;gap:6px 36px;margin:20px 0 0;padding:14px 0;border-top:1px solid var(--line);border-bottom:1px solid var(--line)}
.facts div{font-size:14px;color:var(--muted)}
.facts b{display:block;font-size:20px;line-height:1.3;color:var(--ink);font-weight:600;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:15px;font-variant-numeric:tabular-nums;margin:8px 0 12px}
th{font-weight:600;font-size:13px;line-height:1.35;color:var(--muted);text-align:right;vertical-align:bottom;padding:6px 8px;border-bottom:1px solid var(--line)}
td{text-align:right;padding:9px 8px;border-bottom:1px solid var(--line);vertical-align:middle;white-space:nowrap}
th:first-child,td:first-child{text-align:left;padding-left:0}
th:last-child,td:last-child{padding-right:0}
td.l,th.l{text-align:left}
td.wrap{white-space:normal}
tr.sum td{font-weight:600;border-bottom:0}
td small{color:var(--muted);font-size:13px;display:block;font-weight:400}
td b{font-weight:650}
td .pill{margin-top:3px}
.pill{display:inline-block;padding:2px 9px;border-radius:99px;font-size:13px;font-weight:600;white-space:nowrap}
.better{color:var(--good);background:var(--good-bg)}
.worse{color:var(--bad);background:var(--bad-bg)}
.even{color:var(--even);background:var(--even-bg)}
.span{display:block;margin-left:auto;width:130px;height:30px;overflow:visible}
.span .w{stroke:var(--win);fill:var(--win)}.span .r{stroke:var(--rival);fill:var(--rival)}.span path{stroke-width:2}.span .rule{stroke:var(--line);stroke-width:1}
.uses{display:flex;width:72px;height:6px;border-radius:3px;overflow:hidden;margin:4px 0 0 auto;background:var(--line)}.uses i{display:block;height:100%}
.key{display:inline-block;width:9px;height:9px;border-radius:2px;margin-right:4px}i.useful{background:var(--good)}i.repeated{background:var(--link)}i.lost{background:var(--bad)}i.idle{background:var(--muted)}
.share{display:block;height:4px;border-radius:2px;background:var(--link);margin:4px 0 0 auto}
figure{margin:14px 0 0}
figcaption{font-size:14px;color:var(--muted);margin:6px 0 0;max-width:60em}
.chart{display:block;width:100%;height:auto}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:12px 40px}
.trio{display:grid;grid-template-columns:1fr 1fr 1fr;gap:12px 28px}
.narrow{display:none}
.missing{border:1px dashed var(--line);border-radius:8px;padding:14px 16px;color:var(--muted);max-width:none}
.stale{border:1px solid var(--bad);border-radius:8px;padding:14px 16px;color:var(--bad);background:var(--bad-bg)}
.stale li{overflow-wrap:anywhere}
.answer{font-size:17px;max-width:46em}
details{border-top:1px solid var(--line);padding:12px 0}
details:last-of-type{border-bottom:1px solid var(--line)}
summary{cursor:pointer;font-weight:600}
details table{font-size:14px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 24px;font-size:14px;margin:12px 0}
dt{color:var(--muted)}
dd{margin:0;overflow-wrap:anywhere}
pre{background:var(--panel);border-radius:8px;padding:14px 16px;overflow:auto;line-height:1.5;margin:12px 0}
footer{margin-top:48px;padding-bottom:40px;color:var(--muted);font-size:14px}
@media (max-width:760px){
main,header,footer{padding-left:16px;padding-right:16px}
header{padding-top:24px}
h1{font-size:27px}.lede{font-size:17px}h2{font-size:20px}
section{margin-top:36px}
.pair,.trio{grid-template-columns:1fr}
.wide{display:none}.narrow{display:block}
.facts{gap:10px 28px}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:8px}
.cards tr td:first-child::before{display:none}
.cards thead{display:none}
.cards,.cards tbody,.cards tr,.cards td{display:block;width:100%}
.cards tr{border:1px solid var(--line);border-radius:8px;padding:8px 14px;margin:0 0 12px}
.cards td{display:flex;justify-content:space-between;gap:16px;border:0;padding:5px 0;text-align:right;white-space:normal}
.cards td::before{content:attr(data-label);color:var(--muted);font-size:14px;text-align:left;flex:0 0 38%}
.cards td:first-child{font-weight:650;font-size:17px}
.cards td:empty{display:none}
.cards .span{margin:0}
}
@media print{.narrow{display:none}details{break-inside:avoid}}
)";
}

}  // namespace apq::report
