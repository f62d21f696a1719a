import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { signOut } from '../logins/sign-out.ts';
import type { LoginRegistry } from '../logins/registry.ts';
import type { Ingest } from './ingest.ts';
import type { PollerPool } from './poller-pool.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface RemovalOptions {
  readonly registry: LoginRegistry;
  readonly pool: PollerPool;
  readonly ingest: Ingest;
  readonly subscriptions: Subscriptions;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Removes a login: at Monzo what can be removed there, then what only it could see (unless history is kept), last its
 * tokens and itself. Where this breaks off the login is still there and can be removed again. Throws `unknown_login`.
 */
export function createRemoval(options: RemovalOptions) {
  const { registry, pool, ingest } = options;
  return async (loginId: string, keepHistory: boolean): Promise<void> => {
    registry.get(loginId);
    await pool.dismiss(loginId);
    try {
      if (mayBeHeard(registry, loginId)) await takeLeaveOfMonzo(options, loginId);
      await ingest.forget(loginId, { keepHistory });
      registry.remove(loginId);
      options.subscriptions.forget(loginId);
    } finally {
      // A sign-in that came back meanwhile has begun to read it again.
      if (registry.has(loginId)) pool.attend(loginId);
      else await pool.dismiss(loginId);
    }
  };
}

function mayBeHeard(registry: LoginRegistry, loginId: string): boolean {
  return registry.get(loginId).state !== 'needs_authorisation' && registry.session(loginId).hasTokens();
}

function takeLeaveOfMonzo(options: RemovalOptions, loginId: string): Promise<void> {
  const { ingest, subscriptions } = options;
  const accounts = ingest.knowledge().accounts.get(loginId)?.value ?? [];
  return signOut({
    ...options,
    loginId,
    accountIds: accounts.map(({ id }) => id),
    isOurs: (webhook) => subscriptions.isOurs(webhook),
  });
}
