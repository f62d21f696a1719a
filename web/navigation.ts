import { html, svg, type TemplateResult } from 'lit';
import { inSentence, moment, timeOfDay } from './format.ts';
import { hashOf, pageNameOf, pageNames, route, type PageName, type PlaceName } from './route.ts';
import type { Knowledge } from './store.ts';
import { common } from './texts/common.ts';
import { pageWords } from './texts/places.ts';

/** Drawn on a field of 24 by 24, in strokes. */
const icons: Readonly<Record<PageName, string>> = {
  overview: 'M4 11 12 4l8 7M6 9.5V20h12V9.5M10 20v-6h4v6',
  transactions: 'M4 7h16M4 12h16M4 17h10',
  charts: 'M4 20h16M7 16v-5M12 16V6M17 16V9',
  activity: 'M3 12h4l3-8 4 16 3-8h4',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4',
};

/** Links to every page: a bar at the top, on a phone at the bottom. */
export function navigation(current: PlaceName | null): TemplateResult {
  const shown = current === null ? null : pageNameOf(current);
  const isCurrent = (name: PageName) => (name === current ? 'page' : name === shown ? 'true' : 'false');
  return html`<nav aria-label=${common.navigation.label}>
    <ul>
      ${pageNames.map(
        (name) =>
          html`<li>
            <a href=${hashOf(route(name))} aria-current=${isCurrent(name)}>
              ${icon(icons[name])}<span>${pageWords[name]}</span>
            </a>
          </li>`,
      )}
    </ul>
  </nav>`;
}

/** After this long without an update, what is shown may be out of date. */
const freshFor = 60_000;

/** Whether what is shown is up to date, and if not, since when. */
export function freshness({ isLive, heard, trouble, setup }: Knowledge, now: number): TemplateResult {
  const { live, asOf, checked } = common.freshness;
  if (isLive && trouble === null) return html`<p class="fresh live">${live}</p>`;
  const time = heard === null ? '' : timeFrom(heard, now, setup?.time_zone);
  const isStale = trouble !== null || heard === null || now - heard > freshFor;
  return html`<p class="fresh ${isStale ? 'stale' : ''}">${isStale ? asOf(time) : checked(time)}</p>`;
}

/** With its day, where that may be another one. */
function timeFrom(heard: number, now: number, zone: string | undefined): string {
  const instant = new Date(heard).toISOString();
  return now - heard > 43_200_000 ? moment(instant, zone, inSentence) : timeOfDay(instant, zone, inSentence);
}

function icon(path: string): TemplateResult {
  return html`<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">${svg`<path d=${path} />`}</svg>`;
}
