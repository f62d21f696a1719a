import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { signOutPatience } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Webhook } from '../monzo/wire-rows.ts';
import type { LoginRegistry } from './registry.ts';

export interface SignOutOptions {
  readonly loginId: string;
  readonly registry: LoginRegistry;
  /** Every account this login is known to see. */
  readonly accountIds: readonly string[];
  /** Whether we registered a webhook: Monzo also lists those of other programs that use the same client. */
  readonly isOurs: (webhook: Webhook) => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Takes leave of Monzo before a login is removed: deletes the webhooks it registered for us, then ends its tokens.
 * Does what can be done within a few seconds, tells what could not be, and never throws.
 */
export async function signOut(options: SignOutOptions): Promise<void> {
  const { loginId, registry, clock, log } = options;
  const over = new AbortController();
  const tooLate = new AbortController();
  const timer = clock.wait(signOutPatience, over.signal).then(
    () => tooLate.abort(new Error('Monzo did not answer in time.')),
    () => undefined,
  );
  const attempt = async (sentence: string, work: () => Promise<void>): Promise<void> => {
    try {
      await Promise.race([work(), cutShort(tooLate.signal)]);
    } catch (thrown) {
      log.warn(sentence, { login: loginId, reason: messageOf(thrown) });
    }
  };
  await attempt('Webhooks of a removed login may be left at Monzo; what they send will be refused.', () =>
    deleteWebhooks(options, tooLate.signal),
  );
  await attempt('Monzo could not be told that a login ends; its tokens are forgotten here.', () =>
    registry.session(loginId).end(tooLate.signal),
  );
  over.abort(new Error('done'));
  await timer;
}

async function deleteWebhooks(options: SignOutOptions, signal: AbortSignal): Promise<void> {
  const { registry, accountIds, isOurs, log, loginId } = options;
  const client = registry.client(loginId);
  let deleted = 0;
  for (const accountId of accountIds) {
    const { value: webhooks } = await client.webhooks(accountId, { signal });
    for (const webhook of webhooks.filter(isOurs)) {
      await client.deleteWebhook(webhook.id, { signal });
      deleted += 1;
    }
  }
  if (deleted > 0) log.info('Webhooks were deleted at Monzo.', { login: loginId, deleted });
}

function cutShort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
