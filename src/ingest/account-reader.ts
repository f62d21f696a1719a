import type { Clock } from '../clock.ts';
import { mayHavePots, type Account } from '../domain/bank.ts';
import type { Observation } from '../domain/observation.ts';
import type { Instant } from '../domain/values.ts';
import { balanceFirst, listOverlap, readableReach, sweep } from '../limits.ts';
import type { MonzoClient } from '../monzo/monzo-client.ts';
import type { Store } from '../store/store.ts';
import type { Ingest } from './ingest.ts';

export interface AccountReaderOptions {
  readonly client: MonzoClient;
  readonly ingest: Ingest;
  readonly store: Store;
  readonly clock: Clock;
}

/** A list that was read to its end. */
export interface Listed {
  readonly begunAt: Instant;
  /** False where a row of it could not be read. */
  readonly isWhole: boolean;
}

export type AccountReader = ReturnType<typeof createAccountReader>;

/** Reads one account's transactions, balance and pots through one login, and hands what it learns to ingest. */
export function createAccountReader({ client, ingest, store, clock }: AccountReaderOptions) {
  const readMoney = (account: Account, signal?: AbortSignal) => moneyOf(client, account, signal);

  /** The balance comes with the event, but an event never waits long for it. */
  const readMoneyInTime = async (account: Account): Promise<readonly Observation[]> => {
    const giveUp = new AbortController();
    const tooLate = clock.wait(balanceFirst, giveUp.signal).then(
      () => [],
      () => [],
    );
    try {
      return await Promise.race([readMoney(account, giveUp.signal).catch(() => []), tooLate]);
    } finally {
      giveUp.abort(new Error('no longer needed'));
    }
  };

  const listSince = async (account: Account, since: Instant, signal?: AbortSignal): Promise<Listed> => {
    const begunAt = clock.now();
    let money: readonly Observation[] | null = null;
    let isWhole = true;
    await client.allTransactions({
      accountId: account.id,
      since,
      onPage: async ({ at, value: transactions }) => {
        const page: Observation = { kind: 'transactions', at, accountId: account.id, transactions };
        if (!ingest.isNews(page)) return;
        money ??= await readMoneyInTime(account);
        ingest.observe([...money, page]);
      },
      onUnreadable: () => {
        isWhole = false;
      },
      signal,
    });
    return { begunAt, isWhole };
  };

  return {
    /** The balance and, where there may be some, the pots. Throws where either cannot be read. */
    readMoney,

    /** Lists what is new since the last list, with an overlap. */
    listNew: async (account: Account, signal?: AbortSignal): Promise<void> => {
      await listSince(account, newSince(account, { ingest, store, clock }), signal);
    },

    /** Lists everything since an instant. */
    listSince,

    /** Lists the last weeks whole, for changes that no list of new rows shows. */
    sweep: async (account: Account): Promise<void> => {
      await listSince(account, clock.now() - sweep.reach);
    },
  };
}

async function moneyOf(
  client: MonzoClient,
  account: Account,
  signal?: AbortSignal,
): Promise<readonly Observation[]> {
  const [balance, pots] = await Promise.all([
    client.balance(account.id, { signal }),
    mayHavePots(account) ? client.pots(account.id, { signal }) : null,
  ]);
  return [
    { kind: 'balance', at: balance.at, accountId: account.id, balance: balance.value },
    ...(pots ? [{ kind: 'pots' as const, at: pots.at, accountId: account.id, pots: pots.value }] : []),
  ];
}

/** From where a list shows everything that is new. */
function newSince(
  account: Account,
  { ingest, store, clock }: Pick<AccountReaderOptions, 'ingest' | 'store' | 'clock'>,
): Instant {
  const { eventsSince } = ingest.knowledge();
  const newest = store.ledger.newestCreated(account.id) ?? eventsSince.get(account.id) ?? clock.now();
  const begin = Math.min(newest, clock.now()) - listOverlap;
  return Math.max(begin, clock.now() - readableReach);
}
