import { setImmediate as nextTurn } from 'node:timers/promises';
import { createNotifier } from '../async.ts';
import type { BankEvent, RecordedEvent, TransferEvent } from '../domain/event.ts';
import { lowestBalance } from '../domain/balance-agreement.ts';
import {
  doubtsOf,
  expectMove,
  isAgreed,
  sumsAfter,
  watchBalances,
  watchedAtStart,
  type DoubtedPart,
  type BalanceLag,
  type ExpectedMove,
  type Watched,
  type Watching,
} from '../domain/balance-watch.ts';
import {
  balancesAfter,
  fold,
  heldBefore,
  type Knowledge,
  type Observation,
  type TransactionsSeen,
} from '../domain/fold.ts';
import { countMissing, knownAccounts, unreadRows, withSlugs, type PartHealth } from '../domain/view.ts';
import type { HeldTransaction } from '../domain/held-transaction.ts';
import { createAskingOrder } from '../domain/moment.ts';
import type { Transaction } from '../domain/transaction.ts';
import { minuteText, type Instant, type Minor } from '../domain/values.ts';
import { messageOf } from '../errors.ts';
import { rowsInMemory } from '../limits.ts';
import { createRecent } from '../memo.ts';
import type { Forgetting } from '../store/maintenance.ts';
import type { Store } from '../store/store.ts';

export interface IngestOptions {
  readonly store: Store;
  /** After every commit that changed something; `events` are the ones recorded by it, in order. */
  readonly onCommit: (events: readonly RecordedEvent[]) => void;
  /**
   * Called within the commit with the transactions that were seen: what they show of our own money moves is written
   * down together with them. Returns the events that this recorded.
   */
  readonly reconcile: (seen: readonly Transaction[], knowledge: Knowledge) => readonly TransferEvent[];
}

/** One commit holds no more transactions than this, so that no write delays a webhook call. */
const chunk = 100;

/**
 * THE write path: every observation, whatever its source, is folded and committed here together with the events that
 * follow from it. Nothing else writes to the ledger.
 */
export class Ingest {
  readonly #options: IngestOptions;
  #household: Knowledge;
  #trouble: string | null = null;
  readonly #missing = createNotifier();
  readonly #recorded = createNotifier<readonly BankEvent[]>();
  readonly #doubts = createNotifier<string>();
  readonly #lags = createNotifier<BalanceLag>();
  #watched: Watched;
  readonly #order = createAskingOrder();
  /** Rows as they are on disk; null for one that the ledger does not have. */
  readonly #rows = createRecent<HeldTransaction | null>(rowsInMemory);

  constructor(options: IngestOptions) {
    this.#options = options;
    this.#household = options.store.ledger.household();
    this.#watched = watchedIn(options.store, this.#household);
  }

  /** What is known of the household; transactions stay in the ledger. */
  knowledge(): Knowledge {
    return this.#household;
  }

