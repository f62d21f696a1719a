import { html, nothing, type TemplateResult } from 'lit';
import type { MonthInCurrency } from '../../api/report.ts';
import { dateIn, dayInShort, dayOfYear, inSentence, money, monthInWords } from '../../format.ts';
import { categoryMark, lookOf, lookOfRow } from '../../parts/category.ts';
import { strangerInList, visible } from '../../parts/stranger.ts';
import { tableOf, type Table } from '../../parts/table.ts';
import { nameOf } from '../../parts/transaction-title.ts';
import { hashOf, route } from '../../route.ts';
import { texts } from '../../texts/report.ts';
import { monthAfter } from '../charts/months.ts';
import { linkedAmount, rowsBehind } from '../charts/rows-behind.ts';

/** Of which month and account a report is. */
export interface Reported {
  readonly month: string;
  readonly isOver: boolean;
  readonly account: string | null;
  readonly timeZone: string | undefined;
  /** Whether there are reports in other currencies beside it. */
  readonly isOneOfSeveral: boolean;
}

/** What a month was in one currency. */
export function currencyReport(item: MonthInCurrency, of: Reported): TemplateResult {
  const { currency } = item;
  const month = monthInWords(of.month);
  return html`<section class="report">
    <h2>${of.isOneOfSeveral ? texts.inCurrency(month, currency) : month}</h2>
    <p class="hint">${comparedWith(item, of).join(' ')}</p>
    <div class="pair">
      ${part(`sums-${currency}`, texts.sums.heading, sums(item, of))}
      ${part(`largest-${currency}`, texts.largest.heading, largest(item, of))}
    </div>
    ${part(`categories-${currency}`, texts.categories.heading, categories(item, of))}
    <div class="pair">
      ${part(`new-${currency}`, texts.added.heading, added(item, of))}
      ${part(`vanished-${currency}`, texts.vanished.heading, vanished(item, of))}
    </div>
  </section>`;
}

function part(id: string, name: string, content: TemplateResult): TemplateResult {
  return html`<section class="card" aria-labelledby=${id}>
    <h3 id=${id}>${name}</h3>
    ${content}
  </section>`;
}

/** What is usual, in whole sentences. */
function comparedWith(item: MonthInCurrency, { month, isOver }: Reported): readonly string[] {
  const { months: averageOf, fewer, none, running } = texts.usual;
  const { usual_months: months, known_from: knownFrom } = item;
  const first = months[0];
  if (first === undefined) return [none(dayInShort(knownFrom, inSentence))];
  const last = months.at(-1) ?? first;
  return [
    averageOf(months.length, {
      first: monthInWords(first, inSentence),
      last: monthInWords(last, inSentence),
    }),
    ...(first > monthAfter(month, -6) ? [fewer(dayInShort(knownFrom, inSentence))] : []),
    ...(isOver ? [] : [running(monthInWords(month, inSentence))]),
  ];
}

interface Columns extends Table {
  readonly id: string;
}

function table({ id, ...shown }: Columns): TemplateResult {
  return html`<div class="fits">${tableOf(shown, { layout: id })}</div>`;
}

const { columns } = texts;

function sums(item: MonthInCurrency, { month, account }: Reported): TemplateResult {
  const { currency, income_minor: income, net_minor: net, usual } = item;
  const behind = { account, months: [month, month] } as const;
  const usualLeft = usual && usual.income_minor - usual.net_minor;
  const row = (name: string, now: unknown, compared: readonly string[]) => [name, now, ...compared];
  return html`${table({
      id: 'compared',
      head: [texts.sums.what, columns.amount, columns.usual, columns.difference],
      rows: [
        row(
          texts.sums.in,
          linkedAmount(income, currency, { ...behind, flow: 'income' }),
          beside({ now: income, usual: usual && usual.income_minor, currency }),
        ),
        row(
          texts.sums.out,
          linkedAmount(net, currency, behind),
          beside({ now: net, usual: usual && usual.net_minor, currency }),
        ),
        row(
          texts.sums.left,
          money(income - net, currency),
          beside({ now: income - net, usual: usualLeft, currency }),
        ),
      ],
    })}
    <p class="hint">${texts.sums.note}</p>`;
}

