import type { Monotonic } from '../clock.ts';
import { absenceProven } from '../domain/absence.ts';
import type { Account } from '../domain/account.ts';
import { shouldFollow } from '../domain/schedule.ts';
import type { Instant } from '../domain/values.ts';
import { BridgeError } from '../errors.ts';
import { byIdRest, follow, longListRest, sweep } from '../limits.ts';
import type { Log } from '../log.ts';
import { BankError } from '../monzo/bank-error.ts';
import { listSince, readMoneyInTime, type ReadingTools } from './account-reading.ts';
import { reachOf } from './reach.ts';

export interface PendingRowsOptions extends ReadingTools {
  readonly log: Log;
}

interface Row {
  readonly id: string;
  readonly created: Instant;
}

interface WantedRow extends Row {
  readonly accountId: string;
}

/** What became of asking for a pending transaction. */
interface Followed {
  lookedAt: Instant;
  /** When the first of the whole lists that left it out was asked for; null where the last list showed it. */
  absentSince: Monotonic | null;
  /** Before when it is looked for in lists alone. */
  byIdFrom: Monotonic;
  /** What the bank answered last instead of the row; null where it showed the row. */
  insteadOfRow: string | null;
}

/** Answers that say nothing of any other row, nor of the login. */
const aboutOneRow: ReadonlySet<string> = new Set([
  'not_found',
  'no_permission',
  'verification_required',
  'bad_request',
  'unknown_shape',
]);

/**
 * Follows pending transactions until they are final. Each is asked for by its id, and nothing but the row itself decides:
 * one that the bank does not show in this way is looked for in a list over its time. It is gone only where two whole
 * lists, five minutes apart, leave it out. A list is whole if it was walked to its end, every row of it could be read, and
 * it shows everything else that the ledger holds of its time and something from before. As with other absences, a start
 * begins anew.
 */
export class PendingRows {
  readonly #options: PendingRowsOptions;
  readonly #followed = new Map<string, Followed>();
  /** Transactions that were asked for and not shown by their ids, by id: the next run looks for them in a list. */
  readonly #wanted = new Map<string, WantedRow>();
  /** By account, when an unknown transaction was last looked for in a long list. */
  readonly #longListAt = new Map<string, Monotonic>();
  /** Before when nothing is asked for by its id, because the bank has no such route. */
  #byIdFrom: Monotonic = Number.NEGATIVE_INFINITY;

  constructor(options: PendingRowsOptions) {
    this.#options = options;
  }

