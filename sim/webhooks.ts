import { ownAccount } from './accounts.ts';
import { newId } from './model.ts';
import type { Books, Grant, News, Transaction, Webhook } from './model.ts';
import { badParam, missing, refusal } from './refusal.ts';
import { wireTransaction } from './transactions.ts';

/** Registers a webhook. Never de-duplicated: the same URL twice is delivered twice. */
export function registerWebhook(books: Books, grant: Grant, form: URLSearchParams): Webhook {
  const accountId = form.get('account_id');
  if (!accountId) throw missing('account_id');
  const account = ownAccount(books, grant, accountId);
  const url = form.get('url');
  if (!url) throw missing('url');
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const narrow = books.switches.webhookUrl === 'https_443';
  if (!parsed || (narrow && (parsed.protocol !== 'https:' || parsed.port !== ''))) {
    throw badParam('url', 'is not acceptable');
  }
  if (account.type === 'uk_monzo_flex' && books.switches.webhooksOnFlex === 'refused') {
    throw refusal('bad_request.account_type', 'Webhooks are not supported for this account');
  }
  const hook: Webhook = { id: newId(books, 'webhook'), accountId, clientId: grant.clientId, url };
  books.webhooks.set(hook.id, hook);
  return hook;
}

/** The webhooks this client registered for the account. */
export function webhooksOf(books: Books, grant: Grant, accountId: string): readonly Webhook[] {
  const account = ownAccount(books, grant, accountId);
  return [...books.webhooks.values()].filter(
    (hook) => hook.accountId === account.id && hook.clientId === grant.clientId,
  );
}

/** Removes a webhook of this client; others are not found. */
export function deleteWebhook(books: Books, grant: Grant, id: string): void {
  if (books.webhooks.get(id)?.clientId !== grant.clientId) throw refusal('not_found', 'Webhook not found');
  books.webhooks.delete(id);
}

export const wireWebhook = (hook: Webhook) => ({ id: hook.id, account_id: hook.accountId, url: hook.url });

const laterNews = {
  settlement: ['settled'],
  every_change: ['settled', 'reversed', 'changed'],
  none: [],
} as const;

/** Whether the bank posts this piece of news, and under which type; null when it keeps silent. */
export function hookType(books: Books, news: News): string | null {
  if (news.what === 'created') return 'transaction.created';
  const told: readonly string[] = laterNews[books.switches.laterDeliveries];
  return told.includes(news.what) ? books.switches.laterType : null;
}

/** The body of a delivery: merchant expanded; what the hold decision left behind only on later ones. */
export function hookBody(
  books: Books,
  transaction: Transaction,
  delivery: { type: string; later: boolean },
): string {
  const row = wireTransaction(books, transaction, true);
  const held = delivery.later ? { hold_decision_id: `holddecision_${transaction.id.slice(3)}` } : {};
  const data = { ...row, metadata: { ...transaction.metadata, ...held } };
  return JSON.stringify({ type: delivery.type, data });
}
