import { html, LitElement } from 'lit';
import { balances, type BalanceQuestion, type BalanceSeries } from '../../api/figures.ts';
import { dayInShort, dayOfYear, inSentence, money, monthInShort } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { choice } from '../../parts/choice.ts';
import { texts } from '../../texts/charts.ts';
import type { Drawing } from './configuration.ts';
import type { Table } from '../../parts/table.ts';
import { frame } from './frame.ts';
import { dayBefore } from './months.ts';
import type { ChartsView } from './view.ts';

const words = texts.balance;
const reaches = Object.entries(words.reaches);
const usual = '90';
/** Beyond this, one point per month is enough. */
const longestByDay = 400;

/** The balance at the end of each day, in total or of one account or pot. */
export class BalanceChart extends LitElement {
  static override properties = { page: { attribute: false }, view: { attribute: false } };
  declare page: Page;
  declare view: ChartsView;

  readonly #answer = answerFor(this, {
    args: () => [this.#of(), this.#reach(), this.view.today, this.page.knowledge.lastEvent] as const,
    ask: ([of, reach, today], signal) => {
      const by = Number(reach) > longestByDay ? 'month' : 'day';
      const question = { by, of: whatIn(of), since: dayBefore(today, Number(reach)) } as const;
      return balances(this.page.call, question, signal);
    },
  });

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    const { value, problem } = this.#answer;
    const series =
      value === null ? null : (value.find(({ currency }) => currency === this.view.currency) ?? value[0]);
    return frame({
      id: 'balance',
      heading: words.heading,
      controls: this.#controls(),
      problem,
      drawing: value === null ? null : this.#drawing(series),
      table: series ? tableOf(series) : null,
      note: series ? this.#note(series) : '',
    });
  }

  #note({ points, incomplete }: BalanceSeries): string {
    const first = points[0]?.day;
    const isShort = first !== undefined && first > dayBefore(this.view.today, Number(this.#reach()));
    return [
      ...(points.some(({ reconstructed }) => reconstructed) ? [words.guess] : []),
      ...(isShort ? [words.from(dayInShort(first, inSentence))] : []),
      ...incomplete.map(({ name, id, known_from: from }) =>
        words.incomplete(name ?? id, from === null ? null : dayInShort(from, inSentence)),
      ),
    ].join(' ');
  }

  #controls() {
    const { accounts, pots } = this.page.knowledge;
    const { change } = this.view;
    const things = [
      ['total', words.total] as const,
      ...accounts.map(({ id, name }) => [`account:${id}`, name] as const),
      ...pots.map(({ id, name }) => [`pot:${id}`, name] as const),
    ];
    return html`<div class="choices">
      ${choice({ id: 'of', label: words.of, chosen: this.#of(), options: things, choose: (of) => change({ of }) })}
      ${choice({
        id: 'reach',
        label: words.reach,
        chosen: this.#reach(),
        options: reaches,
        choose: (reach) => change({ reach }),
      })}
    </div>`;
  }

  #drawing(series: BalanceSeries | null | undefined): Drawing {
    const points = series?.points ?? [];
    const labels = points.map(({ day }) => dayInShort(day));
    const shown = (point?: { readonly day: string }) =>
      point === undefined ? '' : dayInShort(point.day, inSentence);
    return {
      kind: 'line',
      currency: series?.currency ?? this.view.currency,
      labels,
      ticks: points.map(({ day }) =>
        Number(this.#reach()) > longestByDay ? monthInShort(day.slice(0, 7)) : dayOfYear(day),
      ),
      label: words.label(this.#name(), shown(points[0]), shown(points.at(-1))),
      series: [
        {
          name: this.#name(),
          tone: 'main',
          amounts: points.map((point) => point.balance_minor),
          isGuess: points.map(({ reconstructed }) => reconstructed),
        },
      ],
    };
  }

  #of(): string {
    return this.page.route.query.get('of') ?? 'total';
  }

  #reach(): string {
    const reach = this.page.route.query.get('reach') ?? '';
    return reaches.some(([days]) => days === reach) ? reach : usual;
  }

  #name(): string {
    const { accounts, pots } = this.page.knowledge;
    const id = this.#of().split(':')[1];
    return [...accounts, ...pots].find((one) => one.id === id)?.name ?? words.total;
  }
}

function whatIn(of: string): BalanceQuestion['of'] {
  const [kind, id] = of.split(':', 2);
  return (kind === 'account' || kind === 'pot') && id !== undefined ? { kind, id } : { kind: 'total' };
}

/** The newest first, as in the ledger. */
function tableOf({ points, currency }: BalanceSeries): Table {
  return {
    head: [words.day, words.amount],
    rows: points.toReversed().map(({ day, balance_minor: balance, reconstructed }) => {
      const amount = money(balance, currency);
      return [dayInShort(day), reconstructed ? html`${amount} <small>${words.workedOut}</small>` : amount];
    }),
  };
}

customElements.define('mb-balance-chart', BalanceChart);
