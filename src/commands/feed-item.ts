import { z } from 'zod';
import { isWebAddress } from '../domain/web-address.ts';
import { BridgeError, messageOf } from '../errors.ts';
import type { FeedItem, MonzoClient } from '../monzo/client.ts';
import { BankError } from '../monzo/transport.ts';
import type { AuditEntry } from '../store/audit.ts';
import { bankOf, type BankTools } from './bank-tools.ts';
import { command, done, type Command, type CommandResult } from './command.ts';
import { accountNamed } from './targets.ts';

/** Monzo requires a picture; this is the one that Home Assistant shows for its own Monzo integration. */
const defaultImage = 'https://brands.home-assistant.io/monzo/icon.png';

/** Shown by the app, never fetched by us. */
const webAddress = z
  .string()
  .trim()
  .max(2_048)
  .refine(isWebAddress, 'must be an address that starts with http:// or https://');

const body = z.strictObject({
  account: z.string().min(1),
  title: z.string().trim().min(1).max(200),
  body: z.string().trim().max(1_000).optional(),
  image_url: webAddress.optional(),
  url: webAddress.optional(),
});

/**
 * Shows an item in the app's feed, at most once: Monzo gives it no id by which a repetition could be recognised, so one
 * whose fate is not known is told as `unknown` and never sent again.
 */
export function feedItem(tools: BankTools): Command {
  return command({
    class: 'write',
    meaning: 'Shows an item in the feed of the Monzo app.',
    body,
    run: async ({ account: named, title, body: text, image_url: imageUrl = defaultImage, url }, caller) => {
      const account = await accountNamed(tools, named);
      const client = bankOf(tools, account);
      const item = { accountId: account.id, title, imageUrl, body: text, url };
      const record: Partial<AuditEntry> = {
        ...caller,
        action: 'feed_item',
        asked: { account: account.id, title },
      };
      // Where nothing follows this row, the bridge died on the way, and nobody knows.
      tools.journal.note('sent', record);
      const result = await sent(client, item);
      noteOutcome(tools, record, result);
      if (result instanceof BridgeError) throw result;
      return result;
    },
  });
}

/** The answer to the only try, or why there surely is no item. */
async function sent(client: MonzoClient, item: FeedItem): Promise<CommandResult | BridgeError> {
  try {
    await client.feedItem({ ...item, priority: 'doorbell' });
    return done({ account: item.accountId });
  } catch (thrown) {
    if (!(thrown instanceof BridgeError)) throw thrown;
    return thrown instanceof BankError && thrown.effect === 'unknown' ? notConfirmed(item.accountId) : thrown;
  }
}

/** A disk that does not take the outcome makes it no other one. */
function noteOutcome(
  { journal, log }: BankTools,
  record: Partial<AuditEntry>,
  result: CommandResult | BridgeError,
): void {
  try {
    if (result instanceof BridgeError) {
      const { code, message: sentence, retryable } = result;
      journal.note(retryable ? 'failed' : 'refused', { ...record, code, sentence });
    } else if (result.status === 'unknown') journal.note('unresolved', { ...record, sentence: unconfirmed });
    else journal.note('done', record);
  } catch (thrown) {
    log.warn('What came of a feed item could not be written down.', { reason: messageOf(thrown) });
  }
}

const unconfirmed =
  'Monzo has not confirmed the feed item, so it may or may not be there. It is not sent again by itself; look in the Monzo app before you ask once more.';

function notConfirmed(account: string): CommandResult {
  return { status: 'unknown', data: { account, sentence: unconfirmed } };
}
