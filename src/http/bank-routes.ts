import { answers, type Api, type RouteOptions } from './api.ts';
import { accountSchema, potSchema } from '../contract/bank-data.ts';
import { listOf } from '../contract/elements.ts';
import { accountItem, potItem } from './items.ts';

const tags = ['bank'];

/** Accounts and pots, as they are known here. */
export function addBankRoutes(app: Api, { services: { view } }: RouteOptions): void {
  app.get(
    '/api/accounts',
    {
      schema: {
        tags,
        summary: 'Every account with its balance',
        response: answers(200, listOf(accountSchema)),
      },
    },
    async () => ({ items: view().accounts.map(accountItem), next: null }),
  );
  app.get(
    '/api/pots',
    { schema: { tags, summary: 'Every pot with its balance', response: answers(200, listOf(potSchema)) } },
    async () => ({ items: view().pots.map(potItem), next: null }),
  );
}
