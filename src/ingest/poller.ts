import type { HistoryProgress, LoginState } from '../domain/login.ts';
import { cadenceOf, dueTasks, nextDue, type Cadence, type Done } from '../domain/schedule.ts';
import type { Instant } from '../domain/values.ts';
import {
  approvalTries,
  durations,
  householdEvery,
  listEvery,
  sweep,
  troubleRest,
  watchedBelow,
  webhooksEvery,
} from '../limits.ts';
import { messageOf } from '../errors.ts';
import { BankError } from '../monzo/transport.ts';
import { isForbidden } from './forbidden.ts';
import { readHistory } from './history.ts';
import { untilTheEnd } from './until-the-end.ts';
import { LoginReader, type LoginReaderOptions } from './login-reader.ts';

export interface PollerOptions extends LoginReaderOptions {
  /** The cadence somebody set, in milliseconds; null where nobody did. */
  readonly pollEvery: number | null;
  /** Aborted when the poller closes; the client's reads end with it. */
  readonly stop: AbortController;
}

const figures = {
  listEvery,
  householdEvery,
  watchedBelow,
  sweepEvery: sweep.every,
  followEvery: 5 * durations.minute,
};
/** The longest a timer can sleep; a login that waits for a person is woken by what that person does. */
const untilWoken = 2_147_483_647;

/** What an attempt does in each state; answers after how many milliseconds the next one makes sense. */
type Plans = Readonly<Record<LoginState, () => Promise<number>>>;

/** Reads one login for as long as it lives: waits for the approval, keeps to the schedule, survives every fault. */
export class Poller {
  readonly #options: PollerOptions;
  readonly #reader: LoginReader;
  readonly #stop: AbortController;
  #wake = new AbortController();
  #done: Done = {};
  #failures = 0;
  #waitingSince: Instant | null = null;
  #attempt: Promise<number> | null = null;
  #history: Promise<void> | null = null;
  readonly #loop: Promise<void>;

