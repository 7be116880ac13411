"""How the dashboard looks, and the little script behind its filters: no library, no font, nothing from elsewhere."""

__all__ = ["FILTER", "REFRESH", "STYLE"]

# Okabe and Ito's blue and vermilion; dashes, marks and hatching say the same without colour
STYLE = """
:root { color-scheme: light; font: 100%/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff }
body { max-width: 80rem; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.2rem; margin: 1.5rem 0 .5rem }
#state, .unit { color: #555; font-size: .875rem } #state { margin: .25rem 0 }
#state.late { color: #b3261e; font-weight: 600 }
.skip { position: absolute; left: -99rem } .skip:focus { position: static }
#filters { display: flex; flex-wrap: wrap; gap: .5rem 1rem; padding: .5rem 0; position: sticky; top: 0; z-index: 1;
  background: #fff; border-bottom: 1px solid #ddd } #filters[hidden] { display: none }
select { font: inherit; padding: .35rem; border: 1px solid #767676; border-radius: .25rem; max-width: 14rem;
  background: #fff }
:focus-visible { outline: 3px solid #e69f00; outline-offset: 2px }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: 1rem 2rem }
figure { margin: 0; min-width: 0 } figcaption { display: flex; flex-wrap: wrap; gap: 0 .75rem; align-items: baseline }
.key { font-size: .8rem; white-space: nowrap } .sample { width: 2rem; height: .7rem }
.swatch { display: inline-block; width: 1.2rem; height: .7rem; border-left: 2px solid #555; background: #e4e4e4 }
.plot { position: relative; height: 8.5rem; margin-left: 3.2rem; border: 1px solid #767676; border-width: 0 0 1px 1px }
.plot > span { position: absolute; right: calc(100% + .3rem); font-size: .75rem; line-height: 1; color: #555 }
.top { top: 0 } .bottom { bottom: 0 } svg.time { display: block; width: 100%; height: 100% }
.ends { display: flex; justify-content: space-between; margin-left: 3.2rem; font-size: .75rem; color: #555 }
svg path { fill: none; vector-effect: non-scaling-stroke; stroke-width: 1.75px }
.one { stroke: #0072B2 } .two { stroke: #D55E00 } path.two { stroke-dasharray: 6 3 }
.marks path { stroke-width: 5px; stroke-dasharray: none }
.one.marks path { stroke-linecap: round } .two.marks path { stroke-linecap: square }
path.limit { stroke: #1a1a1a; stroke-dasharray: 1 4; stroke-linecap: round }
rect.alert { fill: #e4e4e4 } path.edge { stroke: #555 }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 0 } dt { color: #555; font-size: .875rem }
dd { margin: 0; font-size: 1.25rem; font-weight: 600; overflow-wrap: anywhere }
.scroll { overflow: auto; max-height: 28rem } table { border-collapse: collapse; font-size: .875rem }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-top: 1px solid #ddd; vertical-align: top }
thead th { position: sticky; top: 0; background: #fff } tbody th { font-weight: 600; white-space: nowrap }
#alerts tbody th { white-space: normal; min-width: 8rem } #alerts td:last-child { min-width: 16rem }
#alerts td:first-child { white-space: nowrap; padding-left: .5rem; border-left: .4rem solid #767676 }
#alerts .critical td:first-child { border-left-color: #b3261e; font-weight: 600 }
#alerts .warning td:first-child { border-left-color: #e69f00 }
#alerts .over td:first-child { border-left-color: #ddd; font-weight: 400 }
#numbers td { text-align: right } #numbers td, .when { white-space: nowrap } .calm { color: #555 }
@media (max-width: 40rem) { #alerts thead { display: none } #alerts tr { display: block; border-top: 1px solid #ddd }
  #alerts tr[hidden] { display: none } #alerts :is(td, th) { display: block; border-top: 0; padding: .1rem .5rem }
  #alerts .when { display: inline-block } #alerts .when + .when:not(:empty)::before { content: "to " } }
@media print { #filters, .skip { display: none } .scroll { max-height: none } }
"""
FILTER = """
'use strict';
const pick = id => document.getElementById(id);
function fill(select, names, value) {
  select.replaceChildren(...names.map(([key, name]) => new Option(name, key)));
  select.value = names.some(([key]) => String(key) === String(value)) ? value : names[0][0];
}
function begin() {
  const parts = [...document.querySelectorAll('section.slice')];
  pick('filters').hidden = !parts.length;
  if (!parts.length) return;
  const labels = parts[0].dataset.labels.split('|'), numbered = labels.map((label, at) => [at, label]);
  const atEnd = pick('to').value === '' || pick('to').selectedIndex === pick('to').options.length - 1;
  fill(pick('slice'), parts.map(part => [part.dataset.slice, part.dataset.slice]), pick('slice').value);
  fill(pick('from'), numbered, pick('from').value || 0);
  fill(pick('to'), numbered, atEnd ? labels.length - 1 : pick('to').value);
  show();
}
function show() {
  const slice = pick('slice').value, from = +pick('from').value, to = Math.max(from, +pick('to').value);
  pick('to').value = to;
  const inside = row => +row.dataset.first <= to && +row.dataset.last >= from;
  for (const part of document.querySelectorAll('section.slice')) {
    part.hidden = part.dataset.slice !== slice;
    const labels = part.dataset.labels.split('|');
    const view = `${from - 0.5} -4 ${to - from + 1} 108`;
    for (const svg of part.querySelectorAll('svg.time')) svg.setAttribute('viewBox', view);
    for (const ends of part.querySelectorAll('.ends'))
      [ends.firstChild.textContent, ends.lastChild.textContent] = [labels[from], labels[to]];
  }
  for (const row of document.querySelectorAll('#numbers tbody tr'))
    row.hidden = row.dataset.slice !== slice || !inside(row);
  for (const row of document.querySelectorAll('#alerts tbody tr'))
    row.hidden = (slice !== 'all' && row.dataset.slice !== slice) || !inside(row);
}
for (const id of ['slice', 'from', 'to']) pick(id).addEventListener('change', show);
begin();
"""
REFRESH = """
async function refresh() {
  const state = pick('state');
  try {
    const answer = await fetch('page.json', {cache: 'no-store'});
    if (!answer.ok) throw new Error(answer.status);
    const news = await answer.json();
    if (news.body !== refresh.last) {
      const places = [...document.querySelectorAll('.scroll')].map(box => [box.scrollLeft, box.scrollTop]);
      pick('main').innerHTML = refresh.last = news.body;
      begin();
      document.querySelectorAll('.scroll').forEach((box, at) => places[at] && box.scrollTo(...places[at]));
    }
    if (state.textContent !== news.note) state.textContent = news.note;
    state.className = '';
  } catch (error) {
    state.textContent = 'This page is no longer fresh: the monitor does not answer. Start it again: mlsd monitor.';
    state.className = 'late';
  }
  setTimeout(refresh, SECONDS * 1000);
}
setTimeout(refresh, SECONDS * 1000);
"""
