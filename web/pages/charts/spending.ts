import { html, LitElement } from 'lit';
import { spending, type Spending, type SpendingList } from '../../api/figures.ts';
import { count, inSentence, money, monthInShort, monthInWords } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { hashOf } from '../../route.ts';
import { texts } from '../../texts/charts.ts';
import type { Drawing, Series } from './configuration.ts';
import type { Table } from '../../parts/table.ts';
import { frame } from './frame.ts';
import { legend } from './legend.ts';
import { filled, firstDayOf, monthAfter, runningTotal, sinceFirst, type Filling } from './months.ts';
import { linkedAmount, rowsBehind, type Behind } from './rows-behind.ts';
import { reportOf, type ChartsView } from './view.ts';

/** How many months are shown before the current one. */
const compared = 3;

interface Line extends Series {
  readonly month: string;
}

/** Spending by month, and this month compared with earlier ones. */
export class SpendingCharts extends LitElement {
  static override properties = { page: { attribute: false }, view: { attribute: false } };
  declare page: Page;
  declare view: ChartsView;

  readonly #months = answerFor(this, {
    args: () => this.#args(),
    ask: ([account, today, first], signal) =>
      spending(
        this.page.call,
        { by: 'month', account, since: firstDayOf(first ?? today.slice(0, 7)) },
        signal,
      ),
  });

  readonly #days = answerFor(this, {
    args: () => this.#args(),
    ask: ([account, today], signal) => {
      const since = firstDayOf(monthAfter(today.slice(0, 7), -compared));
      return spending(this.page.call, { by: 'day', account, since }, signal);
    },
  });

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    return [this.#compareFrame(), this.#monthsFrame()];
  }

  #args() {
    const { account, today, months } = this.view;
    return [account, today, months[0], this.page.knowledge.lastEvent] as const;
  }

  #monthsFrame() {
    const words = texts.months;
    const { currency, account } = this.view;
    const { value, problem } = this.#months;
    const months = monthsWith(value?.items ?? [], this.view);
    const amounts = (read: Filling['read'] & {}) =>
      filled(value?.items ?? [], { keys: months, currency, read });
    const drawing: Drawing = {
      kind: 'bar',
      currency,
      labels: months.map((month) => monthInWords(month)),
      ticks: months.map((month) => monthInShort(month)),
      label: words.label(months.length),
      series: [
        { name: words.net, tone: 'main', amounts: amounts(({ net_minor: net }) => net) },
        { name: words.income, tone: 'past', amounts: amounts(({ income_minor: income }) => income) },
      ],
      onChoose: (index, series) => {
        const month = months[index];
        if (month === undefined) return;
        const behind = { account, months: [month, month] } as const;
        this.page.travel(rowsBehind(series === 1 ? { ...behind, flow: 'income' } : behind));
      },
    };
    return frame({
      id: 'months',
      heading: words.heading,
      problem,
      drawing: value === null ? null : drawing,
      legend: legend([
        { name: words.net, look: 'spent' },
        { name: words.income, look: 'earned' },
      ]),
      table: value === null ? null : monthsTable(value, this.view),
      note: words.note,
    });
  }

  #compareFrame() {
    const words = texts.compare;
    const { value, problem } = this.#days;
    const { today, currency } = this.view;
    const month = today.slice(0, 7);
    const all: readonly Line[] = Array.from({ length: compared + 1 }, (_, back) => {
      const of = monthAfter(month, -back);
      return {
        month: of,
        name: monthInWords(of),
        tone: back === 0 ? 'main' : 'past',
        amounts: runningTotal(value?.items ?? [], { month: of, currency, today }),
      };
    });
    const lines = all.filter(
      ({ tone, amounts }) => tone === 'main' || amounts.some((amount) => amount !== 0),
    );
    const isAnySpent = lines.some(({ amounts }) => amounts.some((amount) => (amount ?? 0) !== 0));
    const days = Array.from({ length: 31 }, (_, index) => count(index + 1));
    const drawing: Drawing = {
      kind: 'line',
      currency,
      labels: days,
      ticks: days,
      label: words.label(monthInWords(month, inSentence)),
      series: isAnySpent ? lines : [],
    };
    return frame({
      id: 'compare',
      heading: words.heading,
      problem,
      drawing: value === null ? null : drawing,
      table: value === null ? null : compareTable(lines, days, currency),
      note: value === null ? '' : verdict(lines, this.view),
    });
  }
}

function monthsWith(items: readonly Spending[], { months, currency }: ChartsView): readonly string[] {
  const own = items.filter((item) => item.currency === currency);
  return sinceFirst(months, new Set(own.map(({ key }) => key)));
}

function monthsTable({ items }: SpendingList, view: ChartsView): Table {
  const { currency, account } = view;
  const months = monthsWith(items, view);
  const { month, spent, refunded, net, income } = texts.months;
  const known = new Map(items.filter((item) => item.currency === currency).map((item) => [item.key, item]));
  return {
    head: [month, spent, refunded, net, income],
    rows: months.toReversed().map((key) => {
      const item = known.get(key);
      const behind = { account, months: [key, key] } as const;
      const amount = (minor: number | undefined, flow?: Behind['flow']) =>
        linkedAmount(minor ?? 0, currency, { ...behind, ...(flow && { flow }) });
      return [
        html`<a href=${hashOf(reportOf(view, key))}>${monthInWords(key)}</a>`,
        amount(item?.spent_minor, 'spending'),
        amount(item?.refunded_minor, 'refund'),
        amount(item?.net_minor),
        amount(item?.income_minor, 'income'),
      ];
    }),
  };
}

function compareTable(lines: readonly Series[], days: readonly string[], currency: string): Table {
  return {
    head: [texts.compare.day, ...lines.map(({ name }) => name)],
    rows: days.map((day, index) => [
      day,
      ...lines.map(({ amounts }) => {
        const amount = amounts[index];
        return amount === null || amount === undefined ? '' : money(amount, currency);
      }),
    ]),
  };
}

/** Spending so far this month, compared with the last month before it that has any. */
function verdict(lines: readonly Line[], { currency, today }: ChartsView): string {
  const { soFar, less, more, same, legend: thickAndThin } = texts.compare;
  const [current, before] = lines;
  const day = Number(today.slice(8));
  const now = current?.amounts[day - 1] ?? 0;
  const spent = soFar(money(now, currency), count(day));
  if (before === undefined) return spent;
  // A shorter month may have fewer days than have passed in this one.
  const then = before.amounts[Math.min(day, before.amounts.length) - 1] ?? 0;
  const sentence = now < then ? less : more;
  const name = monthInWords(before.month, inSentence);
  const comparison = now === then ? same(name) : sentence(money(Math.abs(now - then), currency), name);
  return `${spent} ${comparison} ${thickAndThin}`;
}

customElements.define('mb-spending-charts', SpendingCharts);
