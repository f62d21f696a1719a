import { html, type TemplateResult } from 'lit';
import { money } from '../../format.ts';
import { hashOf, route, type Route } from '../../route.ts';
import { firstDayOf, monthAfter } from './months.ts';

/** What an amount of the charts is made of. */
export interface Behind {
  /** Null for all accounts. */
  readonly account: string | null;
  /** The only month, or the first and the last one. */
  readonly months: readonly [first: string, last: string];
  /** What counts in the amount: spending less refunds where left out. */
  readonly flow?: 'spending' | 'refund' | 'income';
  readonly category?: string;
  readonly merchant?: string;
}

/** The transactions that make up an amount, as the list of transactions finds them. */
export function rowsBehind({ account, months: [first, last], flow, category, merchant }: Behind): Route {
  return route('transactions', {
    flow: flow ?? 'spending,refund',
    since: firstDayOf(first),
    before: firstDayOf(monthAfter(last, 1)),
    ...(category !== undefined && { category }),
    ...(merchant !== undefined && { merchant }),
    ...(account !== null && { account }),
  });
}

/** An amount that leads to its transactions; nothing has none. */
export function linkedAmount(minor: number, currency: string, behind: Behind): TemplateResult | string {
  const amount = money(minor, currency);
  return minor === 0 ? amount : html`<a href=${hashOf(rowsBehind(behind))}>${amount}</a>`;
}