  /** Looks at those of an account's transactions that are due. Throws what concerns more than one of them. */
  async follow(account: Account): Promise<void> {
    const { store, clock } = this.#options;
    const pending = store.ledger.pending();
    this.#forgetAllBut(pending);
    const unanswered = this.#takeWanted(account);
    for (const row of pending.filter(({ accountId }) => accountId === account.id)) {
      const followed = this.#followed.get(row.id) ?? newly(row.seenAt);
      this.#followed.set(row.id, followed);
      if (!this.#isDue(followed, row.created)) continue;
      followed.lookedAt = clock.now();
      if ((await this.#readById(account.id, row.id)) === null) unanswered.push(row);
    }
    if (unanswered.length > 0) await this.#lookInList(account, unanswered);
  }

  /**
   * Reads a transaction by its id at once; returns whether something was new. One that is known and that the bank does not
   * show in this way is looked for in a list soon; so is an unknown one where the bank is not known to show all by their ids.
   */
  async read(accountId: string, id: string): Promise<boolean> {
    const { store, clock, loginId } = this.#options;
    const isNews = await this.#readById(accountId, id);
    if (isNews !== null) return isNews;
    const known = store.ledger.byId(id)?.transaction;
    if (known) this.#wanted.set(id, known);
    else if (this.#byIdFrom > clock.monotonic() || store.learnt.of(loginId).hidesById)
      this.#wantLongList(accountId, id);
    return false;
  }

  /** It may be dated back further than lists of what is new go. Forged rings cause one such list an hour at most. */
  #wantLongList(accountId: string, id: string): void {
    const { clock } = this.#options;
    const now = clock.monotonic();
    if (now - (this.#longListAt.get(accountId) ?? Number.NEGATIVE_INFINITY) < longListRest) return;
    this.#longListAt.set(accountId, now);
    this.#wanted.set(id, { id, accountId, created: clock.now() - sweep.reach });
  }

  /** The bank has shown these rows, so those of them that lists left out before are not gone. */
  shown(ids: Iterable<string>): void {
    for (const id of ids) {
      const followed = this.#followed.get(id);
      if (followed) followed.absentSince = null;
    }
  }

  #isDue({ lookedAt, absentSince }: Followed, created: Instant): boolean {
    const { clock } = this.#options;
    if (absentSince !== null) return clock.monotonic() - absentSince >= absenceProven.many;
    return shouldFollow({ created, lookedAt }, clock.now(), follow);
  }

  #forgetAllBut(pending: readonly Row[]): void {
    const ids = new Set(pending.map(({ id }) => id));
    for (const id of this.#followed.keys()) if (!ids.has(id)) this.#followed.delete(id);
  }

  #takeWanted(account: Account): Row[] {
    const mine = [...this.#wanted.values()].filter(({ accountId }) => accountId === account.id);
    for (const { id } of mine) this.#wanted.delete(id);
    return mine;
  }

  /** Whether something was new; null where the bank does not show the transaction in this way. */
  async #readById(accountId: string, id: string): Promise<boolean | null> {
    const { client, clock, ingest, loginId } = this.#options;
    const rest = this.#followed.get(id)?.byIdFrom ?? Number.NEGATIVE_INFINITY;
    if (Math.max(this.#byIdFrom, rest) > clock.monotonic()) return null;
    try {
      const { at, value } = await client.transaction(id);
      const seen = { kind: 'transactions', at, loginId, accountId, transactions: [value] } as const;
      const isNews = ingest.newsIn(seen).length > 0;
      ingest.observe([seen]);
      this.shown([id]);
      this.#noteAnswer(id, null);
      return isNews;
    } catch (thrown) {
      if (!(thrown instanceof BridgeError) || !aboutOneRow.has(thrown.code)) throw thrown;
      const isRoute = thrown instanceof BankError && thrown.bankCode === 'not_found.no_handler';
      if (isRoute) this.#byIdFrom = clock.monotonic() + byIdRest;
      this.#noteAnswer(id, thrown.code);
      return null;
    }
  }

  #noteAnswer(id: string, insteadOfRow: string | null): void {
    const followed = this.#followed.get(id);
    if (followed) followed.insteadOfRow = insteadOfRow;
  }

  /**
   * The bank answered with a list, so what it answered about the row by its id concerns the row alone, which is seldom
   * asked for in that way again. One that was not found by either may have vanished, and is.
   */
  #restById(id: string, isShown: boolean): void {
    const { clock, log, store, loginId } = this.#options;
    const followed = this.#followed.get(id);
    if (!followed || (!isShown && followed.insteadOfRow === 'not_found')) return;
    // While it rests it was not asked for, and the rest must end.
    if (followed.byIdFrom > clock.monotonic()) return;
    followed.byIdFrom = clock.monotonic() + byIdRest;
    if (!isShown || store.learnt.of(loginId).hidesById) return;
    store.learnt.save(loginId, { hidesById: true });
    const { insteadOfRow: answer } = followed;
    log.info('Monzo does not show every transaction by its id; lists are used instead.', { answer });
  }

  async #lookInList(account: Account, rows: readonly Row[]): Promise<void> {
    const { clock, store, ingest } = this.#options;
    const at = clock.now();
    const askedAt = clock.monotonic();
    const oldest = Math.min(at, ...rows.map(({ created }) => created));
    const reach = reachOf(this.#options, account.id);
    const since = Math.max(store.ledger.newestBefore(account.id, oldest) ?? oldest, at - reach);
    const awaited = new Set(rows.map(({ id }) => id));
    const isOther = (id: string) =>
      !awaited.has(id) && (this.#followed.get(id)?.absentSince ?? null) === null;
    const others = store.ledger.idsSince(account.id, since).filter(isOther);
    const listed = await listSince(this.#options, { account, since: since - 1 });
    // A list may go back less far than it was asked to, and not say so: one that shows nothing from before proves nothing.
    const later = new Set(store.ledger.idsSince(account.id, oldest));
    const goesBack = others.some((id) => !later.has(id));
    const isWhole = listed.isWhole && goesBack && others.every((id) => listed.ids.has(id));
    const gone = rows.filter(({ id, created }) => {
      const isShown = listed.ids.has(id);
      this.#restById(id, isShown);
      return this.#isGone(id, { askedAt, isAbsent: isWhole && !isShown && created >= since });
    });
    if (gone.length === 0) return;
    const money = await readMoneyInTime(this.#options, account);
    const vanished = gone.map(
      ({ id }) => ({ kind: 'transaction_gone', at, accountId: account.id, transactionId: id }) as const,
    );
    ingest.observe([...money, ...vanished]);
  }

  #isGone(id: string, { askedAt, isAbsent }: Sight): boolean {
    const followed = this.#followed.get(id);
    if (!followed) return false;
    followed.absentSince = isAbsent ? (followed.absentSince ?? askedAt) : null;
    return followed.absentSince !== null && askedAt - followed.absentSince >= absenceProven.many;
  }
}

/** What a list says of a row. */
interface Sight {
  readonly askedAt: Monotonic;
  /** Whether the list is whole, over the row's time, and leaves it out. */
  readonly isAbsent: boolean;
}

function newly(seenAt: Instant): Followed {
  return { lookedAt: seenAt, absentSince: null, byIdFrom: Number.NEGATIVE_INFINITY, insteadOfRow: null };
}
