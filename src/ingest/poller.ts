import { coalesced, createBackoff, createSignal, type Signal } from '../async.ts';
import type { Monotonic } from '../clock.ts';
import type { LoginState } from '../domain/login.ts';
import { cadenceOf, dueTasks, nextDue, type Cadence, type Done, type Task } from '../domain/schedule.ts';
import type { Instant } from '../domain/values.ts';
import {
  approvalTries,
  durations,
  householdEvery,
  listEvery,
  sweep,
  failurePause,
  watchedBelow,
  webhooksEvery,
} from '../limits.ts';
import { BankError, isForbidden, isUnasked } from '../monzo/bank-error.ts';
import { HistoryReader } from './history-reader.ts';
import { tryEach } from './account-troubles.ts';
import { LoginReader, type LoginReaderOptions } from './login-reader.ts';

export interface PollerOptions extends LoginReaderOptions {
  /** The interval that was set, in milliseconds; null where none was. */
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
/** What a clock that was set or a sleep of the machine does not make due. */
const rareTasks: ReadonlySet<string> = new Set<Task>(['webhooks', 'sweep']);
/** The longest wait of a timer; a login that needs a person is woken when that person acts. */
const untilWoken = 2_147_483_647;

/** What is to be repeated where the bank asked for fewer calls, by what a call asked for: the task's own or another's. */
const taskOf: ReadonlyMap<string, Task> = new Map([
  ['/accounts', 'household'],
  ['/balance', 'household'],
  ['/pots', 'household'],
  ['/transactions', 'transactions'],
  ['/transactions/:id', 'follow'],
]);

/** The tasks that are repeated soon where something was left out. */
const checks = ['household', 'webhooks'] as const;
type Check = (typeof checks)[number];

/** What an attempt does in each state; returns after how many milliseconds the next one makes sense. */
type Plans = Readonly<Record<LoginState, () => Promise<number>>>;

/** What came of a reading that a person asked for. */
export interface ReadOutcome {
  /** What ended it early; null where nothing did. */
  readonly failure: unknown;
  /** Whether the money or the transactions of an account were read. */
  readonly isAnythingRead: boolean;
}

/** Reads one login until it is closed: waits for the approval, keeps to the schedule, survives every fault. */
export class Poller {
  readonly #options: PollerOptions;
  readonly reader: LoginReader;
  readonly #stop: AbortController;
  readonly #signal: Signal;
  readonly #backoff = createBackoff(failurePause);
  #done: Done = {};
  readonly #checkedAt = new Map<Task, Monotonic>();
  /** When to do what the bank refused because it asks for fewer calls. */
  readonly #heldBack = new Map<Task, Monotonic>();
  readonly #unsubscribe: () => void;
  #waitingSince: Monotonic | null = null;
  #attempt: Promise<number> | null = null;
  /** What ended the last attempt early; null where nothing did. */
  #failure: unknown = null;
  readonly #history: HistoryReader;
  readonly #loop: Promise<void>;

  /** Reconciles the webhooks at the bank at once; resolves when that is over. Calls at the same time share their run. */
  readonly reconcileWebhooks = coalesced(async () => {
    await this.reader.tasks.webhooks();
    this.#done = { ...this.#done, webhooks: this.#options.clock.monotonic() };
  });

