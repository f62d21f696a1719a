import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { merchantNamed, type Merchant, type MerchantSums } from '../../api/search.ts';
import { count, dayInShort, dateIn, money, monthInWords } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { categoryMark, lookOf } from '../../parts/category.ts';
import { pairs } from '../../parts/pairs.ts';
import { stranger } from '../../parts/stranger.ts';
import { tableOf } from '../../parts/table.ts';
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
    return html`<section class="card merchant" aria-labelledby="merchant-name">
      <h2 id="merchant-name" class="who-else">
        ${categoryMark(lookOf(merchant?.category ?? ''))}
        <span>${stranger(this.name)} ${emojiAfter(merchant?.emoji ?? null)}</span>
      </h2>
      ${merchant === null ? pairs('figures', [[words.usual, texts.sums.pending]]) : nothing}
      ${merchant?.currencies.length === 0 ? html`<p class="soft">${words.unknown}</p>` : nothing}
      ${merchant?.currencies.map((sums) => this.#sums(merchant, sums))}
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
    return html`${pairs('figures', [
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
    const rows = months
      .toReversed()
      .map((month) => [
        html`<a href=${this.#rowsOf(month.month)}>${monthInWords(month.month)}</a>`,
        ...columns.map(([, cell]) => cell(month)),
      ]);
    return html`<div class="scroll" tabindex="0" role="group" aria-label=${words.months}>
      ${tableOf({ head: [words.month, ...columns.map(([label]) => label)], rows })}
    </div>`;
  }

  #rowsOf(month: string): string {
    const { since } = periodsOn(`${month}-01`).month;
    const [year = 0, number = 0] = month.split('-').map(Number);
    const before = new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 10);
    return hashOf(changed(this.page.route, { since, before }));
  }
}

customElements.define('mb-merchant', MerchantSummary);
