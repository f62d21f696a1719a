import type { Account } from '../domain/account.ts';
import type { Instant } from '../domain/values.ts';
import { readableReach } from '../limits.ts';
import { BankError } from '../monzo/bank-error.ts';
import { listSince, type ReadingTools } from './account-reading.ts';
import { accountFaultOf } from './account-troubles.ts';

export interface BeginningTools extends ReadingTools {
  /** Whether the bank tells the time, so that the clock is right. */
  readonly isTimeTold: () => boolean;
}

/**
 * Decides from when on the transactions of accounts are events: from now on, or from `since`, where the login was active
 * before. Where the bank does not tell the time, our clock may be wrong by days and decides nothing: then what the bank
 * lists now was before, and everything newer is an event.
 */
export async function beginEvents(
  tools: BeginningTools,
  accounts: readonly Account[],
  since: Instant,
): Promise<void> {
  const { ingest, clock, isTimeTold } = tools;
  const now = clock.now();
  if (isTimeTold())
    return ingest.beginEvents(
      accounts.map(({ id }) => id),
      Math.min(since, now),
      now,
    );
  const undecided = accounts.filter(({ id }) => !ingest.knowledge().eventsSince.has(id));
  for (const account of undecided) {
    const newest = await newestListed(tools, account);
    // One account that the bank fails to list is decided later, and holds up no other.
    if (newest === 'not_listed') continue;
    if (newest === null) ingest.beginEvents([account.id], Math.min(since, now));
    else ingest.beginEvents([account.id], newest);
  }
}

/** When the newest transaction of an account was created; null where none is listed, or none may be seen. */
async function newestListed(tools: BeginningTools, account: Account): Promise<Instant | null | 'not_listed'> {
  const { clock, store } = tools;
  try {
    await listSince(tools, { account, since: Math.max(account.created, clock.now() - readableReach) });
  } catch (thrown) {
    if (accountFaultOf(thrown) === null) throw thrown;
    if (!(thrown instanceof BankError) || thrown.retryable) return 'not_listed';
  }
  return store.ledger.newestCreated(account.id);
}
