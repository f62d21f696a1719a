import { html, type TemplateResult } from 'lit';
import type { Page } from './page.ts';
import type { PlaceName } from './route.ts';

interface Leaf {
  /** Loads the page's code and styles, once. */
  readonly load: () => Promise<unknown>;
  readonly show: (page: Page) => TemplateResult;
}

/** The pages; each is loaded when it is first opened. */
export const pages: Readonly<Record<PlaceName, Leaf>> = {
  overview: {
    load: () => import('./pages/overview/overview-page.ts'),
    show: (page) => html`<mb-overview class="page" .page=${page}></mb-overview>`,
  },
  transactions: {
    load: () => import('./pages/transactions/transactions-page.ts'),
    show: (page) => html`<mb-transactions class="page" .page=${page}></mb-transactions>`,
  },
  charts: {
    load: () => import('./pages/charts/charts-page.ts'),
    show: (page) => html`<mb-charts class="page" .page=${page}></mb-charts>`,
  },
  report: {
    load: () => import('./pages/report/report-page.ts'),
    show: (page) => html`<mb-report class="page" .page=${page}></mb-report>`,
  },
  activity: {
    load: () => import('./pages/activity/activity-page.ts'),
    show: (page) => html`<mb-activity class="page" .page=${page}></mb-activity>`,
  },
  people: {
    load: () => import('./pages/people/people-page.ts'),
    show: (page) => html`<mb-people class="page" .page=${page}></mb-people>`,
  },
};
