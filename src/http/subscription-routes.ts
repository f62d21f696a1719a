import type { Subscription } from '../ingest/subscriptions.ts';
import { answers, type Api, type RouteOptions } from './api.ts';
import { subscriptionSchema, type SubscriptionItem } from '../contract/bank-data.ts';
import { listOf } from '../contract/elements.ts';

/** How the webhooks at Monzo stand. Their addresses are secrets: whoever knows one may ring. */
export function addSubscriptionRoutes(app: Api, { services }: RouteOptions): void {
  app.get(
    '/api/subscriptions',
    {
      schema: {
        tags: ['bank'],
        summary: 'The webhook of every account: wanted, and actually at Monzo',
        response: answers(200, listOf(subscriptionSchema)),
      },
    },
    async () => ({ items: services.subscriptions().map(subscriptionItem), next: null }),
  );
}

function subscriptionItem(subscription: Subscription): SubscriptionItem {
  const { accountId, loginId, wanted, actual, trouble } = subscription;
  const host = wanted === null ? null : new URL(wanted).host;
  return { account_id: accountId, login_id: loginId, wanted: wanted !== null, actual, host, trouble };
}
