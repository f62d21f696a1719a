import { settlesWithin, withDeadline } from '../async.ts';
import type { Clock } from '../clock.ts';
import { commandShapes, type AnswerOf } from '../contract/command-data.ts';
import type { LoginView } from '../domain/login.ts';
import type { AccountView } from '../domain/view.ts';
import { BridgeError, messageOf } from '../errors.ts';
import type { PollerPool, ReadNow } from '../ingest/poller-pool.ts';
import { answeredWithin } from '../limits.ts';
import type { Log } from '../log.ts';
import type { LoginRegistry } from '../logins/registry.ts';
import type { MonzoClient } from '../monzo/monzo-client.ts';
import { isUnasked } from '../monzo/bank-error.ts';
import { BankError } from '../monzo/transport.ts';
import { accountRefusals, bankRefusals } from '../refusals/refusal-sets.ts';
import { refuse } from '../refusals/refuse.ts';
import type { AuditEntry } from '../store/audit.ts';
import type { Store } from '../store/store.ts';
import { command, done, type Caller, type Command, type CommandResult } from './command.ts';
import { accountNamed, activeLogins, type TargetTools } from './targets.ts';
import type { TransferJournal } from './transfer/journal.ts';

/** What commands need that act at the bank. */
export interface BankTools extends TargetTools {
  readonly registry: Pick<LoginRegistry, 'client'>;
  readonly store: Pick<Store, 'ledger'>;
  readonly journal: Pick<TransferJournal, 'note'>;
  readonly pool: Pick<PollerPool, 'readTransaction'>;
  readonly log: Log;
  readonly clock: Clock;
}

/** How many milliseconds are left to answer a caller, at any time. */
export function timeToAnswer(clock: Clock, { since = clock.monotonic() }: Caller): () => number {
  return () => Math.max(0, since + answeredWithin - clock.monotonic());
}

/** What cannot be taken back and is not answered in time may have happened. Throws as the work does. */
export function inTime<T>(
  { clock }: BankTools,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withDeadline({ clock, ms, late: () => new BankError('timeout', { effect: 'unknown' }) }, work);
}

/** The bank as a login that may act on the account sees it. Throws `no_login`. */
function bankOf({ registry, view }: BankTools, account: AccountView): MonzoClient {
  const [login] = activeLogins(view(), account);
  return registry.client(login.id);
}

interface RefreshTools {
  readonly registry: Pick<LoginRegistry, 'all' | 'get' | 'view'>;
  readonly pool: Pick<PollerPool, 'readNow'>;
}

/** One login that was asked for, and what came of it. */
interface Refreshed extends ReadNow {
  readonly login: LoginView;
}

/**
 * Reads logins at once, and says what could not be read. Answers within twenty seconds with what is known by then. Throws why
 * where nothing could be read.
 */
export function refresh({ registry, pool }: RefreshTools): Command {
  return command({
    class: 'read',
    meaning: 'Reads accounts, balances, pots and new transactions at once.',
    ...commandShapes.refresh,
    refusals: ['unknown_login', 'nothing_read', ...bankRefusals],
    run: async ({ login }) => {
      const wanted = login === undefined ? registry.all() : [registry.get(login)];
      if (wanted.length === 0) throw refuse('nothing_read', { reason: nobody });
      const read = await Promise.all(
        wanted.map(async ({ id }) => ({ ...(await pool.readNow(id)), login: registry.view(id) })),
      );
      const isRead = (one: Refreshed) => one.login.state === 'active' && one.isAnythingRead;
      const [first] = read;
      if (first && !read.some(isRead)) throw whyNothing(first);
      const notRead = read.flatMap((one) => {
        const sentence = isRead(one) ? whatIsLeft(one) : whyNothing(one).message;
        return sentence === null ? [] : [{ login: one.login.id, name: one.login.name, sentence }];
      });
      return done({ logins: read.filter(isRead).map((one) => one.login.id), not_read: notRead });
    },
  });
}

const nobody = 'No login is connected. Connect one on the bridge’s page.';

/** Why nothing of a login was read. Throws what is a defect of ours. */
function whyNothing({ login, failure, untold }: Refreshed): BridgeError {
  const { state, needs, name } = login;
  if (state !== 'active')
    return refuse('nothing_read', { reason: needs ?? `${name}: this login is not connected.` });
  if (isUnasked(failure)) return whatOpened(login, failure);
  if (failure instanceof BridgeError) return failure;
  if (failure !== null) throw failure;
  return refuse('nothing_read', { reason: untold ?? `${name}: Monzo has shown nothing.` });
}

