import { coalescedBy, sleep } from '../async.ts';
import type { Clock } from '../clock.ts';
import { nextBalanceAsk } from '../domain/balance-agreement.ts';
import type { Ingest } from './ingest.ts';
import type { Store } from '../store/store.ts';
import type { PollerPool } from './poller-pool.ts';

export interface BalanceRereadingOptions {
  readonly ingest: Pick<Ingest, 'doubtOf' | 'onDoubt'>;
  readonly pool: Pick<PollerPool, 'readBalance'>;
  readonly store: Pick<Store, 'learnt'>;
  readonly clock: Clock;
}

/** Reads a balance that does not agree with what has moved again, until it does. Returns what ends that. */
export function startBalanceRereading(options: BalanceRereadingOptions): () => Promise<void> {
  const { ingest, pool, clock } = options;
  const stop = new AbortController();
  const reread = coalescedBy(async (accountId: string) => {
    for (let doubt = ingest.doubtOf(accountId); doubt !== null;) {
      const now = clock.monotonic();
      if (!(await sleep(clock, nextBalanceAsk(doubt, now) - now, stop.signal))) return;
      if (ingest.doubtOf(accountId) === null) return;
      // Where it cannot be read, it is read again at the next time.
      const loginId = await pool.readBalance(accountId).catch(() => null);
      const { since } = doubt;
      doubt = ingest.doubtOf(accountId);
      if (doubt === null && loginId !== null) learnLag(options, loginId, clock.monotonic() - since);
    }
  });
  const unsubscribe = ingest.onDoubt((accountId) => void reread(accountId));
  return async () => {
    unsubscribe();
    stop.abort(new Error('the bridge is stopping'));
  };
}

function learnLag({ store: { learnt } }: BalanceRereadingOptions, loginId: string, lag: number): void {
  if (lag > (learnt.of(loginId).balanceLag ?? 0)) learnt.save(loginId, { balanceLag: Math.round(lag) });
}
