import { html, type TemplateResult } from 'lit';
import type { Page } from './page.ts';
import type { PlaceName } from './route.ts';

interface Leaf {
  /** Loads the code and styles of the place, once. */
  readonly load: () => Promise<unknown>;
  readonly show: (page: Page) => TemplateResult;
}

/** What is at each place; it is loaded when it is first opened. */
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
  'activity/health': {
    load: () => import('./pages/activity/health.ts'),
    show: (page) => html`<mb-health .page=${page}></mb-health>`,
  },
  'activity/moves': {
    load: () => Promise.all([import('./pages/activity/moves.ts'), import('./pages/activity/audit.ts')]),
    show: (page) => html`<mb-moves .page=${page}></mb-moves><mb-audit .page=${page}></mb-audit>`,
  },
  'activity/events': {
    load: () => import('./pages/activity/events.ts'),
    show: (page) => html`<mb-events .page=${page}></mb-events>`,
  },
  'activity/monzo': {
    load: () => Promise.all([import('./pages/activity/bank.ts'), import('./pages/activity/positions.ts')]),
    show: (page) =>
      html`<mb-bank-activity .page=${page}></mb-bank-activity>
        <mb-bank-positions .page=${page}></mb-bank-positions>`,
  },
  settings: {
    load: () => import('./pages/settings/settings-page.ts'),
    show: (page) => html`<mb-settings class="page" .page=${page}></mb-settings>`,
  },
  'settings/people': {
    load: () => import('./pages/settings/people.ts'),
    show: (page) => html`<mb-people .page=${page}></mb-people>`,
  },
  'settings/limits': {
    load: () => import('./pages/settings/rails.ts'),
    show: (page) => html`<mb-rails .page=${page}></mb-rails>`,
  },
  'settings/actions': {
    load: () => import('./pages/settings/actions.ts'),
    show: (page) => html`<mb-home-assistant-actions .page=${page}></mb-home-assistant-actions>`,
  },
  'settings/dashboard': {
    load: () => import('./pages/settings/sidebar-dashboard.ts'),
    show: (page) => html`<mb-sidebar-dashboard .page=${page}></mb-sidebar-dashboard>`,
  },
  'settings/blueprints': {
    load: () => import('./pages/settings/installed-blueprints.ts'),
    show: (page) => html`<mb-installed-blueprints .page=${page}></mb-installed-blueprints>`,
  },
  'settings/entities': {
    load: () =>
      Promise.all([
        import('./pages/settings/optional-entities.ts'),
        import('./pages/settings/deleted-devices.ts'),
      ]),
    show: (page) =>
      html`<mb-optional-entities .page=${page}></mb-optional-entities>
        <mb-deleted-devices .page=${page}></mb-deleted-devices>`,
  },
  'settings/browsers': {
    load: () => import('./pages/settings/sessions.ts'),
    show: (page) => html`<mb-page-sessions .page=${page}></mb-page-sessions>`,
  },
};
