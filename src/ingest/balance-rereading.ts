import { createSignal, type Signal } from '../async.ts';
import type { Clock } from '../clock.ts';
import { nextBalanceAsk } from '../domain/balance-agreement.ts';
import { durations } from '../limits.ts';
import type { Store } from '../store/store.ts';
import type { Ingest } from './ingest.ts';
import type { PollerPool } from './poller-pool.ts';

export interface BalanceRereadingOptions {
  readonly ingest: Pick<Ingest, 'doubtsOf' | 'onDoubt' | 'onLag'>;
  readonly pool: Pick<PollerPool, 'readAgain' | 'readerOf'>;
  readonly store: Pick<Store, 'learnt'>;
  readonly clock: Clock;
}

/** A balance that cannot be read for so long is left to the schedule. */
const longest = 10 * durations.minute;

/** Reads balances that do not agree with what has moved again, until they do. Returns what ends that. */
export function startBalanceRereading(options: BalanceRereadingOptions): () => Promise<void> {
  const { ingest, pool, clock } = options;
  const stop = new AbortController();
  const running = new Map<string, Signal>();
  const reread = async (accountId: string, signal: Signal) => {
    while (!stop.signal.aborted) {
      const now = clock.monotonic();
      const doubts = ingest.doubtsOf(accountId).filter(({ doubt }) => now - doubt.since < longest);
      if (doubts.length === 0) break;
      const asks = doubts.map(({ doubt }) => nextBalanceAsk(doubt, now));
      const due = Math.min(...asks);
      await signal.raised({ atMost: due - now });
      if (stop.signal.aborted || clock.monotonic() < due) continue;
      const parts = doubts.filter((_, place) => asks[place] === due).map(({ part }) => part);
      // What cannot be read is read again at the next time.
      await pool.readAgain(accountId, [...new Set(parts)]).catch(() => {});
    }
    running.delete(accountId);
  };
  const unsubscribe = ingest.onDoubt((accountId) => {
    const signal = running.get(accountId);
    if (signal !== undefined) return signal.raise();
    const started = createSignal(clock, stop.signal);
    running.set(accountId, started);
    void reread(accountId, started);
  });
  ingest.onLag(({ accountId, lag }) => {
    const loginId = pool.readerOf(accountId);
    if (loginId !== undefined) learnLag(options, loginId, lag);
  });
  return async () => {
    unsubscribe();
    stop.abort(new Error('the bridge is stopping'));
  };
}

/** Never throws: what was read is recorded by then, and must be told whether or not this can be written. */
function learnLag({ store: { learnt } }: BalanceRereadingOptions, loginId: string, lag: number): void {
  try {
    if (lag > (learnt.of(loginId).balanceLag ?? 0)) learnt.save(loginId, { balanceLag: Math.round(lag) });
  } catch {
    // A disk that is full is told elsewhere; the next lag is learnt.
  }
}
