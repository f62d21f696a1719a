import type { Clock } from '../clock.ts';
import type { Account } from '../domain/account.ts';
import type { HistoryProgress, MissingHistory } from '../domain/login.ts';
import type { Instant } from '../domain/values.ts';
import { durations, history, readableReach } from '../limits.ts';
import type { MonzoClient } from '../monzo/monzo-client.ts';
import { BankError, type BankFault } from '../monzo/bank-error.ts';
import type { Ingest } from './ingest.ts';

export interface HistoryOptions {
  readonly loginId: string;
  readonly client: MonzoClient;
  readonly ingest: Ingest;
  readonly clock: Clock;
  readonly accounts: readonly Account[];
  readonly onProgress: (progress: HistoryProgress) => void;
  readonly signal: AbortSignal;
}

interface Slice {
  readonly account: Account;
  readonly since: Instant;
  readonly before: Instant;
}

const tries = 3;
const restBetweenTries = 2 * durations.second;

/**
 * Reads everything the bank still has. The bank shows more than the last ninety days only for about five minutes after
 * the approval, so the old slices come first, the youngest of them before the older ones. The result also names what
 * could not be read.
 */
export async function readHistory(options: HistoryOptions): Promise<HistoryProgress> {
  const { accounts, clock, onProgress } = options;
  const now = clock.now();
  const edge = now - readableReach;
  let read = 0;
  const missing: MissingHistory[] = [];
  const refused = new Set<string>();
  const readAll = async (slices: readonly Slice[]): Promise<void> => {
    for (const slice of slices) {
      if (refused.has(slice.account.id)) continue;
      const outcome = await readSlice(options, slice);
      read += outcome.read;
      onProgress({ state: 'running', read, missing: [] });
      if (outcome.fault === null) continue;
      refused.add(slice.account.id);
      missing.push({ accountId: slice.account.id, before: slice.before, fault: outcome.fault });
    }
  };
  onProgress({ state: 'running', read, missing: [] });
  await readAll(
    byYouth(
      accounts.flatMap((account) => slicesOf(account, Math.max(account.created, now - history.reach), edge)),
    ),
  );
  refused.clear();
  await readAll(
    byYouth(accounts.flatMap((account) => slicesOf(account, Math.max(edge, account.created), now))),
  );
  return { state: missing.length === 0 ? 'complete' : 'partial', read, missing };
}

/** Windows of at most a quarter of a year, youngest first; the bank refuses windows of more than a year. */
function slicesOf(account: Account, since: Instant, before: Instant): readonly Slice[] {
  const slices: Slice[] = [];
  for (let end = before; end > since; end -= history.slice)
    slices.push({ account, since: Math.max(since, end - history.slice), before: end });
  return slices;
}

function byYouth(slices: readonly Slice[]): readonly Slice[] {
  return slices.toSorted((a, b) => b.before - a.before);
}

async function readSlice(
  options: HistoryOptions,
  slice: Slice,
): Promise<{ readonly read: number; readonly fault: BankFault | null }> {
  const { client, ingest, clock, signal, loginId } = options;
  const { account, since, before } = slice;
  let read = 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.allTransactions({
        accountId: account.id,
        since,
        before,
        signal,
        onPage: ({ at, value: transactions }) => {
          read += transactions.length;
          ingest.observe([{ kind: 'transactions', at, loginId, accountId: account.id, transactions }]);
        },
      });
      return { read, fault: null };
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      if (!(thrown instanceof BankError)) throw thrown;
      if (!thrown.retryable || attempt === tries) return { read, fault: missingBy(thrown) };
      await clock.wait(restBetweenTries, signal);
    }
  }
}

/** Null where nothing is missing because of the fault: some account types list no transactions at all. */
function missingBy({ fault }: BankError): BankFault | null {
  return fault === 'no_permission' ? null : fault;
}
