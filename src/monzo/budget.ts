import { sleep } from '../async.ts';
import type { Clock } from '../clock.ts';

/** The order in which calls are let through: money first, then what has just happened, routine, and what is long past. */
export type Priority = 'money' | 'doorbell' | 'poll' | 'history';

const order: readonly Priority[] = ['money', 'doorbell', 'poll', 'history'];

export interface BudgetSize {
  /** The size of the bucket: how many calls may be made at once after a quiet time. */
  readonly capacity: number;
  /** How many more may be made each second. */
  readonly perSecond: number;
  /** How many calls of the bucket only money may use. */
  readonly keptForMoney?: number;
}

export interface BudgetOptions {
  readonly clock: Clock;
  /** May change at any moment. */
  readonly size: () => BudgetSize;
}

/** How many calls of the bucket each kind leaves to those before it. */
const left: Readonly<Record<Priority, (size: BudgetSize) => number>> = {
  money: () => 0,
  doorbell: ({ keptForMoney = 0 }) => keptForMoney,
  poll: ({ keptForMoney = 0 }) => keptForMoney,
  history: ({ capacity }) => Math.floor(capacity / 2),
};

export interface Budget {
  /** Resolves when a call may be made; rejects with the signal's reason. */
  take(priority: Priority, signal?: AbortSignal): Promise<void>;
  /** How many calls could be made right now. */
  available(): number;
  /** Rejects all who wait. */
  dismiss(reason: () => Error): void;
}

interface Waiter {
  readonly priority: Priority;
  readonly admit: () => void;
  readonly refuse: (reason: Error) => void;
}

/** A bucket of calls that fills up steadily. It starts full, and sets a timer only while someone waits. */
export function createBudget({ clock, size }: BudgetOptions): Budget {
  const line = createLine();
  let available = size().capacity;
  let filledAt = clock.monotonic();
  let serving: AbortController | null = null;

  const refill = () => {
    const now = clock.monotonic();
    const { capacity, perSecond } = size();
    available = Math.min(capacity, available + ((now - filledAt) * perSecond) / 1_000);
    filledAt = now;
  };
  const needed = (priority: Priority) => 1 + left[priority](size());
  const takeAtOnce = (priority: Priority): boolean => {
    refill();
    if (available < needed(priority)) return false;
    available -= 1;
    return true;
  };
  const untilNext = async ({ priority }: Waiter, signal: AbortSignal) => {
    const missing = ((needed(priority) - available) * 1_000) / size().perSecond;
    await sleep(clock, Math.max(1, Math.ceil(missing)), signal);
  };
  /** Runs once at a time while the line is not empty. */
  const serve = async () => {
    if (serving) return;
    const mine = new AbortController();
    serving = mine;
    for (let waiter = line.first(); waiter && !mine.signal.aborted; waiter = line.first()) {
      if (takeAtOnce(waiter.priority)) waiter.admit();
      else await untilNext(waiter, mine.signal);
    }
    serving = null;
    if (line.first()) void serve();
  };
  const stopIfEmpty = () => {
    if (!line.first()) serving?.abort();
  };

  return {
    take(priority, signal) {
      if (!line.first() && signal?.aborted !== true && takeAtOnce(priority)) return Promise.resolve();
      const admitted = line.join(priority, signal).finally(stopIfEmpty);
      // Who was waited for may have less of a claim.
      serving?.abort();
      void serve();
      return admitted;
    },
    available() {
      refill();
      return Math.floor(available);
    },
    dismiss(reason) {
      for (const waiter of line.all()) waiter.refuse(reason());
    },
  };
}

/** The callers who wait: by priority, then by when they came. */
function createLine() {
  const queues = new Map<Priority, Set<Waiter>>(order.map((priority) => [priority, new Set()]));
  const all = (): readonly Waiter[] => order.flatMap((priority) => [...(queues.get(priority) ?? [])]);
  const first = (): Waiter | undefined => {
    for (const priority of order) for (const waiter of queues.get(priority) ?? []) return waiter;
    return undefined;
  };
  const join = (priority: Priority, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const leave = () => {
        signal?.removeEventListener('abort', abandon);
        queues.get(priority)?.delete(waiter);
      };
      const waiter: Waiter = {
        priority,
        admit: () => {
          leave();
          resolve();
        },
        refuse: (reason) => {
          leave();
          reject(reason);
        },
      };
      const abandon = () => waiter.refuse(signal?.reason as Error);
      signal?.addEventListener('abort', abandon, { once: true });
      queues.get(priority)?.add(waiter);
    });
  return { all, join, first };
}
