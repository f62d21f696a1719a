import { z } from 'zod';
import { isWebAddress } from '../domain/web-address.ts';
import { BankError } from '../monzo/transport.ts';
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
  .refine(isWebAddress, 'expected an address that starts with http:// or https://');

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
    run: async ({ account: named, title, body: text, image_url: imageUrl = defaultImage, url }) => {
      const account = await accountNamed(tools, named);
      const client = bankOf(tools, account);
      try {
        await client.feedItem({
          accountId: account.id,
          title,
          imageUrl,
          body: text,
          url,
          priority: 'doorbell',
        });
      } catch (thrown) {
        if (!(thrown instanceof BankError) || thrown.effect === 'none') throw thrown;
        return notConfirmed(account.id);
      }
      return done({ account: account.id });
    },
  });
}

function notConfirmed(account: string): CommandResult {
  const sentence =
    'Monzo has not confirmed the feed item, so it may or may not be there. It is not sent again by itself; look in the Monzo app before you ask once more.';
  return { status: 'unknown', data: { account, sentence } };
}
