import { unlessAborted, withDeadline } from '../async.ts';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { signOutTimeout } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Webhook } from '../monzo/wire.ts';
import type { LoginRegistry } from './registry.ts';

export interface SignOutOptions {
  readonly loginId: string;
  readonly registry: LoginRegistry;
  /** Every account this login is known to see. */
  readonly accountIds: readonly string[];
  /** Whether we registered a webhook: Monzo also lists those of other programs that use the same client. */
  readonly isOurs: (webhook: Webhook) => boolean;
  /** The bank's ids of webhooks that we registered; no list may show them yet. */
  readonly webhookIds: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Signs a login out at Monzo before it is removed: deletes the webhooks it registered for us, then ends its tokens.
 * Gives up after ten seconds, logs what could not be done, and never throws.
 */
export async function signOut(options: SignOutOptions): Promise<void> {
  const { loginId, registry, clock, log } = options;
  const late = () => new Error('Monzo did not answer in time.');
  const both = async (signal: AbortSignal): Promise<void> => {
    const attempt = async (sentence: string, work: Promise<void>): Promise<void> => {
      try {
        await unlessAborted(work, signal);
      } catch (thrown) {
        log.warn(sentence, { login: loginId, reason: messageOf(thrown) });
      }
    };
    await attempt(
      'Webhooks of a removed login may be left at Monzo; their calls are refused.',
      deleteWebhooks(options, signal),
    );
    await attempt(
      'Monzo could not be told that a login ends; its tokens are forgotten here.',
      registry.session(loginId).end(signal),
    );
  };
  // Each attempt has logged why it failed.
  await withDeadline({ clock, ms: signOutTimeout, late }, both).catch(() => undefined);
}

async function deleteWebhooks(options: SignOutOptions, signal: AbortSignal): Promise<void> {
  const { registry, accountIds, isOurs, webhookIds, log, loginId } = options;
  const client = registry.client(loginId);
  const ids = new Set(webhookIds);
  for (const accountId of accountIds) {
    const { value: webhooks } = await client.webhooks(accountId, { signal });
    for (const { id } of webhooks.filter(isOurs)) ids.add(id);
  }
  for (const id of ids) await client.deleteWebhook(id, { signal });
  if (ids.size > 0) log.info('Webhooks were deleted at Monzo.', { login: loginId, deleted: ids.size });
}