function whatOpened({ fault }: LoginView, refusal: BridgeError): BridgeError {
  const opening = (['unreachable', 'timeout', 'bank_down', 'not_json', 'oversized'] as const).find(
    (code) => code === fault,
  );
  return opening === undefined ? refusal : refuse(opening, {});
}

/** What of a login was not read while the rest was; null where nothing is left. */
function whatIsLeft({ failure, isOver, untold }: Refreshed): string | null {
  if (!isOver) return 'Monzo is slow: the rest is still being read.';
  return failure instanceof BridgeError ? failure.message : untold;
}

/**
 * Sets the notes of a transaction. Monzo's answer shows the row without its merchant, so the row is requested once more
 * and that is what is recorded. Where that fails, the next reading finds it.
 */
export function annotate(tools: BankTools): Command {
  return command({
    class: 'write',
    meaning: 'Sets the notes that the Monzo app shows on a transaction.',
    ...commandShapes.annotate,
    refusals: ['unknown_transaction', 'no_login', ...accountRefusals, ...bankRefusals],
    run: async ({ transaction_id: id, notes }, caller) => {
      const left = timeToAnswer(tools.clock, caller);
      const accountId = tools.store.ledger.byId(id)?.transaction.accountId;
      if (accountId === undefined) throw refuse('unknown_transaction', { id });
      const account = await accountNamed(tools, accountId);
      const client = bankOf(tools, account);
      const { value } = await inTime(tools, left(), (signal) =>
        client.annotate(id, notes, { priority: 'doorbell', signal }),
      );
      tools.journal.note('done', { ...caller, action: 'annotate', transactionId: id, asked: { notes } });
      const read = tools.pool.readTransaction(accountId, id).catch(() => false);
      await settlesWithin(tools.clock, left(), read);
      return done({ transaction_id: id, account: accountId, notes: value.notes });
    },
  });
}

/** Monzo requires an image; this is the one that Home Assistant shows for its own Monzo integration. */
const defaultImage = 'https://brands.home-assistant.io/monzo/icon.png';

/**
 * Shows an item in the app's feed, at most once: Monzo gives it no id by which it could recognise a repetition, so an item
 * that may have arrived is answered as `unknown` and never sent again.
 */
export function feedItem(tools: BankTools): Command {
  return command({
    class: 'write',
    meaning: 'Shows an item in the feed of the Monzo app.',
    ...commandShapes.feed_item,
    refusals: ['no_login', ...accountRefusals, ...bankRefusals],
    run: async ({ account: named, title, body: text, image_url: imageUrl = defaultImage, url }, caller) => {
      const left = timeToAnswer(tools.clock, caller);
      const account = await accountNamed(tools, named);
      const client = bankOf(tools, account);
      const item = { accountId: account.id, title, imageUrl, body: text, url };
      const record: Partial<AuditEntry> = {
        ...caller,
        action: 'feed_item',
        asked: { account: account.id, title },
      };
      // Where no row follows this one, the bridge stopped in between, and the outcome is unknown.
      tools.journal.note('sent', record);
      const result = await outcomeOf(account.id, () =>
        inTime(tools, left(), (signal) => client.feedItem({ ...item, priority: 'doorbell', signal })),
      );
      noteOutcome(tools, record, result);
      if (result instanceof BridgeError) throw result;
      return result;
    },
  });
}

type FeedResult = CommandResult<AnswerOf<typeof commandShapes.feed_item>>;

/** The answer to the only attempt, or why there is certainly no item. */
async function outcomeOf(accountId: string, send: () => Promise<void>): Promise<FeedResult | BridgeError> {
  try {
    await send();
    return done({ account: accountId });
  } catch (thrown) {
    if (!(thrown instanceof BridgeError)) throw thrown;
    return thrown instanceof BankError && thrown.effect === 'unknown' ? notConfirmed(accountId) : thrown;
  }
}

/** The outcome stays what it is even if the disk refuses to record it. */
function noteOutcome(
  { journal, log }: BankTools,
  record: Partial<AuditEntry>,
  result: FeedResult | BridgeError,
): void {
  try {
    if (result instanceof BridgeError) {
      const { code, message: sentence, retryable } = result;
      journal.note(retryable ? 'failed' : 'refused', { ...record, code, sentence });
    } else if (result.status === 'unknown') journal.note('unresolved', { ...record, sentence: unconfirmed });
    else journal.note('done', record);
  } catch (thrown) {
    log.warn('The outcome of a feed item could not be recorded.', { reason: messageOf(thrown) });
  }
}

const unconfirmed =
  'Monzo has not confirmed the feed item, so it may or may not be there. The bridge does not send it again; check the Monzo app before you ask once more.';

function notConfirmed(account: string): FeedResult {
  return { status: 'unknown', data: { account, sentence: unconfirmed } };
}