  readonly #plans: Plans = {
    new: () => Promise.resolve(untilWoken),
    authorising: () => Promise.resolve(untilWoken),
    needs_authorisation: () => this.#tryStoredWhenDue(),
    removed: () => Promise.resolve(untilWoken),
    awaiting_approval: () => this.#tryApproval(),
    needs_approval: () => this.#tryApproval(),
    active: () => this.#readWhatIsDue(),
  };
  /** On request the bank is also asked where polling has given up. */
  readonly #plansOnDemand: Plans = {
    ...this.#plans,
    authorising: () => this.#tryStored(),
    needs_authorisation: () => this.#tryStored(),
  };

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#stop = options.stop;
    this.#signal = createSignal(options.clock, options.stop.signal);
    this.reader = new LoginReader(options);
    this.#history = new HistoryReader({
      ...options,
      signal: options.stop.signal,
      accounts: () => this.reader.accounts(),
      onRest: () => this.reschedule(),
    });
    const transport = options.logins.transport(options.loginId);
    this.#unsubscribe = transport.onHeldBack(({ path, rest }) => {
      const task = taskOf.get(path);
      if (task !== undefined) this.#holdBack(task, rest);
      // Of its own attempts the loop hears by itself.
      if (this.#attempt === null) this.reschedule();
    });
    this.#loop = this.#run();
  }

  /**
   * Reads at once, whatever the schedule says; resolves when that is over, successful or not. Calls at the same time share
   * their reading.
   */
  readonly pollNow = coalesced(async (): Promise<ReadOutcome> => {
    // What is under way may have passed what the person asks for.
    while (this.#attempt) await this.#attempt;
    this.#done = {};
    this.#heldBack.clear();
    this.#backoff.reset();
    this.#waitingSince = null;
    this.reader.askNow();
    const before = this.reader.reads();
    await this.#try(this.#plansOnDemand);
    this.#signal.wake();
    return { failure: this.#failure, isAnythingRead: this.reader.reads() > before };
  });

  /** Something is due that was not when the loop went to rest. */
  reschedule(): void {
    this.#signal.raise();
  }

  /** Everything is due at once, except the webhooks and the long list of changes. */
  lookAgain(): void {
    this.#done = Object.fromEntries(Object.entries(this.#done).filter(([task]) => rareTasks.has(task)));
    this.wake();
  }

  /** The login changed in a way that the schedule does not know of. */
  wake(): void {
    this.#waitingSince = null;
    this.#signal.wake();
  }

  /** Ends the loop and what it started: reads are aborted, a renewal of tokens is waited for. */
  async close(): Promise<void> {
    this.#unsubscribe();
    this.#stop.abort(new Error('the bridge is stopping'));
    await this.#loop;
    await this.#history.close();
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const pause = await this.#try();
      await this.#signal.raised({ atMost: Math.min(Math.max(0, pause), untilWoken) });
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
      this.#failure = null;
      const pause = await plans[logins.get(loginId).state]();
      if (this.#heldBack.size === 0) logins.succeeded(loginId);
      this.#backoff.reset();
      return pause;
    } catch (thrown) {
      if (this.#stop.signal.aborted) return untilWoken;
      this.#failure = thrown;
      logins.failed(loginId, thrown);
      // What Monzo sends may be lost with what it is asked.
      if (isLineDown(thrown)) this.#options.subscriptions.rings.missed();
      if (isHeldBack(thrown) && logins.get(loginId).state === 'active')
        return Math.max(failurePause.shortest, this.#untilDue());
      // The breaker says when the bank may be asked again.
      if (isUnasked(thrown)) return Math.max(failurePause.shortest, retryAfterOf(thrown));
      // Longer after every failure, and as long as the bank asks for.
      return Math.max(retryAfterOf(thrown), this.#backoff.next());
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
    const { clock } = this.#options;
    this.#history.continue();
    // What the bank did not show of one account comes last: it may be slow to fail, and the others keep their pace.
    await tryEach([...this.#dueTasks(), null], async (task) => {
      if (task === null) return this.reader.askAgain();
      this.#checkedAt.set(task, clock.monotonic());
      this.#heldBack.delete(task);
      try {
        await this.reader.tasks[task]();
      } catch (thrown) {
        if (isHeldBack(thrown)) this.#holdBack(task, retryAfterOf(thrown));
        throw thrown;
      }
      this.#done = { ...this.#done, [task]: clock.monotonic() };
    });
    this.#history.continue();
    this.#options.onTroubles();
    return this.#untilDue();
  }

  #untilDue(): number {
    const { clock } = this.#options;
    const cadence = this.#cadence();
    const pause = nextDue(this.#doneOrHeld(cadence), cadence) - clock.monotonic();
    const untilTrouble = (this.reader.nextTrouble() ?? Number.POSITIVE_INFINITY) - clock.monotonic();
    const untilChecks = checks.map((task) => this.#untilCheck(task));
    return Math.min(pause, untilTrouble, this.#history.untilDue(), ...untilChecks);
  }

  #holdBack(task: Task, rest: number): void {
    const until = this.#options.clock.monotonic() + rest;
    this.#heldBack.set(task, Math.max(until, this.#heldBack.get(task) ?? until));
  }

  /** What was held back is due when the bank allows it, however long ago it was done. */
  #doneOrHeld(cadence: Cadence): Done {
    const held = [...this.#heldBack].map(([task, until]) => [task, until - cadence[task]] as const);
    return { ...this.#done, ...Object.fromEntries(held) };
  }

  /** What the schedule wants, and what a list that left something out wants sooner. */
  #dueTasks(): readonly Task[] {
    const cadence = this.#cadence();
    const due = dueTasks(this.#doneOrHeld(cadence), cadence, this.#options.clock.monotonic());
    return [...new Set([...checks.filter((task) => this.#untilCheck(task) <= 0), ...due])];
  }

  /** For how long a list that left something out need not be repeated. It never is within a few seconds. */
  #untilCheck(task: Check): number {
    const { clock, subscriptions, loginId } = this.#options;
    const newAccount = this.reader.hasNewAccount() ? clock.monotonic() : null;
    const asks: Readonly<Record<Check, Monotonic | null>> = {
      household: this.reader.nextAsk(),
      webhooks: newAccount ?? subscriptions.nextAsk(loginId),
    };
    const wanted = asks[task];
    if (wanted === null) return untilWoken;
    const last = this.#checkedAt.get(task) ?? Number.NEGATIVE_INFINITY;
    const allowed = this.#heldBack.get(task) ?? Number.NEGATIVE_INFINITY;
    return Math.max(wanted, last + failurePause.shortest, allowed) - clock.monotonic();
  }

  /** Lists the accounts as a test: the bank refuses that until the person has approved access in the app. */
  async #tryApproval(): Promise<number> {
    const { clock, logins, loginId } = this.#options;
    const since = (this.#waitingSince ??= clock.monotonic());
    try {
      await this.reader.listAccounts();
    } catch (thrown) {
      if (!isForbidden(thrown)) throw thrown;
      logins.failed(loginId, thrown);
      return this.#pauseBeforeApproval(since);
    }
    await this.#activate(clock.now());
    return this.#readWhatIsDue();
  }

  /** Tokens that the bank refused by a mistake of its own work again afterwards. */
  async #tryStoredWhenDue(): Promise<number> {
    const { logins, loginId } = this.#options;
    const left = logins.session(loginId).untilTry();
    if (left === null) return untilWoken;
    return left > 0 ? left : this.#tryStored();
  }

  /** Tries the stored tokens, which may still work; the approval is then as old as it was. */
  async #tryStored(): Promise<number> {
    const { clock, logins, loginId } = this.#options;
    await this.reader.listAccounts();
    await this.#activate(logins.get(loginId).approvedAt ?? clock.now());
    return this.#readWhatIsDue();
  }

  #pauseBeforeApproval(since: Monotonic): number {
    const { clock, logins, loginId, pollEvery } = this.#options;
    const isFresh = clock.monotonic() - since < approvalTries.quickFor;
    const slow = Math.min(pollEvery ?? listEvery.withoutWebhooks, approvalTries.slowest);
    // Where the bank was seen to refuse so many calls, asking must not use them up.
    const allowed = durations.second / logins.transport(loginId).health().budget.perSecond;
    return isFresh && logins.get(loginId).state === 'awaiting_approval'
      ? Math.min(Math.max(approvalTries.quick, allowed), slow)
      : slow;
  }

  async #activate(approvedAt: Instant): Promise<void> {
    const { clock, logins, loginId, log } = this.#options;
    const now = clock.now();
    const activeSince = logins.get(loginId).activeSince ?? now;
    await this.reader.beginEvents(activeSince);
    const { lastSuccess } = logins.get(loginId);
    logins.change(loginId, { state: 'active', trouble: null, activeSince, approvedAt, lastSuccess: now });
    this.#done = { sweep: clock.monotonic() };
    this.#waitingSince = null;
    log.info('A login is connected.', { login: loginId });
    this.#history.beginAnew(lastSuccess);
  }
}

const faultsOfTheLine: ReadonlySet<string> = new Set(['unreachable', 'timeout', 'breaker_open']);

function isLineDown(thrown: unknown): boolean {
  return thrown instanceof BankError && faultsOfTheLine.has(thrown.fault);
}

function isHeldBack(thrown: unknown): boolean {
  return thrown instanceof BankError && thrown.fault === 'rate_limited';
}

function retryAfterOf(thrown: unknown): number {
  return thrown instanceof BankError ? (thrown.retryAfter ?? 0) : 0;
}
