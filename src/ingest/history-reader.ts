import { createBackoff } from '../async.ts';
import type { Monotonic } from '../clock.ts';
import type { Account } from '../domain/account.ts';
import { again, planned, unread, untilApproved } from '../domain/history.ts';
import type { HistoryProgress } from '../domain/login.ts';
import type { Instant } from '../domain/values.ts';
import { messageOf } from '../errors.ts';
import { historyPause, listOverlap } from '../limits.ts';
import type { Log } from '../log.ts';
import type { LoginRegistry } from '../logins/registry.ts';
import type { ReadingTools } from './account-reading.ts';
import { readHistory } from './history-slices.ts';
import { reachOf } from './reach.ts';

export interface HistoryReaderOptions extends ReadingTools {
  readonly logins: LoginRegistry;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** The accounts that the login reads. */
  readonly accounts: () => readonly Account[];
  /** Something is to be read again sooner than was known. */
  readonly onRest: () => void;
}

/** Reads one login's history beside everything else, and what could not be read later. */
export class HistoryReader {
  readonly #options: HistoryReaderOptions;
  readonly #backoff = createBackoff(historyPause);
  #restsUntil: Monotonic = Number.NEGATIVE_INFINITY;
  #hasFailed = false;
  #reading: Promise<void> | null = null;
  /** Since when nothing had been read when this process, or this approval, began; null once that is planned for. */
  #unreadSince: Instant | null;

  constructor(options: HistoryReaderOptions) {
    this.#options = options;
    this.#unreadSince = options.logins.get(options.loginId).lastSuccess;
  }

  /** Reads what is left and can be read now. After a failure it rests first: whoever calls hears of the rest as well. */
  continue(): void {
    if (this.#reading || (this.#hasFailed && this.#untilRested() > 0)) return;
    if (this.#planned() !== this.#progress() || this.untilDue() <= 0) this.#begin();
  }

  /** The person has just approved: everything that is left is tried. */
  beginAnew(unreadSince: Instant | null): void {
    this.#unreadSince = unreadSince;
    this.#backoff.reset();
    this.#restsUntil = Number.NEGATIVE_INFINITY;
    this.#hasFailed = false;
    const progress = this.#progress();
    const isUnknown = progress.state === 'partial' && progress.accounts === undefined;
    this.#report(isUnknown ? { ...progress, accounts: [] } : again(progress, () => true));
    this.#begin();
  }

  /** After how many milliseconds there is something to read; infinite where nothing is left that can be read. */
  untilDue(): number {
    const { missing } = this.#progress();
    if (this.#reading) return Number.POSITIVE_INFINITY;
    if (!this.#hasFailed && missing.every(({ fault }) => untilApproved.has(fault)))
      return Number.POSITIVE_INFINITY;
    return this.#untilRested();
  }

  async close(): Promise<void> {
    await this.#reading;
  }

  #untilRested(): number {
    return this.#restsUntil - this.#options.clock.monotonic();
  }

  #begin(): void {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
      this.#options.onRest();
    });
  }

  async #read(): Promise<void> {
    const { clock, log, loginId, signal, accounts, logins } = this.#options;
    this.#hasFailed = false;
    try {
      const progress = again(this.#planned(), (fault) => !untilApproved.has(fault));
      if (accounts().length > 0) this.#unreadSince = null;
      const isNothingLeft = progress.missing.every(({ fault }) => fault !== unread);
      if (isNothingLeft && progress.state !== 'running') return this.#report(progress);
      log.info('Reading the history has started.', { login: loginId, accounts: accounts().length });
      const onProgress = (next: HistoryProgress) => this.#report(next);
      const outcome = await readHistory({
        ...this.#options,
        accounts: accounts(),
        progress,
        onProgress,
        signal,
      });
      if (outcome.read > progress.read) this.#backoff.reset();
      this.#report(outcome);
      log.info('The history was read.', { login: loginId, ...outcome });
    } catch (thrown) {
      if (signal.aborted || !logins.has(loginId)) return;
      this.#hasFailed = true;
      log.warn('Reading the history was interrupted; it goes on later.', {
        login: loginId,
        reason: messageOf(thrown),
      });
    } finally {
      this.#restsUntil = clock.monotonic() + this.#backoff.next();
    }
  }

  #planned(): HistoryProgress {
    const { clock, accounts } = this.#options;
    const plan = {
      accounts: accounts(),
      now: clock.now(),
      edgeOf: (accountId: string) => clock.now() - reachOf(this.#options, accountId),
      unreadSince: this.#unreadSince === null ? null : this.#unreadSince - listOverlap,
    };
    const progress = this.#progress();
    // An earlier version has read the history of all accounts that there are.
    const isOver = progress.state === 'complete' || progress.state === 'partial';
    const known = progress.accounts ?? (isOver ? plan.accounts.map(({ id }) => id) : undefined);
    return planned(known === progress.accounts ? progress : { ...progress, accounts: known ?? [] }, plan);
  }

  #progress(): HistoryProgress {
    const { logins, loginId } = this.#options;
    return logins.get(loginId).history;
  }

  #report(history: HistoryProgress): void {
    const { logins, loginId } = this.#options;
    if (logins.has(loginId)) logins.change(loginId, { history });
  }
}
