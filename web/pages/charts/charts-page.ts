import './charts.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import './balance.ts';
import './category-months.ts';
import './ranking.ts';
import './spending.ts';
import type { Page } from '../../page.ts';
import { choice } from '../../parts/choice.ts';
import { heading } from '../../parts/heading.ts';
import { hashOf, route } from '../../route.ts';
import { texts } from '../../texts/charts.ts';

import { reportOf, viewOf, type ChartsView } from './view.ts';

/** Balances over time and spending. */
export class ChartsPage extends LitElement {
  static override properties = { page: { attribute: false } };
  declare page: Page;

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    const { page } = this;
    const view = viewOf(page, new Date());
    if (page.knowledge.accounts.length === 0) return nothingYet();
    return html`<div class="beside heads">${heading(texts.heading)} ${this.#choices(view)}</div>
      <mb-balance-chart .page=${page} .view=${view}></mb-balance-chart>
      <mb-spending-charts class="pair" .page=${page} .view=${view}></mb-spending-charts>
      <div class="pair">
        <mb-ranking .page=${page} .view=${view} .by=${'category'}></mb-ranking>
        <mb-ranking .page=${page} .view=${view} .by=${'merchant'}></mb-ranking>
      </div>
      <mb-category-months .page=${page} .view=${view}></mb-category-months>`;
  }

  #choices(view: ChartsView) {
    const { account, currency, currencies, change } = view;
    const accounts = this.page.knowledge.accounts.map(({ id, name }) => [id, name] as const);
    return html`<div class="choices">
      ${choice({
        id: 'account',
        label: texts.account,
        chosen: account ?? '',
        options: [['', texts.allAccounts], ...accounts],
        choose: (id) => change({ account: id }),
      })}
      ${
        currencies.length < 2 || account !== null
          ? nothing
          : choice({
              id: 'currency',
              label: texts.currency,
              chosen: currency,
              options: currencies.map((code) => [code, code] as const),
              choose: (code) => change({ currency: code }),
            })
      }
      <a class="button quiet" href=${hashOf(reportOf(view, view.month))}>${texts.report}</a>
    </div>`;
  }
}

/** Without an account there is nothing that a chart could show. */
function nothingYet(): TemplateResult {
  return html`${heading(texts.heading)}
    <section class="card">
      <p>${texts.noAccounts}</p>
      <p><a href=${hashOf(route('settings/people'))}>${texts.toLogins}</a></p>
    </section>`;
}

customElements.define('mb-charts', ChartsPage);
