import { transactionFilterSchema } from '../contract/bank-data.ts';
import {
  merchantQuerySchema,
  merchantSchema,
  searchSumsSchema,
  tagsSchema,
  type MerchantItem,
  type SearchSumItem,
} from '../contract/search-data.ts';
import { categoryName, type Names } from '../domain/names.ts';
import { instantText, toMajorNumber, type Currency } from '../domain/values.ts';
import { accountRefusals, categoryRefusals, potRefusals, readingRefusals } from '../refusals/refusal-sets.ts';
import type { Merchant, MerchantSum } from '../store/merchant-sums.ts';
import { sumOfParts, type SumsPart, type SumsPlace, type TransactionSum } from '../store/transaction-sums.ts';
import { answers, type Api, type RouteOptions } from './api.ts';
import { majorOrNull } from './formats.ts';
import { createFilters } from './transaction-routes.ts';

/** What a search adds up to, the tags to search for, and all of one shop or person. */

const tags = ['bank'];

export function addSearchRoutes(app: Api, options: RouteOptions): void {
  const { reader } = options.services;
  const filterFor = createFilters(options);
  app.get(
    '/api/transactions/sums',
    {
      schema: {
        operationId: 'sumTransactions',
        tags,
        summary: 'What all transactions that match the filters add up to',
        querystring: transactionFilterSchema,
        response: answers(
          200,
          searchSumsSchema,
          ...accountRefusals,
          ...potRefusals,
          ...categoryRefusals,
          'bad_amount',
          ...readingRefusals,
        ),
      },
    },
    async ({ query }, reply) => {
      const filter = await filterFor(query);
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort(new Error('the client is gone')));
      const sums: TransactionSum[] = [];
      let after: SumsPlace | null = null;
      do {
        // One part after the other: a list that is asked for meanwhile gets its turn in between.
        const part: SumsPart = await reader.ask('sums', { ...filter, after }, gone.signal);
        sums.push(...part.sums);
        after = part.next;
      } while (after !== null);
      return { items: sumOfParts(sums).map(sumItem), next: null };
    },
  );
  app.get(
    '/api/tags',
    {
      schema: {
        operationId: 'listTags',
        tags,
        summary: 'Words that are marked with # in notes, the most frequent first',
        response: answers(200, tagsSchema, ...readingRefusals),
      },
    },
    async () => {
      const all = await reader.ask('tags', null);
      return { items: all.map(([tag, count]) => ({ tag, count })), next: null };
    },
  );
  addMerchantRoute(app, options);
}

function addMerchantRoute(app: Api, { services: { reader, store } }: RouteOptions): void {
  app.get(
    '/api/merchant',
    {
      schema: {
        operationId: 'showMerchant',
        tags,
        summary: 'What was paid to and received from one shop or person, by month',
        querystring: merchantQuerySchema,
        response: answers(200, merchantSchema, ...readingRefusals),
      },
    },
    async ({ query: { name } }) =>
      merchantItem(name, await reader.ask('merchant', name), store.names.given()),
  );
}

function sumItem({ currency, count, unmoved, ...sum }: TransactionSum): SearchSumItem {
  const net = sum.in + sum.out;
  const major = (amount: number) => toMajorNumber(amount, currency);
  return {
    currency,
    in: major(sum.in),
    in_minor: sum.in,
    out: major(sum.out),
    out_minor: sum.out,
    net: major(net),
    net_minor: net,
    internal_in: major(sum.internalIn),
    internal_in_minor: sum.internalIn,
    internal_out: major(sum.internalOut),
    internal_out_minor: sum.internalOut,
    count,
    unmoved,
  };
}

function merchantItem(name: string, merchant: Merchant | null, given: Names): MerchantItem {
  if (merchant === null)
    return {
      name,
      emoji: null,
      category: null,
      category_name: null,
      first: null,
      last: null,
      currencies: [],
    };
  const { category, emoji, first, last, months, usual } = merchant;
  const byCurrency = [...Map.groupBy(months, ({ currency }) => currency)];
  const currencies = byCurrency.map(([currency, own]) => {
    const amount = usual.get(currency) ?? null;
    return {
      currency,
      ...takenItem(currency, own.reduce<MerchantSum>(together, { ...nothingTaken, currency })),
      usual: majorOrNull(amount, currency),
      usual_minor: amount,
      months: own.map((month) => ({ month: month.month, ...takenItem(currency, month) })),
    };
  });
  return {
    name,
    emoji,
    category,
    category_name: categoryName(category, given),
    first: instantText(first),
    last: instantText(last),
    currencies: currencies.toSorted((a, b) => b.count - a.count),
  };
}

const nothingTaken = { spent: 0, refunded: 0, income: 0, count: 0 } as const;

function together(a: MerchantSum, b: MerchantSum): MerchantSum {
  return {
    currency: a.currency,
    spent: a.spent + b.spent,
    refunded: a.refunded + b.refunded,
    income: a.income + b.income,
    count: a.count + b.count,
  };
}

function takenItem(currency: Currency, { spent, refunded, income, count }: MerchantSum) {
  return {
    spent: toMajorNumber(spent, currency),
    spent_minor: spent,
    refunded: toMajorNumber(refunded, currency),
    refunded_minor: refunded,
    income: toMajorNumber(income, currency),
    income_minor: income,
    count,
  };
}
