import { createRailsStore } from '../../src/commands/rails-store.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import type { StageOptions } from './stage.ts';
import { clockOfToday } from './today.ts';

export type Limits = Parameters<ReturnType<typeof createRailsStore>['set']>[0];

/** A stage on whose disk something was stored before it began. */
export function withStored(fill: (store: Store) => void): StageOptions {
  return {
    settings: { MONZO_BRIDGE_SECRET_KEY: '0'.repeat(64) },
    prepare: (directory) => {
      const store = openStore({ directory, clock: clockOfToday, secretKey: new Uint8Array(32) });
      fill(store);
      store.close();
    },
  };
}

/** Limits that were stored before, also for accounts and pots that are gone: the API refuses those. */
export function withLimits(limits: Limits): StageOptions {
  return withStored((store) => {
    createRailsStore(store, clockOfToday).set(limits, { door: 'page', user: null });
  });
}