interface Beside {
  readonly now: number;
  readonly usual: number | null;
  readonly currency: string;
}

/** What is usual, and how far this month is from it. */
function beside({ now, usual, currency }: Beside): readonly string[] {
  return usual === null ? ['', ''] : [money(usual, currency), money(now - usual, currency, { signed: true })];
}

function categories({ currency, categories: all }: MonthInCurrency, { month, account }: Reported) {
  const { heading: _heading, name, none } = texts.categories;
  if (all.length === 0) return html`<p class="soft">${none}</p>`;
  const most = Math.max(1, ...all.map(({ net_minor: net }) => net));
  return table({
    id: 'compared',
    head: [name, columns.amount, columns.usual, columns.difference],
    rows: all.map(({ key, name: called, net_minor: net, usual }) => [
      html`<span class="with-mark"
        >${categoryMark(lookOf(key), 'small')}<span
          >${strangerInList(called)}
          <progress
            aria-hidden="true"
            max="100"
            value=${Math.round((100 * Math.max(0, net)) / most)}
          ></progress></span
      ></span>`,
      linkedAmount(net, currency, { account, category: key, months: [month, month] }),
      ...beside({ now: net, usual: usual && usual.net_minor, currency }),
    ]),
  });
}

function largest({ currency, largest: payments }: MonthInCurrency, { month, account, timeZone }: Reported) {
  const { name, day, amount, none } = texts.largest;
  if (payments.length === 0) return html`<p class="soft">${none}</p>`;
  const list = rowsBehind({ account, flow: 'spending', months: [month, month] });
  return table({
    id: 'payments',
    head: [name, day, amount],
    rows: payments.map((payment) => {
      const to = route('transactions', { ...Object.fromEntries(list.query), tx: payment.id });
      return [
        html`<span class="with-mark"
          >${categoryMark(lookOfRow(payment), 'small')}<a href=${hashOf(to)}
            >${strangerInList(nameOf(payment))}</a
          ></span
        >`,
        dayOfYear(dateIn(payment.created, timeZone)),
        money(-payment.amount_minor, currency),
      ];
    }),
  });
}

function added({ currency, new_merchants: found }: MonthInCurrency, { account }: Reported) {
  const { name, amount, none, unknown, more } = texts.added;
  if (found === null) return html`<p class="soft">${unknown}</p>`;
  if (found.count === 0) return html`<p class="soft">${none}</p>`;
  return html`${table({
    id: 'merchants',
    head: [name, amount],
    rows: found.items.map((one) => [merchant(one.name, account), money(one.net_minor, currency)]),
  })}
  ${found.count > found.items.length ? html`<p class="hint">${more(found.count)}</p>` : nothing}`;
}

function vanished(item: MonthInCurrency, { account, isOver }: Reported) {
  const { hint, name, last, amount, none, running, unknown, more } = texts.vanished;
  const { vanished_merchants: found, currency } = item;
  if (found === null) return html`<p class="soft">${isOver ? unknown : running}</p>`;
  if (found.count === 0) return html`<p class="soft">${none}</p>`;
  return html`<p class="hint">${hint}</p>
    ${table({
      id: 'merchants',
      head: [name, last, amount],
      rows: found.items.map((one) => [
        merchant(one.name, account),
        dayInShort(one.last_day),
        money(one.usual_minor, currency),
      ]),
    })}
    ${found.count > found.items.length ? html`<p class="hint">${more(found.count)}</p>` : nothing}`;
}

/** Leads to all that was ever paid there, with what is usual. */
function merchant(name: string, account: string | null): TemplateResult {
  const to = route('transactions', { merchant: name, ...(account !== null && { account }) });
  return html`<a href=${hashOf(to)}>${strangerInList(visible(name))}</a>`;
}
