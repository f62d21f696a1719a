import type { HistoryProgress, MissingHistory } from './login.ts';
import type { Instant } from './values.ts';

/** The fault of a part of the history that was not tried yet. */
export const unread = 'unread';

/** The fault of a part of an account that the bank refused to list at all, although it had listed it. */
export const nothingListed = 'nothing_listed';

/** Refusals that only a new approval can change; what failed for any other reason is tried again by itself. */
export const untilApproved: ReadonlySet<string> = new Set([
  'verification_required',
  'no_permission',
  'bad_request',
  'not_found',
]);

/** Whether all of an account's transactions since an instant were read. */
export function isReadSince(progress: HistoryProgress, accountId: string, since: Instant): boolean {
  const { state, accounts, missing } = progress;
  if (state === 'not_started' || accounts?.includes(accountId) === false) return false;
  return missing.every((part) => part.accountId !== accountId || part.before <= since);
}

interface HistoryAccount {
  readonly id: string;
  /** When the account was opened. */
  readonly created: Instant;
}

export interface HistoryPlan {
  readonly accounts: readonly HistoryAccount[];
  readonly now: Instant;
  /** From when on an account can be listed at any time. */
  readonly edgeOf: (accountId: string) => Instant;
  /** Since when nothing was read before now; null where nothing ever was. */
  readonly unreadSince: Instant | null;
}

/** The progress with all that is to be read of accounts that are new to it, and of a time when nothing could be read. */
export function planned(progress: HistoryProgress, plan: HistoryPlan): HistoryProgress {
  const known = new Set(progress.accounts ?? []);
  const added = plan.accounts.flatMap((account) =>
    known.has(account.id) ? gapOf(account, plan) : partsOf(account, plan),
  );
  if (added.length === 0) return progress;
  const accounts = [...new Set([...known, ...plan.accounts.map(({ id }) => id)])];
  return { ...progress, state: 'running', missing: [...progress.missing, ...added], accounts };
}

/** What is older than the edge can be read right after an approval only, so it is a part of its own. */
function partsOf({ id, created }: HistoryAccount, { now, edgeOf }: HistoryPlan): readonly MissingHistory[] {
  const edge = edgeOf(id);
  const recent = { accountId: id, before: now, fault: unread };
  if (created >= edge) return [recent];
  return [
    { accountId: id, before: edge, fault: unread },
    { ...recent, since: edge },
  ];
}

function gapOf({ id }: HistoryAccount, { unreadSince, edgeOf }: HistoryPlan): readonly MissingHistory[] {
  if (unreadSince === null) return [];
  const edge = edgeOf(id);
  if (unreadSince >= edge) return [];
  return [{ accountId: id, since: unreadSince, before: edge, fault: unread }];
}

/** The progress in which what is missing because of such a fault is to be tried again. */
export function again(progress: HistoryProgress, isTriedAgain: (fault: string) => boolean): HistoryProgress {
  const missing = progress.missing.map((part) =>
    part.fault !== unread && isTriedAgain(part.fault) ? { ...part, fault: unread } : part,
  );
  return { ...progress, missing };
}

/** The progress in which no part lies on both sides of its account's edge. */
export function splitAtEdges(progress: HistoryProgress, edgeOf: HistoryPlan['edgeOf']): HistoryProgress {
  const missing = progress.missing.flatMap((part) => {
    const edge = edgeOf(part.accountId);
    if (part.before <= edge || (part.since ?? Number.NEGATIVE_INFINITY) >= edge) return [part];
    return [
      { ...part, before: edge },
      { ...part, since: edge },
    ];
  });
  return { ...progress, missing };
}

/** The progress in which other parts take the place of one. */
export function withParts(
  progress: HistoryProgress,
  part: MissingHistory,
  parts: readonly MissingHistory[],
): HistoryProgress {
  return { ...progress, missing: progress.missing.flatMap((one) => (one === part ? parts : [one])) };
}

/** The progress that knows nothing of an account: all of it is to be read once it is an account of the plan again. */
export function withoutAccount(progress: HistoryProgress, accountId: string): HistoryProgress {
  const missing = progress.missing.filter((part) => part.accountId !== accountId);
  const { accounts, ...rest } = progress;
  return {
    ...rest,
    missing,
    ...(accounts && { accounts: accounts.filter((id) => id !== accountId) }),
  };
}

/**
 * The progress at the end of a reading: parts that follow each other and are missing for one reason become one.
 * `heldIn` counts the transactions that the ledger holds of an account and a time.
 */
export function concluded(
  progress: HistoryProgress,
  heldIn: (accountId: string, since: Instant, before: Instant) => number,
): HistoryProgress {
  const byTime = progress.missing.toSorted((a, b) => a.before - b.before);
  const missing: MissingHistory[] = [];
  for (const part of byTime) {
    const place = missing.findIndex(
      ({ accountId, before, fault }) =>
        accountId === part.accountId && before === part.since && fault === part.fault,
    );
    const earlier = missing[place];
    if (earlier) missing[place] = { ...earlier, before: part.before };
    else missing.push(part);
  }
  const counted = missing.map((part) => ({
    ...part,
    held: heldIn(part.accountId, part.since ?? 0, part.before),
  }));
  return { ...progress, state: missing.length === 0 ? 'complete' : 'partial', missing: counted };
}
