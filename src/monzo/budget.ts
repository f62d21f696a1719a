import { sleep } from '../async.ts';
import type { Clock } from '../clock.ts';

/** Who waits for the bank first: somebody's money, then something that just happened, then routine. */
export type Priority = 'money' | 'doorbell' | 'poll';

const order: readonly Priority[] = ['money', 'doorbell', 'poll'];

export interface BudgetOptions {
  readonly clock: Clock;
  /** How many calls may be made at once after a rest. */
  readonly capacity: number;
  /** How many more may be made each second. */
  readonly perSecond: number;
}

export interface Budget {
  /** Resolves when a call may be made; rejects with the signal's reason. */
  take(priority: Priority, signal?: AbortSignal): Promise<void>;
  /** How many calls could be made right now. */
  available(): number;
  /** Sends everybody who waits away. */
  dismiss(reason: () => Error): void;
}

interface Waiter {
  readonly admit: () => void;
  readonly refuse: (reason: Error) => void;
}

/** A bucket of calls that fills up steadily. Nothing runs while nobody waits. */
export function createBudget({ clock, capacity, perSecond }: BudgetOptions): Budget {
  const line = createLine();
  let available = capacity;
  let filledAt = clock.now();
  let nap: AbortController | null = null;

  const refill = () => {
    const elapsed = Math.max(0, clock.now() - filledAt);
    filledAt = clock.now();
    available = Math.min(capacity, available + (elapsed * perSecond) / 1_000);
  };
  const rest = async (signal: AbortSignal) => {
    const missing = Math.max(1, Math.ceil(((1 - available) * 1_000) / perSecond));
    await sleep(clock, missing, signal);
  };
  /** One of these runs while somebody waits; it ends by itself, or is woken when the last one leaves. */
  const serve = async () => {
    if (nap) return;
    const mine = new AbortController();
    nap = mine;
    for (let waiter = line.first(); waiter && !mine.signal.aborted; waiter = line.first()) {
      refill();
      if (available >= 1) {
        available -= 1;
        waiter.admit();
      } else await rest(mine.signal);
    }
    nap = null;
    if (line.first()) void serve();
  };
  const wakeIfAlone = () => {
    if (!line.first()) nap?.abort(new Error('nobody waits any more'));
  };

  return {
    take(priority, signal) {
      const admitted = line.join(priority, signal).finally(wakeIfAlone);
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

/** Those who wait: the most important first, and among equals whoever came first. */
function createLine() {
  const queues = new Map<Priority, Set<Waiter>>(order.map((priority) => [priority, new Set()]));
  const all = (): readonly Waiter[] => order.flatMap((priority) => [...(queues.get(priority) ?? [])]);
  const join = (priority: Priority, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const leave = () => {
        signal?.removeEventListener('abort', abandon);
        queues.get(priority)?.delete(waiter);
      };
      const waiter: Waiter = {
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
  return { all, join, first: (): Waiter | undefined => all()[0] };
}
