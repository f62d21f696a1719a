import { html, LitElement, type TemplateResult } from 'lit';
import { spending, type Spending, type SpendingList } from '../../api/figures.ts';
import { count, inSentence, money, monthInWords, share } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { choice } from '../../parts/choice.ts';
import { categoryMark, lookOf } from '../../parts/category.ts';
import { strangerInList, visible } from '../../parts/stranger.ts';
import { hashOf } from '../../route.ts';
import { texts } from '../../texts/charts.ts';
import type { Drawing } from './configuration.ts';
import type { Table } from '../../parts/table.ts';
import { frame } from './frame.ts';
import { firstDayOf, monthAfter } from './months.ts';
import { rowsBehind, type Behind } from './rows-behind.ts';
import type { ChartsView } from './view.ts';

const words = texts.by;
/** How many rows the chart shows, and how many its table. */
const drawn = 10;
const listed = 100;

/** Spending of one month by category or by merchant. */
export class Ranking extends LitElement {
  static override properties = {
    page: { attribute: false },
    view: { attribute: false },
    by: { attribute: false },
  };
  declare page: Page;
  declare view: ChartsView;
  declare by: 'category' | 'merchant';

  readonly #answer = answerFor(this, {
    args: () => [this.by, this.view.account, this.view.month, this.page.knowledge.lastEvent] as const,
    ask: ([by, account, month], signal) => {
      const period = { since: firstDayOf(month), before: firstDayOf(monthAfter(month, 1)) };
      return spending(this.page.call, { by, account, ...period, limit: listed }, signal);
    },
  });

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    const { value, problem } = this.#answer;
    const items = (value?.items ?? []).filter(
      (item) => item.currency === this.view.currency && (item.spent_minor !== 0 || item.refunded_minor !== 0),
    );
    return frame({
      id: `by-${this.by}`,
      heading: words[this.by],
      controls: this.#months(),
      problem,
      drawing: value === null ? null : this.#drawing(items),
      empty: words.none,
      table: value === null ? null : this.#table(items, value),
    });
  }

  #months(): TemplateResult {
    const { months, month, change } = this.view;
    const options = months.toReversed().map((one) => [one, monthInWords(one)] as const);
    return choice({
      id: `month-${this.by}`,
      label: words.month,
      chosen: month,
      options,
      choose: (chosen) => change({ month: chosen }),
    });
  }

  #drawing(items: readonly Spending[]): Drawing {
    const top = items.filter((item) => item.net_minor !== 0).slice(0, drawn);
    const { month, currency } = this.view;
    return {
      kind: 'rows',
      currency,
      labels: top.map((item) => this.#name(item)),
      ticks: top.map((item) => short(this.#name(item))),
      label: words.labels[this.by](monthInWords(month, inSentence)),
      series: [{ name: words.amount, tone: 'main', amounts: top.map((item) => item.net_minor) }],
      onChoose: (index) => {
        const item = top[index];
        if (item) this.page.travel(rowsBehind(this.#behind(item)));
      },
    };
  }

  #table(items: readonly Spending[], { totals }: SpendingList): Table {
    const { currency } = this.view;
    const total = totals.find((sum) => sum.currency === currency)?.net_minor ?? 0;
    const rest = items.reduce((left, item) => left - item.net_minor, total);
    const row = (name: unknown, amount: number, payments: string) => [
      name,
      money(amount, currency),
      // What came back is no part of what was spent.
      amount > 0 && total > 0 ? share(amount, total) : '',
      payments,
    ];
    return {
      head: [words.name, words.amount, words.share, words.count],
      rows: [
        ...items.map((item) => row(this.#link(item), item.net_minor, count(item.count))),
        ...(rest === 0 ? [] : [row(words.rest, rest, '')]),
      ],
    };
  }

  #link(item: Spending): TemplateResult {
    const link = html`<a href=${hashOf(rowsBehind(this.#behind(item)))}
      >${strangerInList(this.#name(item))}</a
    >`;
    return this.by === 'category'
      ? html`<span class="with-mark">${categoryMark(lookOf(item.key), 'small')} ${link}</span>`
      : link;
  }

  #name({ name }: Spending): string {
    return visible(name);
  }

  #behind({ key }: Spending): Behind {
    const { account, month } = this.view;
    return { account, months: [month, month], [this.by]: key };
  }
}

const longestTick = 18;

function short(name: string): string {
  return name.length > longestTick ? `${name.slice(0, longestTick - 1)}…` : name;
}

customElements.define('mb-ranking', Ranking);
