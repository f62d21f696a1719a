import { withDeadline } from '../src/async.ts';
import type { Clock } from '../src/clock.ts';
import { ownAccount } from './access.ts';
import type { Bank } from './bank.ts';
import type { Switches } from './switches.ts';
import type { Delivery, Faults, HookFault, HookFaultKind } from './faults.ts';
import { newId, type Model, type Grant, type News, type Transaction, type Webhook } from './model.ts';
import { badParam, missing, refusal } from './refusal.ts';
import { wireTransaction } from './transactions.ts';

/** Registers a webhook. The same URL can be registered twice, and is then called twice. */
export function registerWebhook(model: Model, grant: Grant, form: URLSearchParams): Webhook {
  const accountId = form.get('account_id');
  if (!accountId) throw missing('account_id');
  const account = ownAccount(model, grant, accountId);
  const url = form.get('url');
  if (!url) throw missing('url');
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const narrow = model.switches.webhookUrl === 'https_443';
  if (!parsed || (narrow && (parsed.protocol !== 'https:' || parsed.port !== ''))) {
    throw badParam('url', 'is not acceptable');
  }
  if (account.type === 'uk_monzo_flex' && model.switches.webhooksOnFlex === 'refused') {
    throw refusal('bad_request.account_type', 'Webhooks are not supported for this account');
  }
  const { clientId } = grant;
  makeRoom(model, clientId);
  const hook: Webhook = { id: newId(model, 'webhook'), accountId, clientId, url, createdMs: model.now() };
  model.webhooks.set(hook.id, hook);
  return hook;
}

const cap = 2;

function makeRoom(model: Model, clientId: string): void {
  const { webhookCap } = model.switches;
  const own = [...model.webhooks.values()].filter((hook) => hook.clientId === clientId);
  if (webhookCap === 'none' || own.length < cap) return;
  if (webhookCap === '2_then_refused')
    throw refusal('bad_request.too_many_webhooks', 'Too many webhooks are registered');
  for (const { id } of own.slice(0, own.length - cap + 1)) model.webhooks.delete(id);
}

/** How far lists are behind what was registered and deleted, in milliseconds. */
const listsBehind = { at_once: 0, later: 600_000, never: Number.POSITIVE_INFINITY } as const;

/** The webhooks this client registered for the account, as lists show them by now. */
export function webhooksOf(model: Model, grant: Grant, accountId: string): readonly Webhook[] {
  const account = ownAccount(model, grant, accountId);
  const shownUntil = model.now() - listsBehind[model.switches.webhookList];
  const deleted = [...model.deletedWebhooks].filter(([, deletedMs]) => deletedMs > shownUntil);
  return [...model.webhooks.values(), ...deleted.map(([hook]) => hook)].filter(
    (hook) =>
      hook.accountId === account.id && hook.clientId === grant.clientId && hook.createdMs <= shownUntil,
  );
}

/** Removes a webhook of this client. Throws 404 for any other. */
export function deleteWebhook(model: Model, grant: Grant, id: string): void {
  const hook = model.webhooks.get(id);
  if (hook?.clientId !== grant.clientId) throw refusal('not_found', 'Webhook not found');
  model.webhooks.delete(id);
  model.deletedWebhooks.set(hook, model.now());
}

const echoes: Readonly<Record<Switches['webhookEcho'], (url: string) => string>> = {
  as_given: (url) => url,
  lower_case: (url) => url.toLowerCase(),
  trailing_slash: (url) => changedUrl(url, (parts) => (parts.pathname = `${parts.pathname}/`)),
  percent_encoded: (url) =>
    changedUrl(url, (parts) => (parts.pathname = parts.pathname.replace(/[a-z]/, percentEncoded))),
  port_written: (url) =>
    url.replace(/^https:\/\/[^/:]+(?=\/)/i, '$&:443').replace(/^http:\/\/[^/:]+(?=\/)/i, '$&:80'),
  query_reordered: (url) => changedUrl(url, (parts) => (parts.search = reversed(parts.searchParams))),
  punycode: (url) => new URL(url).href,
};

function changedUrl(url: string, change: (parts: URL) => void): string {
  const parts = new URL(url);
  change(parts);
  return parts.href;
}

const percentEncoded = (letter: string) => `%${letter.charCodeAt(0).toString(16)}`;
const reversed = (query: URLSearchParams) => new URLSearchParams([...query].toReversed()).toString();

export const wireWebhook = (model: Model, { id, accountId, url }: Webhook) => ({
  id,
  account_id: accountId,
  url: echoes[model.switches.webhookEcho](url),
});

const laterNews = {
  settlement: ['settled'],
  every_change: ['settled', 'reversed', 'changed'],
  none: [],
} as const;

/** The type under which the bank posts a change; null if it does not post it. */
export function hookType(model: Model, news: News): string | null {
  const isCard = news.transaction.scheme === 'mastercard';
  if (model.switches.webhookRows === 'cards_only' && !isCard) return null;
  if (news.what === 'created') return 'transaction.created';
  const posted: readonly string[] = laterNews[model.switches.laterDeliveries];
  return posted.includes(news.what) ? model.switches.laterType : null;
}

/** The body of a delivery, with the merchant expanded. Later ones also have the id of a hold decision. */
export function hookBody(
  model: Model,
  transaction: Transaction,
  delivery: { type: string; later: boolean },
): string {
  const row = wireTransaction(model, transaction, { expandMerchant: true });
  const held = delivery.later ? { hold_decision_id: `holddecision_${transaction.id.slice(3)}` } : {};
  const data = { ...row, metadata: { ...transaction.metadata, ...held } };
  return JSON.stringify({ type: delivery.type, data });
}

