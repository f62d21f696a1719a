import { LitElement } from 'lit';
import { spending, type SpendingList } from '../../api/figures.ts';
import { count, inSentence, money, monthInShort, monthInWords } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { texts } from '../../texts/charts.ts';
import type { Drawing, Series } from './configuration.ts';
import { frame, type Table } from './frame.ts';
import { filled, firstDayOf, monthAfter, runningTotal } from './months.ts';
import type { ChartsView } from './view.ts';

/** How many months are shown before the current one. */
const compared = 3;

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
    const { months, currency } = this.view;
    const { value, problem } = this.#months;
    const drawing: Drawing = {
      kind: 'bar',
      currency,
      labels: months.map((month) => monthInWords(month)),
      ticks: months.map((month) => monthInShort(month)),
      label: words.label(months.length),
      series: [{ name: words.net, tone: 'main', amounts: filled(value?.items ?? [], months, currency) }],
      onChoose: (index) => this.view.set({ month: months[index] ?? '' }),
    };
    return frame({
      id: 'months',
      heading: words.heading,
      problem,
      drawing: value === null ? null : drawing,
      table: value === null ? null : monthsTable(value, this.view),
      note: words.note,
    });
  }

  #compareFrame() {
    const words = texts.compare;
    const { value, problem } = this.#days;
    const { today, currency } = this.view;
    const month = today.slice(0, 7);
    const all: readonly Series[] = Array.from({ length: compared + 1 }, (_, back) => {
      const of = monthAfter(month, -back);
      return {
        name: monthInWords(of),
        tone: back === 0 ? 'main' : 'past',
        amounts: runningTotal(value?.items ?? [], { month: of, currency, today }),
      };
    });
    const lines = all.filter(
      ({ tone, amounts }) => tone === 'main' || amounts.some((amount) => amount !== 0),
    );
    const days = Array.from({ length: 31 }, (_, index) => count(index + 1));
    const label = words.label(monthInWords(month, inSentence));
    return frame({
      id: 'compare',
      heading: words.heading,
      problem,
      drawing:
        value === null ? null : { kind: 'line', currency, labels: days, ticks: days, label, series: lines },
      table: value === null ? null : compareTable(lines, days, currency),
      note: value === null ? '' : verdict(lines, this.view),
    });
  }
}

function monthsTable({ items }: SpendingList, { months, currency }: ChartsView): Table {
  const { month, spent, refunded, net, income } = texts.months;
  const known = new Map(items.filter((item) => item.currency === currency).map((item) => [item.key, item]));
  return {
    head: [month, spent, refunded, net, income],
    rows: months.toReversed().map((key) => {
      const item = known.get(key);
      const amounts = [item?.spent_minor, item?.refunded_minor, item?.net_minor, item?.income_minor];
      return [monthInWords(key), ...amounts.map((amount) => money(amount ?? 0, currency))];
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

/** Spending so far this month, compared with the month before. */
function verdict(lines: readonly Series[], { currency, today }: ChartsView): string {
  const { soFar, less, more, same } = texts.compare;
  const [current, before] = lines;
  const day = Number(today.slice(8));
  const now = current?.amounts[day - 1] ?? 0;
  // A shorter month may have fewer days than have passed in this one.
  const then = before?.amounts[Math.min(day, before.amounts.length) - 1] ?? 0;
  const sentence = now < then ? less : more;
  const name = monthInWords(monthAfter(today.slice(0, 7), -1), inSentence);
  const comparison = now === then ? same(name) : sentence(money(Math.abs(now - then), currency), name);
  return `${soFar(money(now, currency), count(day))} ${comparison} ${texts.compare.legend}`;
}

customElements.define('mb-spending-charts', SpendingCharts);
