import { sleep } from '../async.ts';
import type { Account } from '../domain/account.ts';
import {
  concluded,
  nothingListed,
  splitAtEdges,
  unread,
  withoutAccount,
  withParts,
} from '../domain/history.ts';
import type { HistoryProgress, MissingHistory } from '../domain/login.ts';
import type { Instant } from '../domain/values.ts';
import { durations, history, readableReach, reachSteps } from '../limits.ts';
import { BridgeError } from '../errors.ts';
import { BankError } from '../monzo/bank-error.ts';
import type { ReadingTools } from './account-reading.ts';
import { learnReach, lists, mayRefuseReach, reachOf } from './reach.ts';

export interface HistoryOptions extends ReadingTools {
  readonly accounts: readonly Account[];
  /** What is to be read: each part whose fault is `unread`. */
  readonly progress: HistoryProgress;
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

/** Faults that every other call would meet now as well. */
const ofEveryCall: ReadonlySet<string> = new Set(['rate_limited', 'breaker_open', 'unreachable']);

/**
 * Reads what is to be read of the history. The bank shows old transactions only for about five minutes after the approval,
 * so they come first, the youngest of them before the older ones. The result also names what could not be read; each slice
 * that was read is reported at once, so that another reading goes on from there. Throws where the login itself is in
 * trouble.
 */
export async function readHistory(options: HistoryOptions): Promise<HistoryProgress> {
  const { onProgress } = options;
  const edgeOf = (accountId: string) => options.clock.now() - reachOf(options, accountId);
  let progress: HistoryProgress = { ...splitAtEdges(options.progress, edgeOf), state: 'running' };
  const report = (next: HistoryProgress) => {
    progress = next;
    onProgress(progress);
  };
  report(progress);
  for (let part = nextPart(options, progress); part; part = nextPart(options, progress)) {
    const slice = sliceOf(options, part);
    if (slice === null) report(withParts(progress, part, []));
    else {
      const outcome = await readSlice(options, slice);
      const read = progress.read + outcome.read;
      const parts = await leftOf(options, { part, slice, ...outcome });
      const next =
        parts === 'never_listed'
          ? withoutAccount(progress, part.accountId)
          : withParts(progress, part, parts);
      report({ ...next, read });
      if (outcome.error && ofEveryCall.has(outcome.error.code)) report(stopped(progress, outcome.error.code));
    }
  }
  const { ledger } = options.store;
  return concluded(progress, (...span) => ledger.countBetween(...span));
}

/** The youngest of the old parts, then the youngest of the others. */
function nextPart(options: HistoryOptions, { missing }: HistoryProgress): MissingHistory | undefined {
  const { accounts, clock } = options;
  const toRead = missing.filter(
    (part) => part.fault === unread && accounts.some(({ id }) => id === part.accountId),
  );
  const isOld = ({ accountId, before }: MissingHistory) =>
    before <= clock.now() - reachOf(options, accountId);
  const byYouth = toRead.toSorted((a, b) => b.before - a.before);
  return byYouth.find(isOld) ?? byYouth[0];
}

/** At most a quarter of a year, because the bank refuses more than a year; null where nothing is left of the part. */
function sliceOf(
  { accounts, clock }: HistoryOptions,
  { accountId, since, before }: MissingHistory,
): Slice | null {
  const account = accounts.find(({ id }) => id === accountId);
  if (!account) return null;
  const begin = Math.max(since ?? account.created, clock.now() - history.reach);
  return begin < before ? { account, since: Math.max(begin, before - history.slice), before } : null;
}

interface Outcome {
  readonly read: number;
  readonly error: BridgeError | null;
}

async function readSlice(options: HistoryOptions, { account, since, before }: Slice): Promise<Outcome> {
  const { client, ingest, clock, signal, loginId } = options;
  for (let attempt = 1; ; attempt += 1) {
    let read = 0;
    try {
      await client.allTransactions({
        accountId: account.id,
        since,
        before,
        signal,
        priority: 'history',
        onPage: ({ at, value: transactions }) => {
          read += transactions.length;
          ingest.observe([{ kind: 'transactions', at, loginId, accountId: account.id, transactions }]);
        },
      });
      return { read, error: null };
    } catch (thrown) {
      if (signal.aborted || !isOfTheBank(thrown)) throw thrown;
      // A refusal may be one by chance, and what is refused in these minutes is refused until the next approval.
      const mayPass = thrown.retryable || thrown.code === 'no_permission';
      const isForNothing = ofEveryCall.has(thrown.code) || attempt === tries;
      if (!mayPass || isForNothing) return { read: 0, error: thrown };
      await sleep(clock, restBetweenTries, signal);
    }
  }
}

interface Tried extends Outcome {
  readonly part: MissingHistory;
  readonly slice: Slice;
}

/** What is left of a part after one of its slices was tried; `never_listed` where the bank has not listed the account yet. */
async function leftOf(
  options: HistoryOptions,
  { part, slice, error }: Tried,
): Promise<readonly MissingHistory[] | 'never_listed'> {
  if (error === null) return [{ ...part, before: slice.since }];
  if (!mayRefuseReach(error)) {
    if (error.needsPerson) throw error;
    return [{ ...part, fault: error.code }];
  }
  const { client, clock, signal } = options;
  const { since, before } = slice;
  const accountId = slice.account.id;
  const isYoung = before > clock.now() - readableReach;
  const isShown = isYoung && (await lists(options, { accountId, since, signal }));
  if (isShown && error.code === 'no_permission') return [{ ...part, fault: nothingListed }];
  if (isYoung && !isShown) {
    const edge = (await learnReach(options, { accountId, since, signal })) ?? clock.now();
    if (edge < before)
      return [
        { ...part, before: edge, fault: error.code },
        { ...part, since: edge },
      ];
  }
  const nearest = clock.now() - Math.min(...reachSteps);
  if (await lists(options, { accountId, since: nearest, signal })) return [{ ...part, fault: error.code }];
  // Where the bank refuses the accounts too, the approval has lapsed: this throws.
  await client.accounts({ signal });
  if (error.code !== 'no_permission') return [{ ...part, fault: error.code }];
  // Some account types list no transactions at all: nothing is missing then. One that was listed is listed again.
  const wasListed = options.store.ledger.newestCreated(accountId) !== null;
  return wasListed ? [{ ...part, fault: nothingListed }] : 'never_listed';
}

function isOfTheBank(thrown: unknown): thrown is BridgeError {
  return thrown instanceof BankError || (thrown instanceof BridgeError && thrown.code === 'unknown_shape');
}

function stopped(progress: HistoryProgress, fault: string): HistoryProgress {
  const missing = progress.missing.map((part) => (part.fault === unread ? { ...part, fault } : part));
  return { ...progress, missing };
}
