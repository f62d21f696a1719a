import { settlesWithin } from '../async.ts';
import { commandShapes } from '../contract/command-data.ts';
import type { PollerPool } from '../ingest/poller-pool.ts';
import type { Subscriptions } from '../ingest/subscriptions.ts';
import type { Log } from '../log.ts';
import type { LoginRegistry } from '../logins/registry.ts';
import type { Store } from '../store/store.ts';
import { annotate, feedItem, refresh, timeToAnswer, type BankTools } from './bank-commands.ts';
import { accountRefusals } from '../refusals/refusal-sets.ts';
import { command, done, type Command, type CommandTable } from './command.ts';
import { decideTransfer, potTransfer, type PotTransferTools } from './pot-transfer.ts';
import type { MoneyPause } from './rails-store.ts';
import { addReceipt, receipt, removeReceipt } from './receipt-commands.ts';
import { summary, transactions, type ReadTools } from './read-commands.ts';
import { accountNamed } from './targets.ts';
import type { TransferJournal } from './transfer/journal.ts';

export interface CommandTools extends BankTools, PotTransferTools, ReadTools {
  readonly registry: LoginRegistry;
  readonly moneyPause: MoneyPause;
  readonly journal: TransferJournal;
  readonly log: Log;
  readonly pool: PollerPool;
  readonly store: Pick<Store, 'ledger' | 'transfers' | 'events' | 'names'>;
  readonly subscriptions: Subscriptions;
}

/** Every command. A door offers those whose class it opens, and adds nothing of its own. */
export function createCommands(tools: CommandTools): CommandTable {
  return new Map([
    ['refresh', refresh(tools)],
    ['transactions', transactions(tools)],
    ['summary', summary(tools)],
    ['register_webhook', webhook(tools, 'register')],
    ['unregister_webhook', webhook(tools, 'unregister')],
    ['feed_item', feedItem(tools)],
    ['annotate', annotate(tools)],
    ['receipt', receipt(tools)],
    ['add_receipt', addReceipt(tools)],
    ['remove_receipt', removeReceipt(tools)],
    ['pot_transfer', potTransfer(tools)],
    ['decide_transfer', decideTransfer(tools)],
    ['pause', pause(tools)],
    ['resume', resume(tools)],
  ]);
}

const meanings = {
  register: 'Lets Monzo ring for an account, or for all of them, and keeps it that way.',
  unregister: 'Removes our webhook of an account, or of all of them, until it is registered again.',
} as const;

const goesOn = 'Monzo is slow: this goes on by itself.';

function webhook(tools: CommandTools, what: keyof typeof meanings): Command {
  return command({
    class: 'write',
    meaning: meanings[what],
    ...commandShapes[`${what}_webhook`],
    refusals: accountRefusals,
    run: async ({ account }, caller) => {
      const { view, pool, subscriptions, clock } = tools;
      const left = timeToAnswer(clock, caller);
      const meant = account === undefined ? view().accounts : [await accountNamed(tools, account)];
      const ids = meant.map(({ id }) => id);
      if (what === 'register') subscriptions.enable(ids);
      else subscriptions.disable(ids);
      const isOver = await settlesWithin(clock, left(), pool.reconcileWebhooks());
      const found = subscriptions.all().filter(({ accountId }) => ids.includes(accountId));
      return done({
        webhooks: found.map(({ accountId, actual, trouble }) => ({
          account: accountId,
          registered: actual,
          trouble: trouble ?? (isOver || actual === (what === 'register') ? null : goesOn),
        })),
      });
    },
  });
}

function pause({ moneyPause, journal, log }: CommandTools): Command {
  return command({
    class: 'always',
    meaning: 'Stops every money move until someone who is signed in resumes.',
    ...commandShapes.pause,
    refusals: [],
    run: async (_body, { door, user }) => {
      // Whoever asks for it again and again must not fill the disk.
      if (!moneyPause.pause()) return done({ paused: true });
      journal.note('done', { action: 'pause', door, user });
      log.warn('Money moves are paused.', { door, user });
      return done({ paused: true });
    },
  });
}

function resume({ moneyPause, journal, log }: CommandTools): Command {
  return command({
    class: 'private',
    meaning: 'Lets money move again.',
    ...commandShapes.resume,
    refusals: [],
    run: async (_body, { door, user }) => {
      moneyPause.resume();
      journal.note('done', { action: 'resume', door, user });
      log.warn('Money moves are allowed again.', { door, user });
      return done({ paused: false });
    },
  });
}
