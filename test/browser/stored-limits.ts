import { systemClock } from '../../src/clock.ts';
import { createRailsStore } from '../../src/commands/rails-store.ts';
import { openStore } from '../../src/store/store.ts';
import type { StageOptions } from './stage.ts';

export type Limits = Parameters<ReturnType<typeof createRailsStore>['set']>[0];

/** Limits that were stored before the stage began, also for accounts and pots that are gone: the API refuses those. */
export function withLimits(limits: Limits): StageOptions {
  return {
    settings: { MONZO_BRIDGE_SECRET_KEY: '0'.repeat(64) },
    prepare: (directory) => {
      const store = openStore({ directory, clock: systemClock, secretKey: new Uint8Array(32) });
      createRailsStore(store, systemClock).set(limits, { door: 'page', user: null });
      store.close();
    },
  };
}
