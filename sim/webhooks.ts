import type { Clock } from '../src/clock.ts';
import { ownAccount } from './accounts.ts';
import type { Bank } from './bank.ts';
import type { Delivery, Faults, HookFault, HookFaultKind } from './faults.ts';
import { newId, type Model, type Grant, type News, type Transaction, type Webhook } from './model.ts';
import { badParam, missing, refusal } from './refusal.ts';
import { wireTransaction } from './transactions.ts';

/** Registers a webhook. Never de-duplicated: the same URL twice is delivered twice. */
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
  const hook: Webhook = { id: newId(model, 'webhook'), accountId, clientId: grant.clientId, url };
  model.webhooks.set(hook.id, hook);
  return hook;
}

/** The webhooks this client registered for the account. */
export function webhooksOf(model: Model, grant: Grant, accountId: string): readonly Webhook[] {
  const account = ownAccount(model, grant, accountId);
  return [...model.webhooks.values()].filter(
    (hook) => hook.accountId === account.id && hook.clientId === grant.clientId,
  );
}

/** Removes a webhook of this client; others are not found. */
export function deleteWebhook(model: Model, grant: Grant, id: string): void {
  if (model.webhooks.get(id)?.clientId !== grant.clientId) throw refusal('not_found', 'Webhook not found');
  model.webhooks.delete(id);
}

export const wireWebhook = (hook: Webhook) => ({ id: hook.id, account_id: hook.accountId, url: hook.url });

const laterNews = {
  settlement: ['settled'],
  every_change: ['settled', 'reversed', 'changed'],
  none: [],
} as const;

/** Whether the bank posts this piece of news, and under which type; null when it keeps silent. */
export function hookType(model: Model, news: News): string | null {
  if (news.what === 'created') return 'transaction.created';
  const told: readonly string[] = laterNews[model.switches.laterDeliveries];
  return told.includes(news.what) ? model.switches.laterType : null;
}

/** The body of a delivery: merchant expanded; what the hold decision left behind only on later ones. */
export function hookBody(
  model: Model,
  transaction: Transaction,
  delivery: { type: string; later: boolean },
): string {
  const row = wireTransaction(model, transaction, true);
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

/** One attempt: `status` is 0 where the other side did not answer in time or at all. */
export interface Attempt extends Delivery {
  readonly at: number;
  readonly status: number;
}

export interface WebhookSender {
  /** Every attempt so far, in order. */
  readonly attempts: readonly Attempt[];
  /** Resolves once nothing is under way; with a fake clock somebody must move it for retries. */
  idle(): Promise<void>;
  stop(): void;
}

const attemptsInAll = 5;
const answerWithin = 10_000;
const firstBackoff = 1_000;

interface Letter {
  readonly hook: Webhook;
  readonly news: News;
  readonly type: string;
  /** The body as of the moment the news was made. */
  readonly body: string;
}

interface Round {
  readonly options: WebhookSenderOptions;
  readonly attempts: Attempt[];
  readonly stopped: AbortController;
}

/** One post, given up after ten seconds; answers the status, or 0. */
async function post(options: WebhookSenderOptions, letter: Letter, body: string): Promise<number> {
  const { clock, fetch } = options;
  const late = new AbortController();
  const answered = new AbortController();
  void clock.wait(answerWithin, answered.signal).then(
    () => late.abort(new Error('No answer in time.')),
    () => undefined,
  );
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(letter.hook.url, { method: 'POST', headers, body, signal: late.signal });
    await response.body?.cancel();
    return response.status;
  } catch {
    return 0;
  } finally {
    answered.abort();
  }
}

function deliveryOf({ hook, news }: Letter, attempt: number): Delivery {
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

/** Answers whether the bank is content. */
async function attemptOnce(round: Round, letter: Letter, attempt: number): Promise<boolean> {
  const { bank, clock, faults } = round.options;
  const delivery = deliveryOf(letter, attempt);
  const struck = faults.strikeHook(delivery, onTheWay);
  if (has(struck, 'hook_dropped')) return true;
  const delay = delayOf(struck);
  if (delay > 0) await clock.wait(delay, round.stopped.signal);
  const body = has(struck, 'hook_changed_body')
    ? hookBody(bank.model, letter.news.transaction, { type: letter.type, later: true })
    : letter.body;
  const copies = has(struck, 'hook_duplicated') ? 2 : 1;
  let status = 0;
  for (let copy = 0; copy < copies; copy += 1) {
    status = await post(round.options, letter, body);
    round.attempts.push({ ...delivery, at: clock.now(), status });
  }
  return bank.switches.webhookFailure === 'not_200' ? status === 200 : status >= 200 && status < 300;
}

async function deliver(round: Round, letter: Letter): Promise<void> {
  const { signal } = round.stopped;
  for (let attempt = 1; attempt <= attemptsInAll && !signal.aborted; attempt += 1) {
    if (await attemptOnce(round, letter, attempt)) return;
    if (attempt < attemptsInAll) await round.options.clock.wait(firstBackoff * 2 ** (attempt - 1), signal);
  }
}

/**
 * Delivers webhooks: at once, up to five attempts with a pause that doubles, a non-2xx or ten seconds of
 * silence being a failure. Nothing is signed, nothing keeps its order.
 */
export function startWebhookSender(options: WebhookSenderOptions): WebhookSender {
  const { bank, faults } = options;
  const round: Round = { options, attempts: [], stopped: new AbortController() };
  const underWay = new Set<Promise<void>>();
  /** Letters held back until the next one of the same hook has gone out. */
  const heldBack = new Map<string, Letter>();

  const send = (letter: Letter): Promise<void> => {
    // Stopping ends a wait; nothing else rejects.
    const sent = deliver(round, letter).catch(() => undefined);
    const tracked = sent.finally(() => underWay.delete(tracked));
    underWay.add(tracked);
    return tracked;
  };

  const accept = (letter: Letter): void => {
    const earlier = heldBack.get(letter.hook.id);
    const struck = earlier ? [] : faults.strikeHook(deliveryOf(letter, 1), ['hook_reordered']);
    if (struck.length > 0) {
      heldBack.set(letter.hook.id, letter);
      return;
    }
    heldBack.delete(letter.hook.id);
    const sent = send(letter);
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
    attempts: round.attempts,
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    stop() {
      stopListening();
      round.stopped.abort(new Error('The webhookSender went home.'));
    },
  };
}