  health(): PartHealth {
    const part = 'ledger';
    if (this.#trouble !== null) return { part, state: 'down', sentence: this.#trouble };
    const sentence = joined([
      missingSentence(countMissing(this.#household)),
      unreadSentence(unreadRows(this.#household)),
    ]);
    return { part, state: sentence === null ? 'ok' : 'degraded', sentence };
  }

  /** Tells when a list left something out, or shows it again. Returns what ends the subscription. */
  onMissing(listener: () => void): () => void {
    return this.#missing.subscribe(listener);
  }

  /** Tells which events a commit has recorded, where it has recorded any. Listeners must not throw. */
  onRecorded(listener: (events: readonly BankEvent[]) => void): void {
    this.#recorded.subscribe(listener);
  }

  /** Records observations in order; returns the new events. Throws where the disk refuses. */
  observe(observations: readonly Observation[]): readonly BankEvent[] {
    return chunksOf(observations).flatMap((batch) =>
      this.#commit((current) => this.#fold(current, batch), batch),
    );
  }

  /** Of two readings within one millisecond the one that was asked for later counts. */
  #dated<Seen extends Observation>(seen: Seen): Seen {
    if (seen.kind === 'balance') return { ...seen, at: this.#order(`balance ${seen.accountId}`, seen) };
    if (seen.kind !== 'pots') return seen;
    const { accountId, at, list } = seen;
    return { ...seen, at: this.#order(`pots ${accountId}`, { at, askedAt: list.askedAt }) };
  }

  /**
   * The lowest that an account's balance can be by what is known, in minor units, leaving out moves of ours by their dedupe
   * ids; null where it was never read.
   */
  lowestBalance(accountId: string, without: ReadonlySet<string>): Minor | null {
    const known = this.#watched.get(accountId)?.known;
    if (known === undefined) return null;
    return lowestBalance({ ...known, changes: known.changes.filter(({ id }) => !without.has(id)) });
  }

  /** Tells that Monzo accepted a move of ours: until a list shows it, the balances must change by its amount. */
  expect(move: ExpectedMove): void {
    const { ledger } = this.#options.store;
    if (ledger.withExternalIdEnding(move.dedupeId).length > 0) return;
    this.#watched = expectMove(this.#watched, move);
  }

  /** The parts of an account whose balances do not agree with what is known. */
  doubtsOf(accountId: string): readonly DoubtedPart[] {
    return doubtsOf(this.#watched, accountId);
  }

  /** Whether the balances of an account and of its pots include all that lists have shown, for certain. */
  isAgreed(accountId: string): boolean {
    return isAgreed(this.#watched, accountId);
  }

  /** What an account and its pots hold after new rows, in minor units by their ids; null where only the bank can tell. */
  sumsAfter(rows: TransactionsSeen): ReadonlyMap<string, Minor> | null {
    const before = this.#before([rows]);
    return sumsAfter(this.#watched, { before, after: fold(before, rows).next }, rows.accountId);
  }

  /** Tells when a balance of an account is doubted. Returns what ends the subscription. */
  onDoubt(listener: (accountId: string) => void): () => void {
    return this.#doubts.subscribe(listener);
  }

  /** Tells for how long a balance was seen to lag, in milliseconds. Listeners must not throw. */
  onLag(listener: (lag: BalanceLag) => void): void {
    this.#lags.subscribe(listener);
  }

  /** Balances come last, because they count only where they agree with the rest; an event carries one that includes it. */
  #fold(current: Knowledge, batch: readonly Observation[]): Changed {
    const balances = batch.filter((observation) => observation.kind === 'balance');
    const others = batch.filter((one) => one.kind !== 'balance').map((one) => this.#dated(one));
    const pots = others.filter((observation) => observation.kind === 'pots');
    const seen = foldAll(current, others);
    const observed = { before: current, after: seen.next, balances, pots };
    const watching = watchBalances(this.#watched, observed);
    const told = [...watching.admitted, ...watching.summed].map((one) => this.#dated(one));
    const { next } = foldAll(seen.next, told);
    const summed = new Set(watching.summed.map(({ accountId }) => accountId));
    const isIncluded = (accountId: string) =>
      summed.has(accountId) || (watching.watched.get(accountId)?.known.changes ?? []).length === 0;
    const events = seen.events.map((event) => ({
      ...event,
      ...(isIncluded(event.accountId) ? balancesAfter(event, next) : noBalances),
    }));
    return { next, events, watching };
  }

  /** A transaction as the ledger has it. */
  held(id: string): HeldTransaction | undefined {
    return this.#rows.get(id) ?? this.#options.store.ledger.byId(id);
  }

  /** The transactions of a page whose recording would change anything. */
  newsIn(page: TransactionsSeen): readonly Transaction[] {
    const current = this.#before([page]);
    const { transactions } = fold(current, page).next;
    return page.transactions.filter(({ id }) => transactions.get(id) !== current.transactions.get(id));
  }

  /**
   * From `since` on the transactions of these accounts are events, unless that was decided before: an earlier decision
   * counts, except where it lies ahead of `now`, because a wrong clock made it.
   */
  beginEvents(accountIds: readonly string[], since: Instant, now = since): void {
    this.#commit((current) => {
      const fresh = accountIds.filter((id) => (current.eventsSince.get(id) ?? Infinity) > now);
      if (fresh.length === 0) return { next: current, events: [] };
      const eventsSince = new Map([...current.eventsSince, ...fresh.map((id) => [id, since] as const)]);
      return { next: { ...current, eventsSince }, events: [] };
    });
  }

  /**
   * Forgets what a login that is being removed could see and, unless it is kept, the history that no other login sees:
   * a hundred rows at a time, so that nothing else waits for all of it. Ends with the login's own list of accounts, so
   * that an interrupted removal can be repeated.
   */
  async forget(loginId: string, forgetting: Forgetting): Promise<void> {
    const { store, onCommit } = this.#options;
    try {
      if (!forgetting.keepHistory)
        for (const accountId of this.#seenOnlyBy(loginId)) {
          while (store.ledger.forgetSome(accountId, chunk)) await nextTurn();
          store.ledger.forgetAccount(accountId);
        }
      store.ledger.forgetLogin(loginId, forgetting);
    } finally {
      this.#rows.clear();
    }
    this.#household = store.ledger.household();
    onCommit([]);
  }

  #seenOnlyBy(loginId: string): readonly string[] {
    return knownAccounts(this.#household)
      .filter(({ loginIds }) => loginIds.every((id) => id === loginId))
      .map(({ account }) => account.id);
  }

  #commit(
    change: (current: Knowledge) => Changed,
    observations: readonly Observation[] = [],
  ): readonly BankEvent[] {
    const { store, onCommit, reconcile } = this.#options;
    let watching: Watching | null = null;
    try {
      const outcome = store.transaction(() => {
        const current = this.#before(observations);
        const changed = change(current);
        const { events } = changed;
        watching = changed.watching ?? null;
        if (changed.next === current) return null;
        const next = withSlugs(current, changed.next);
        store.ledger.save(current, next);
        const recorded = store.events.append(events);
        const outcomes = reconcile(observations.flatMap(transactionsOf), next);
        return { current, next, recorded, outcomes };
      });
      this.#trouble = null;
      if (watching !== null) this.#watch(watching);
      if (outcome === null) return [];
      const { missing } = this.#household;
      for (const [id, row] of outcome.next.transactions)
        if (outcome.current.transactions.get(id) !== row) this.#rows.set(id, row);
      this.#household = { ...outcome.next, transactions: new Map() };
      if (outcome.next.missing !== missing) this.#missing.notify();
      if (outcome.recorded.length > 0) this.#recorded.notify(outcome.recorded);
      onCommit([...outcome.recorded, ...outcome.outcomes]);
      return outcome.recorded;
    } catch (thrown) {
      this.#trouble = messageOf(thrown);
      throw thrown;
    }
  }

  #watch({ watched, lags }: Watching): void {
    const before = this.#watched;
    this.#watched = watched;
    for (const lag of lags) this.#lags.notify(lag);
    const doubted = [...watched].filter(([id, { known }]) => {
      const { doubt } = known;
      return doubt !== null && doubt.since !== before.get(id)?.known.doubt?.since;
    });
    for (const accountId of new Set(doubted.map(([, of]) => of.accountId))) this.#doubts.notify(accountId);
  }

  #before(observations: readonly Observation[]): Knowledge {
    const ids = observations.flatMap(transactionIds);
    if (ids.length === 0) return this.#household;
    const at = Math.max(...observations.map((observation) => observation.at));
    const transactions = new Map<string, HeldTransaction>();
    for (const row of this.#held(ids)) transactions.set(row.transaction.id, heldBefore(at, row));
    return { ...this.#household, transactions };
  }

  /** The rows of these that the ledger has. To be called where nothing is written that is not committed yet. */
  #held(ids: readonly string[]): readonly HeldTransaction[] {
    const found = new Map(ids.map((id) => [id, this.#rows.get(id)]));
    const unread = ids.filter((id) => found.get(id) === undefined);
    const read = unread.length === 0 ? null : this.#options.store.ledger.held(unread);
    for (const id of unread) {
      const row = read?.get(id) ?? null;
      found.set(id, row);
      this.#rows.set(id, row);
    }
    return [...found.values()].filter((row) => row !== undefined && row !== null);
  }
}

function missingSentence({
  accounts,
  pots,
}: {
  readonly accounts: number;
  readonly pots: number;
}): string | null {
  const parts = [counted(accounts, 'account'), counted(pots, 'pot')].filter((part) => part !== null);
  if (parts.length === 0) return null;
  return `Monzo’s last list left out ${parts.join(' and ')} that it showed before. The bridge keeps them and lists them again within five minutes; only what is still missing then is removed.`;
}

type Unread = ReturnType<typeof unreadRows>;

function unreadSentence({ accounts, pots }: Unread): string | null {
  const parts = [counted(accounts.length, 'account'), counted(pots.length, 'pot')].filter(
    (part) => part !== null,
  );
  if (parts.length === 0) return null;
  const oldest = Math.min(...[...accounts, ...pots].map(({ lastRead }) => lastRead ?? 0));
  return `Monzo’s last answer did not show ${parts.join(' and ')} in a way that the bridge can read. It keeps what it read last (${minuteText(oldest)}) and looks again by itself. If it lasts, report it with the line from the log.`;
}

function joined(sentences: readonly (string | null)[]): string | null {
  return sentences.filter((sentence) => sentence !== null).join(' ') || null;
}

function counted(count: number, what: string): string | null {
  return count === 0 ? null : `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** What moved since the balances on disk were read. */
function watchedIn({ ledger, transfers }: Store, household: Knowledge): Watched {
  const read = [...household.balances];
  const ids = read.flatMap(([accountId, { at }]) => ledger.idsSince(accountId, at));
  const moves = read.flatMap(([accountId, { at }]) => transfers.withoutRow(accountId, at));
  return moves
    .filter(({ state }) => state === 'moved')
    .reduce(expectMove, watchedAtStart(household, ledger.held(ids)));
}

interface Changed {
  readonly next: Knowledge;
  readonly events: readonly BankEvent[];
  /** Where balances may have been judged. */
  readonly watching?: Watching;
}

const noBalances = { balance: null, totalBalance: null };

function foldAll(current: Knowledge, observations: readonly Observation[]): Changed {
  const events: BankEvent[] = [];
  let next = current;
  for (const observation of observations) {
    const folded = fold(next, observation);
    next = folded.next;
    events.push(...folded.events);
  }
  return { next, events };
}

function transactionsOf(observation: Observation): readonly Transaction[] {
  return observation.kind === 'transactions' ? observation.transactions : [];
}

function transactionIds(observation: Observation): readonly string[] {
  if (observation.kind === 'transaction_gone') return [observation.transactionId];
  return transactionsOf(observation).map(({ id }) => id);
}

/** Balances are committed with the first transactions, so that an event carries the balance that was read for it. */
function chunksOf(observations: readonly Observation[]): readonly (readonly Observation[])[] {
  const chunks: Observation[][] = [[]];
  let room = chunk;
  for (const part of observations.flatMap(inParts)) {
    const size = part.kind === 'transactions' ? part.transactions.length : 0;
    if (size > room) {
      chunks.push([]);
      room = chunk;
    }
    chunks.at(-1)?.push(part);
    room -= size;
  }
  return chunks.filter((batch) => batch.length > 0);
}

function inParts(observation: Observation): readonly Observation[] {
  if (observation.kind !== 'transactions' || observation.transactions.length <= chunk) return [observation];
  const parts: TransactionsSeen[] = [];
  for (let start = 0; start < observation.transactions.length; start += chunk)
    parts.push({ ...observation, transactions: observation.transactions.slice(start, start + chunk) });
  return parts;
}