  readonly #plans: Plans = {
    new: () => Promise.resolve(untilWoken),
    authorising: () => Promise.resolve(untilWoken),
    needs_authorisation: () => Promise.resolve(untilWoken),
    removed: () => Promise.resolve(untilWoken),
    awaiting_approval: () => this.#tryApproval(),
    needs_approval: () => this.#tryApproval(),
    active: () => this.#readWhatIsDue(),
  };
  /** When somebody asks for it, the bank is asked about what else is given up. */
  readonly #plansOnDemand: Plans = {
    ...this.#plans,
    authorising: () => this.#tryStored(),
    needs_authorisation: () => this.#tryStored(),
  };

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#stop = options.stop;
    this.#reader = new LoginReader(options);
    this.#loop = this.#run();
  }

  /** Tries at once, whatever the schedule says; resolves when that is over, well or not. */
  async tryNow(): Promise<void> {
    await this.#attempt;
    this.#done = {};
    this.#failures = 0;
    this.#waitingSince = null;
    await this.#try(this.#plansOnDemand);
    this.#wake.abort(new Error('tried already'));
  }

  /** Whether the bank refuses to show this account through this login, for now. */
  refuses(accountId: string): boolean {
    return this.#reader.refuses(accountId);
  }

  /** Something about the login changed that the schedule does not know of. */
  wake(): void {
    this.#waitingSince = null;
    this.#wake.abort(new Error('the login changed'));
  }

  /** Lists an account's new transactions at once. */
  ring(accountId: string): Promise<void> {
    return this.#reader.ring(accountId);
  }

  /** Asks for one row by id at once. */
  look(transactionId: string, accountId: string): Promise<void> {
    return this.#reader.look(transactionId, accountId);
  }

  /** Brings the webhooks at the bank in order at once; resolves when that is over. */
  async reconcileWebhooks(): Promise<void> {
    await this.#reader.tasks.webhooks();
    this.#done = { ...this.#done, webhooks: this.#options.clock.now() };
  }

  /** Ends the loop and what it started; reads are given up, a renewal of tokens is waited for. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the bridge is stopping'));
    this.#wake.abort(this.#stop.signal.reason);
    await this.#loop;
    await this.#history;
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#stop.signal.aborted) {
      const pause = await this.#try();
      await clock.wait(Math.min(Math.max(0, pause), untilWoken), this.#wake.signal).catch(() => {});
      this.#wake = this.#stop.signal.aborted ? this.#wake : new AbortController();
    }
  }

  #try(plans = this.#plans): Promise<number> {
    this.#attempt ??= this.#attemptPlan(plans).finally(() => {
      this.#attempt = null;
    });
    return this.#attempt;
  }

  async #attemptPlan(plans: Plans): Promise<number> {
    const { logins, loginId } = this.#options;
    if (!logins.has(loginId)) return untilWoken;
    try {
      const pause = await plans[logins.get(loginId).state]();
      logins.succeeded(loginId);
      this.#failures = 0;
      return pause;
    } catch (thrown) {
      if (this.#stop.signal.aborted) return untilWoken;
      logins.failed(loginId, thrown);
      this.#failures += 1;
      return restAfter(thrown, this.#failures);
    }
  }

  #cadence(): Cadence {
    const { pollEvery, subscriptions, loginId } = this.#options;
    const webhooksWork = subscriptions.workFor(loginId);
    const isTroubled = subscriptions.isTroubled(loginId);
    const often = isTroubled ? webhooksEvery.troubled : webhooksEvery.inOrder;
    return cadenceOf({ pollEvery, webhooksWork, figures: { ...figures, webhooksEvery: often } });
  }

  async #readWhatIsDue(): Promise<number> {
    const { clock, logins, loginId } = this.#options;
    const { state } = logins.get(loginId).history;
    if (state === 'not_started' || state === 'running') this.#startHistory();
    await untilTheEnd(dueTasks(this.#done, this.#cadence(), clock.now()), async (task) => {
      await this.#reader.tasks[task]();
      this.#done = { ...this.#done, [task]: clock.now() };
    });
    return nextDue(this.#done, this.#cadence()) - clock.now();
  }

  /** Reading the household is the test: the bank refuses it until the person has tapped in the app. */
  async #tryApproval(): Promise<number> {
    const { clock, logins, loginId } = this.#options;
    const since = (this.#waitingSince ??= clock.now());
    try {
      await this.#reader.tasks.household();
    } catch (thrown) {
      if (!isForbidden(thrown)) throw thrown;
      logins.failed(loginId, thrown);
      return this.#pauseBeforeApproval(since);
    }
    this.#activate(clock.now());
    return 0;
  }

  /** Tokens that were given up may live all the same; the approval is then as old as it was. */
  async #tryStored(): Promise<number> {
    const { clock, logins, loginId } = this.#options;
    await this.#reader.tasks.household();
    this.#activate(logins.get(loginId).approvedAt ?? clock.now());
    return 0;
  }

  #pauseBeforeApproval(since: Instant): number {
    const { clock, logins, loginId, pollEvery } = this.#options;
    const isFresh = clock.now() - since < approvalTries.quickFor;
    const slow = Math.min(pollEvery ?? listEvery.withoutWebhooks, approvalTries.slowest);
    return isFresh && logins.get(loginId).state === 'awaiting_approval'
      ? Math.min(approvalTries.quick, slow)
      : slow;
  }

  #activate(approvedAt: Instant): void {
    const { clock, logins, loginId, log } = this.#options;
    const now = clock.now();
    const activeSince = logins.get(loginId).activeSince ?? now;
    logins.change(loginId, { state: 'active', trouble: null, activeSince, approvedAt, lastSuccess: now });
    this.#reader.beginEvents(activeSince);
    this.#done = { household: now, sweep: now };
    this.#waitingSince = null;
    log.info('A login is connected.', { login: loginId });
    this.#startHistory();
  }

  #startHistory(): void {
    this.#history ??= this.#readHistory().finally(() => {
      this.#history = null;
    });
  }

  async #readHistory(): Promise<void> {
    const { client, ingest, clock, log, loginId } = this.#options;
    const { signal } = this.#stop;
    const onProgress = (progress: HistoryProgress) => this.#reportHistory(progress);
    try {
      const accounts = this.#reader.accounts();
      log.info('The history is being read.', { login: loginId, accounts: accounts.length });
      const outcome = await readHistory({ client, ingest, clock, accounts, onProgress, signal });
      this.#reportHistory(outcome);
      log.info('The history was read.', { login: loginId, ...outcome });
    } catch (thrown) {
      if (signal.aborted) return;
      log.warn('Reading the history stopped; it begins again later.', {
        login: loginId,
        reason: messageOf(thrown),
      });
    }
  }

  #reportHistory(history: HistoryProgress): void {
    const { logins, loginId } = this.#options;
    if (logins.has(loginId)) logins.change(loginId, { history });
  }
}

/** Longer after every failure, and as long as the bank asks for. */
function restAfter(thrown: unknown, failures: number): number {
  const asked = thrown instanceof BankError ? (thrown.retryAfter ?? 0) : 0;
  return Math.max(
    asked,
    Math.min(troubleRest.longest, troubleRest.shortest * 2 ** Math.min(failures - 1, 8)),
  );
}
