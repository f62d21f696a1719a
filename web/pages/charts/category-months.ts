import { html, LitElement } from 'lit';
import { spending, type Spending } from '../../api/figures.ts';
import { monthInShort, monthInWords } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { categoryMark, colourNameOf, lookOf } from '../../parts/category.ts';
import { strangerInList, visible } from '../../parts/stranger.ts';
import { texts } from '../../texts/charts.ts';
import type { Drawing } from './configuration.ts';
import type { Table } from '../../parts/table.ts';
import { frame } from './frame.ts';
import { legend } from './legend.ts';
import { filled, firstDayOf, sinceFirst } from './months.ts';
import { linkedAmount, rowsBehind } from './rows-behind.ts';
import type { ChartsView } from './view.ts';

const words = texts.categoryMonths;

/** As many groups as an answer may have: more than thirty categories in each month. */
const mostGroups = 500;

interface CategoryRow {
  readonly key: string;
  readonly name: string;
  /** Spending less refunds in each month. */
  readonly amounts: readonly number[];
}

/** What each category has cost in each month. */
export class CategoryMonths extends LitElement {
  static override properties = { page: { attribute: false }, view: { attribute: false } };
  declare page: Page;
  declare view: ChartsView;

  readonly #answer = answerFor(this, {
    args: () => [this.view.account, this.view.months[0], this.page.knowledge.lastEvent] as const,
    ask: ([account, first], signal) => {
      const since = firstDayOf(first ?? this.view.month);
      const question = { by: 'category', each: 'month', account, since, limit: mostGroups } as const;
      return spending(this.page.call, question, signal);
    },
  });

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    const { value, problem } = this.#answer;
    const months = monthsWith(value?.items ?? [], this.view);
    const view = { ...this.view, months };
    const rows = rowsOf(value?.items ?? [], view);
    const { account } = view;
    const all = [months[0] ?? '', months.at(-1) ?? ''] as const;
    return frame({
      id: 'category-months',
      heading: words.heading,
      problem,
      drawing: value === null ? null : this.#drawing(rows, view),
      legend: legend(
        rows.map(({ key, name }) => ({
          name: strangerInList(name),
          look: lookOf(key),
          to: rowsBehind({ account, category: key, months: all }),
        })),
      ),
      table: value === null ? null : tableOf(rows, view),
    });
  }

  #drawing(rows: readonly CategoryRow[], { account, months, currency }: ChartsView): Drawing {
    return {
      kind: 'stack',
      currency,
      labels: months.map((month) => monthInWords(month)),
      ticks: months.map((month) => monthInShort(month)),
      label: words.label(months.length),
      series: rows.map(({ key, name, amounts }) => ({
        name: visible(name),
        tone: 'main',
        colour: colourNameOf(lookOf(key)),
        amounts,
      })),
      onChoose: (index, series) => {
        const month = months[index];
        const category = rows[series]?.key;
        if (month === undefined || category === undefined) return;
        this.page.travel(rowsBehind({ account, category, months: [month, month] }));
      },
    };
  }
}

function monthsWith(items: readonly Spending[], { months, currency }: ChartsView): readonly string[] {
  const own = items.filter((item) => item.currency === currency);
  return sinceFirst(months, new Set(own.map(({ month }) => month ?? '')));
}

/** The categories of one currency, the one that cost most first. */
function rowsOf(items: readonly Spending[], { months, currency }: ChartsView): readonly CategoryRow[] {
  const total = ({ amounts }: CategoryRow) => amounts.reduce((sum, amount) => sum + amount, 0);
  const all = items.filter((item) => item.currency === currency);
  return [...Map.groupBy(all, ({ key }) => key)]
    .map(([key, own]) => {
      const byMonth = own.flatMap((item) => (item.month === null ? [] : [{ ...item, key: item.month }]));
      return { key, name: own[0]?.name ?? key, amounts: filled(byMonth, { keys: months, currency }) };
    })
    .filter(({ amounts }) => amounts.some((amount) => amount !== 0))
    .toSorted((one, other) => total(other) - total(one));
}

/** The newest month first, as elsewhere. */
function tableOf(rows: readonly CategoryRow[], { account, months, currency }: ChartsView): Table {
  return {
    head: [words.category, ...months.map((month) => monthInShort(month)).toReversed()],
    rows: rows.map(({ key, name, amounts }) => [
      html`<span class="with-mark">${categoryMark(lookOf(key), 'small')} ${strangerInList(name)}</span>`,
      ...months
        .map((month, index) =>
          linkedAmount(amounts[index] ?? 0, currency, { account, category: key, months: [month, month] }),
        )
        .toReversed(),
    ]),
  };
}

customElements.define('mb-category-months', CategoryMonths);
