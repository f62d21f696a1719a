import { html, LitElement, type TemplateResult } from 'lit';
import { transactions, type Transaction } from '../../api/ledger.ts';
import { dayOfYear, dateIn, timeOfDay } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { categoryMark, lookOfRow } from '../../parts/category.ts';
import { strangerInList } from '../../parts/stranger.ts';
import { titleOf } from '../../parts/transaction-title.ts';
import { hashOf, route } from '../../route.ts';
import { nameIn } from '../../store.ts';
import { bank } from '../../texts/bank.ts';
import { texts } from '../../texts/overview.ts';
import { amountOf } from '../transactions/rows.ts';

const shown = 5;
const unmoved: ReadonlySet<Transaction['status']> = new Set(['declined', 'reversed']);

/** The last transactions of all accounts; each leads to its details. */
export class RecentTransactions extends LitElement {
  static override properties = { page: { attribute: false } };
  declare page: Page;

  readonly #answer = answerFor(this, {
    args: () => [this.page.knowledge.lastEvent] as const,
    ask: async (_args, signal) => (await transactions(this.page.call, {}, { limit: shown, signal })).items,
  });

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    const { value, problem } = this.#answer;
    return html`<section class="card" aria-labelledby="recent">
      <header>
        <h2 id="recent">${texts.recent}</h2>
        <a href=${hashOf(route('transactions'))} aria-label=${texts.allTransactions}>${texts.showAll}</a>
      </header>
      ${problem === null ? '' : html`<p class="notice bad" role="alert">${problem}</p>`}
      ${
        value?.length === 0
          ? html`<p class="soft lately">${texts.noTransactions}</p>`
          : html`<ol class="lately">
              ${value?.map((item) => this.#row(item))}
            </ol>`
      }
    </section>`;
  }

  #row(item: Transaction): TemplateResult {
    const { id, status, amount_minor: amount } = item;
    return html`<li>
      <a class="plain" href=${hashOf(route('transactions', { tx: id }))}>
        ${categoryMark(lookOfRow(item))}
        <span class="name">${strangerInList(titleOf(this.page, item))}</span>
        <span class="amount ${unmoved.has(status) ? 'unmoved' : amount > 0 ? 'gained' : ''}"
          >${amountOf(item)}</span
        >
        <span class="then soft">${this.#about(item)}</span>
      </a>
    </li>`;
  }

  /** Its day, or today its time; its account, where there are several. */
  #about({ created, account_id: accountId, status, internal, kind }: Transaction): string {
    const { timeZone, knowledge } = this.page;
    const day = dateIn(created, timeZone);
    const isToday = day === dateIn(new Date().toISOString(), timeZone);
    const account = nameIn(knowledge, accountId);
    return [
      isToday ? timeOfDay(created, timeZone) : dayOfYear(day),
      ...(status === 'settled' ? [] : [bank.statuses[status]]),
      ...(internal ? [bank.kinds[kind]] : []),
      ...(account === null || knowledge.accounts.length < 2 ? [] : [account]),
    ].join(' · ');
  }
}

customElements.define('mb-recent', RecentTransactions);
