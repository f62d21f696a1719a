import type { TransactionItem } from '../../src/contract/bank-data.ts';
import type { ReportItem, ReportList } from '../../src/contract/report-data.ts';
import { queryOf, type Call } from './client.ts';
import { kinds } from './ledger.ts';
import { flag, listOf, oneOf, orNull, partOf, text, whole, type Guarded } from './guards.ts';

/** One month beside what is usual; amounts are whole minor units. */

type Usual = NonNullable<ReportItem['usual']>;
type NewMerchants = NonNullable<ReportItem['new_merchants']>;
type VanishedMerchants = NonNullable<ReportItem['vanished_merchants']>;

const isUsual = partOf<Usual>()({ net_minor: whole, income_minor: whole });
const isCategory = partOf<ReportItem['categories'][number]>()({
  key: text,
  name: text,
  net_minor: whole,
  usual: orNull(isUsual),
});
const isPayment = partOf<TransactionItem>()({
  id: text,
  name: text,
  kind: oneOf(kinds),
  category: text,
  created: text,
  amount_minor: whole,
});
const isNew = partOf<NewMerchants['items'][number]>()({ name: text, net_minor: whole });
const isVanished = partOf<VanishedMerchants['items'][number]>()({
  name: text,
  months: whole,
  usual_minor: whole,
  last_day: text,
});

const isItem = partOf<ReportItem>()({
  currency: text,
  known_from: text,
  usual_months: listOf(text),
  net_minor: whole,
  income_minor: whole,
  usual: orNull(isUsual),
  categories: listOf(isCategory),
  largest: listOf(isPayment),
  new_merchants: orNull(partOf<NewMerchants>()({ count: whole, items: listOf(isNew) })),
  vanished_merchants: orNull(partOf<VanishedMerchants>()({ count: whole, items: listOf(isVanished) })),
});
const isReport = partOf<ReportList>()({ month: text, complete: flag, items: listOf(isItem) });

export type MonthReport = Guarded<typeof isReport>;
/** What a month was in one currency. */
export type MonthInCurrency = Guarded<typeof isItem>;

export interface ReportQuestion {
  readonly month: string;
  readonly account: string | null;
}

export function monthReport(call: Call, question: ReportQuestion, signal: AbortSignal): Promise<MonthReport> {
  return call(`api/report${queryOf({ ...question })}`, { answer: isReport, signal });
}
