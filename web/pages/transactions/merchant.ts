import '../../styles/money.css';
import '../../styles/table.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { merchantNamed, type Merchant, type MerchantSums } from '../../api/search.ts';
import { count, dayInShort, dateIn, money, monthInWords } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { categoryMark, lookOf } from '../../parts/category.ts';
import { stranger } from '../../parts/stranger.ts';
import { changed, hashOf } from '../../route.ts';
import { texts } from '../../texts/search.ts';
import { emojiAfter } from './list.ts';
import { periodsOn } from './periods.ts';

const words = texts.merchant;

/** One shop or person above its transactions: what is usually paid, and what was paid by month. */
export class MerchantSummary extends LitElement {
  static override properties = { page: { attribute: false }, name: {} };
  declare page: Page;
  declare name: string;

  readonly #answer = answerFor(this, {
    args: () => [this.name, this.page.knowledge.lastEvent] as const,
    ask: async ([name], signal) => ({ name, merchant: await merchantNamed(this.page.call, name, signal) }),
  });

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    const { value } = this.#answer;
    const merchant = value?.name === this.name ? value.merchant : null;
    if (merchant !== null && merchant.currencies.length === 0) return nothing;
    return html`<section class="card merchant" aria-labelledby="merchant-name">
      <h2 id="merchant-name" class="who-else">
        ${categoryMark(lookOf(merchant?.category ?? ''))}
        <span>${stranger(this.name)} ${emojiAfter(merchant?.emoji ?? null)}</span>
      </h2>
      ${merchant === null ? facts([[words.usual, texts.sums.pending]]) : merchant.currencies.map((sums) => this.#sums(merchant, sums))}
    </section>`;
  }

  #sums(merchant: Merchant, sums: MerchantSums): TemplateResult {
    const {
      currency,
      usual_minor: usual,
      spent_minor: spent,
      refunded_minor: back,
      income_minor: received,
    } = sums;
    const { timeZone } = this.page;
    const amount = (label: string, minor: number | null) =>
      minor === null || minor === 0 ? [] : [[label, money(minor, currency)] as const];
    const day = (label: string, instant: string | null) =>
      instant === null ? [] : [[label, dayInShort(dateIn(instant, timeZone))] as const];
    return html`${facts([
        ...amount(words.usual, usual),
        ...amount(words.paid, spent),
        ...amount(words.back, back),
        ...amount(words.received, received),
        [words.payments, count(sums.count)],
        ...day(words.first, merchant.first),
        ...day(words.last, merchant.last),
      ])}
      ${usual === null ? nothing : html`<p class="hint">${words.usualHint}</p>`}
      <details>
        <summary>${words.months}</summary>
        ${this.#months(sums)}
      </details>`;
  }

  /** The newest first; columns that would be empty are left out. */
  #months({ currency, months, refunded_minor: back, income_minor: received }: MerchantSums): TemplateResult {
    type Month = MerchantSums['months'][number];
    const columns: readonly (readonly [label: string, cell: (month: Month) => string])[] = [
      [words.paid, ({ spent_minor: minor }) => money(minor, currency)],
      ...(back === 0
        ? []
        : [[words.back, ({ refunded_minor: minor }: Month) => money(minor, currency)] as const]),
      ...(received === 0
        ? []
        : [[words.received, ({ income_minor: minor }: Month) => money(minor, currency)] as const]),
      [words.count, ({ count: number }) => count(number)],
    ];
    return html`<div class="scroll" tabindex="0" role="group" aria-label=${words.months}>
      <table>
        <thead>
          <tr>
            <th scope="col">${words.month}</th>
            ${columns.map(([label]) => html`<th scope="col">${label}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${months.toReversed().map(
            (month) =>
              html`<tr>
                <th scope="row"><a href=${this.#rowsOf(month.month)}>${monthInWords(month.month)}</a></th>
                ${columns.map(([, cell]) => html`<td>${cell(month)}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }

  #rowsOf(month: string): string {
    const { since } = periodsOn(`${month}-01`).month;
    const [year = 0, number = 0] = month.split('-').map(Number);
    const before = new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 10);
    return hashOf(changed(this.page.route, { since, before }));
  }
}

function facts(shown: readonly (readonly [label: string, value: string])[]): TemplateResult {
  return html`<dl class="figures">
    ${shown.map(
      ([label, value]) =>
        html`<div>
          <dt>${label}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

customElements.define('mb-merchant', MerchantSummary);
