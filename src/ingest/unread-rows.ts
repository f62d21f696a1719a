import type { Clock } from '../clock.ts';
import { shouldFollow } from '../domain/schedule.ts';
import type { Instant } from '../domain/values.ts';
import { follow } from '../limits.ts';
import type { Listed } from './account-reading.ts';

interface Unread {
  readonly accountId: string;
  readonly since: Instant;
  /** Null before it was first asked for by its id. */
  lookedAt: Instant | null;
}

export interface UnreadRowsOptions {
  readonly clock: Clock;
  /** Whether the ledger holds a transaction. */
  readonly isHeld: (id: string) => boolean;
}

/**
 * The unknown transactions that lists have shown in a format that could not be read. Each is asked for by its id, less
 * often as time passes, until one way or the other it could be read. A start begins anew.
 */
export type UnreadRows = ReturnType<typeof createUnreadRows>;

export function createUnreadRows({ clock, isHeld }: UnreadRowsOptions) {
  const unread = new Map<string, Unread>();
  const of = (accountId: string) => {
    for (const id of unread.keys()) if (isHeld(id)) unread.delete(id);
    return [...unread].filter(([, row]) => row.accountId === accountId);
  };
  return {
    /** Takes in what a list showed. */
    listed(accountId: string, { unreadable }: Pick<Listed, 'unreadable'>): void {
      for (const id of unreadable)
        if (!unread.has(id) && !isHeld(id)) unread.set(id, { accountId, since: clock.now(), lookedAt: null });
    },
    /** The ids of those of an account that are to be asked for now. */
    due(accountId: string): readonly string[] {
      const now = clock.now();
      const isDue = ({ since, lookedAt }: Unread) =>
        lookedAt === null || shouldFollow({ created: since, lookedAt }, now, follow);
      const rows = of(accountId).filter(([, row]) => isDue(row));
      for (const [, row] of rows) row.lookedAt = now;
      return rows.map(([id]) => id);
    },
    /** When the first of those of an account was listed; null where there is none. */
    since: (accountId: string): Instant | null => {
      const rows = of(accountId);
      return rows.length === 0 ? null : Math.min(...rows.map(([, { since }]) => since));
    },
  };
}
