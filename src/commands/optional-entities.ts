import { z } from 'zod';
import { createNotifier } from '../async.ts';
import type { Clock } from '../clock.ts';
import {
  optionalEntitiesChangeSchema,
  type OptionalEntitiesDocument,
} from '../contract/home-assistant-data.ts';
import { isLowBalance, type LowBalance } from '../domain/low-balance.ts';
import type { AccountView, View } from '../domain/view.ts';
import { checked } from '../refusals/mistakes.ts';
import { badRequest, refuse } from '../refusals/refuse.ts';
import type { Settings } from '../store/bridge-records.ts';
import type { Store } from '../store/store.ts';
import type { Caller } from './command.ts';

/** The entities in Home Assistant that are absent until a person asks for them. */
export interface OptionalEntities {
  document(): OptionalEntitiesDocument;
  /**
   * Sets what is given; what is left out stays as it is. Throws `bad_request`, `unknown_account`, and
   * `updates_by_home_assistant` in an app.
   */
  set(given: unknown, caller: Pick<Caller, 'door' | 'user'>): OptionalEntitiesDocument;
  /** Whether the account's balance is low, as it was last read; null where it has no threshold. */
  lowBalanceOf(account: Pick<AccountView, 'id' | 'balance' | 'currency'>): LowBalance | null;
  onChange(listener: () => void): void;
}

export interface OptionalEntitiesParts {
  readonly store: Pick<Store, 'settings' | 'audit' | 'transaction'>;
  readonly clock: Clock;
  readonly view: () => View;
  /** Whether Home Assistant runs the bridge as an app, and tells of new versions itself. */
  readonly isApp: boolean;
}

const key = 'optional_entities';
const storedSchema = z
  .object({
    low_balance: z.record(z.string(), z.string()).default({}),
    feed_posts: z.boolean().default(false),
    update_check: z.boolean().default(false),
  })
  .catch({ low_balance: {}, feed_posts: false, update_check: false });

type Stored = z.output<typeof storedSchema>;

export function createOptionalEntities({
  store,
  clock,
  view,
  isApp,
}: OptionalEntitiesParts): OptionalEntities {
  const { settings, audit } = store;
  const changes = createNotifier();
  const lowBalances = createLowBalances(settings);
  // Asked for with every snapshot.
  let stored = storedSchema.parse(settings.get(key) ?? {});
  const shown = (one: Stored) => ({ ...one, update_check: isApp ? null : one.update_check });
  return {
    document: () => shown(stored),
    set: (given, { door, user }) => {
      const change = checked(optionalEntitiesChangeSchema, given);
      if ('mistakes' in change) throw badRequest(change.mistakes);
      const { value } = change;
      if (isApp && value.update_check !== undefined) throw refuse('updates_by_home_assistant', {});
      refuseUnknown(Object.keys(value.low_balance ?? {}), stored, view());
      const next = changed(stored, value);
      store.transaction(() => {
        settings.set(key, next);
        const entry = {
          door,
          user,
          action: 'set_optional_entities',
          decision: 'done',
          asked: value,
        } as const;
        audit.append(clock.now(), entry);
      });
      stored = next;
      changes.notify();
      return shown(next);
    },
    lowBalanceOf: (account) => {
      const { low_balance: thresholds } = stored;
      const threshold = Object.hasOwn(thresholds, account.id) ? thresholds[account.id] : undefined;
      return threshold === undefined ? null : lowBalances.judge(account, threshold);
    },
    onChange: (listener) => void changes.subscribe(listener),
  };
}

type Change = z.output<typeof optionalEntitiesChangeSchema>;

/** A threshold of null takes the account's away. */
function changed(before: Stored, change: Change): Stored {
  const { low_balance: thresholds = {}, feed_posts = before.feed_posts } = change;
  const { update_check = before.update_check } = change;
  const next = new Map(Object.entries(before.low_balance));
  for (const [id, threshold] of Object.entries(thresholds))
    if (threshold === null) next.delete(id);
    else next.set(id, threshold);
  return { low_balance: Object.fromEntries(next), feed_posts, update_check };
}

/** A threshold for an account that does not exist would warn of nothing, and no one would notice. */
function refuseUnknown(ids: readonly string[], { low_balance: known }: Stored, { accounts }: View): void {
  const isKnown = (id: string) => Object.hasOwn(known, id) || accounts.some((account) => account.id === id);
  if (ids.every(isKnown)) return;
  const choices = accounts.map(({ id, name }) => ({ id, name }));
  throw refuse('unknown_account', { choices });
}

const statesKey = 'low_balances';
const statesSchema = z.record(z.string(), z.object({ threshold: z.string(), low: z.boolean() })).catch({});

/** Remembers on disk which balances are low, so that a restart between threshold and recovery changes nothing. */
function createLowBalances(settings: Pick<Settings, 'get' | 'set'>) {
  const states = new Map(Object.entries(statesSchema.parse(settings.get(statesKey) ?? {})));
  let isSaved = true;
  const save = () => {
    try {
      settings.set(statesKey, Object.fromEntries(states));
      isSaved = true;
    } catch {
      // A disk that is full is told elsewhere; the next balance tries again.
    }
  };
  return {
    /** Another threshold begins anew. */
    judge: (
      { id, balance, currency }: Pick<AccountView, 'id' | 'balance' | 'currency'>,
      threshold: string,
    ): LowBalance => {
      const before = states.get(id);
      const wasLow = before?.threshold === threshold ? before.low : null;
      const isLow =
        balance === null ? wasLow : isLowBalance({ balance, currency, threshold, wasLow: wasLow === true });
      if (isLow !== null && isLow !== wasLow) {
        states.set(id, { threshold, low: isLow });
        isSaved = false;
      }
      if (!isSaved) save();
      return { threshold, isLow };
    },
  };
}