export interface WebhookSenderOptions {
  readonly bank: Bank;
  readonly faults: Faults;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
}

/** One attempt. `status` is 0 if there was no answer in time. */
export interface Attempt extends Delivery {
  readonly at: number;
  readonly status: number;
}

export interface WebhookSender {
  /** Every attempt so far, in order. */
  readonly attempts: readonly Attempt[];
  /** Resolves once no delivery is in progress. With a fake clock, retries need it to be moved. */
  idle(): Promise<void>;
  stop(): void;
}

const attemptsInAll = 5;
const answerWithin = 10_000;
const firstBackoff = 1_000;

interface WebhookMessage {
  readonly hook: Webhook;
  readonly news: News;
  readonly type: string;
  /** The body at the time of the change. */
  readonly body: string;
}

interface SenderState {
  readonly options: WebhookSenderOptions;
  readonly attempts: Attempt[];
  readonly stopped: AbortController;
}

/** Posts once. Returns the status, or 0 without an answer within ten seconds. */
async function post(options: WebhookSenderOptions, message: WebhookMessage, body: string): Promise<number> {
  const { clock, fetch } = options;
  const headers = { 'content-type': 'application/json' };
  const late = () => new Error('No answer in time.');
  const posting = withDeadline({ clock, ms: answerWithin, late }, async (signal) => {
    const response = await fetch(message.hook.url, { method: 'POST', headers, body, signal });
    await response.body?.cancel();
    return response.status;
  });
  return posting.catch(() => 0);
}

function deliveryOf({ hook, news }: WebhookMessage, attempt: number): Delivery {
  const { id: hookId, accountId, url } = hook;
  return { hookId, accountId, url, transactionId: news.transaction.id, attempt };
}

const onTheWay: readonly HookFaultKind[] = [
  'hook_dropped',
  'hook_duplicated',
  'hook_changed_body',
  'hook_delayed',
];

const has = (struck: readonly HookFault[], kind: HookFaultKind) =>
  struck.some((fault) => fault.kind === kind);

const delayOf = (struck: readonly HookFault[]) =>
  struck.reduce((sum, fault) => sum + (fault.kind === 'hook_delayed' ? fault.ms : 0), 0);

/** Returns whether the attempt succeeded. */
async function attemptOnce(state: SenderState, message: WebhookMessage, attempt: number): Promise<boolean> {
  const { bank, clock, faults } = state.options;
  const delivery = deliveryOf(message, attempt);
  const struck = faults.strikeHook(delivery, onTheWay);
  if (has(struck, 'hook_dropped')) return true;
  const delay = delayOf(struck);
  if (delay > 0) await clock.wait(delay, state.stopped.signal);
  const body = has(struck, 'hook_changed_body')
    ? hookBody(bank.model, message.news.transaction, { type: message.type, later: true })
    : message.body;
  const copies = has(struck, 'hook_duplicated') ? 2 : 1;
  let status = 0;
  for (let copy = 0; copy < copies; copy += 1) {
    status = await post(state.options, message, body);
    state.attempts.push({ ...delivery, at: clock.now(), status });
  }
  return bank.switches.webhookFailure === 'not_200' ? status === 200 : status >= 200 && status < 300;
}

async function deliver(state: SenderState, message: WebhookMessage): Promise<void> {
  const { signal } = state.stopped;
  for (let attempt = 1; attempt <= attemptsInAll && !signal.aborted; attempt += 1) {
    if (await attemptOnce(state, message, attempt)) return;
    if (attempt < attemptsInAll) await state.options.clock.wait(firstBackoff * 2 ** (attempt - 1), signal);
  }
  const { bank } = state.options;
  if (!signal.aborted && bank.switches.webhooksDropped === 'after_failures')
    bank.dropWebhooks(({ id }) => id === message.hook.id);
}

/**
 * Delivers webhooks: at once, with up to five attempts and doubling pauses. Any status but 2xx, or no answer within ten
 * seconds, is a failure. Deliveries are not signed and keep no order.
 */
export function startWebhookSender(options: WebhookSenderOptions): WebhookSender {
  const { bank, faults } = options;
  const state: SenderState = { options, attempts: [], stopped: new AbortController() };
  const underWay = new Set<Promise<void>>();
  /** Messages held back until the next one of the same hook has gone out. */
  const heldBack = new Map<string, WebhookMessage>();

  const send = (message: WebhookMessage): Promise<void> => {
    // Rejects only when stopping ends a wait.
    const sent = deliver(state, message).catch(() => undefined);
    const tracked = sent.finally(() => underWay.delete(tracked));
    underWay.add(tracked);
    return tracked;
  };

  const accept = (message: WebhookMessage): void => {
    const earlier = heldBack.get(message.hook.id);
    const struck = earlier ? [] : faults.strikeHook(deliveryOf(message, 1), ['hook_reordered']);
    if (struck.length > 0) {
      heldBack.set(message.hook.id, message);
      return;
    }
    heldBack.delete(message.hook.id);
    const sent = send(message);
    if (earlier) void sent.then(() => send(earlier));
  };

  const stopListening = bank.listen((news) => {
    const type = hookType(bank.model, news);
    if (type === null) return;
    const body = hookBody(bank.model, news.transaction, { type, later: news.what !== 'created' });
    for (const hook of bank.model.webhooks.values()) {
      if (hook.accountId === news.transaction.accountId) accept({ hook, news, type, body });
    }
  });

  return {
    attempts: state.attempts,
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    stop() {
      stopListening();
      state.stopped.abort(new Error('The webhook sender was stopped.'));
    },
  };
}
