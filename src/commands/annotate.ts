import { z } from 'zod';
import { refuse } from '../refusals/refuse.ts';
import { bankOf, type BankTools } from './bank-tools.ts';
import { command, done, type Command } from './command.ts';
import { accountNamed } from './targets.ts';

const body = z.strictObject({
  transaction_id: z.string().min(1),
  /** The empty text takes the notes away. */
  notes: z.string().max(2_000),
});

/**
 * Sets the notes of a transaction. Monzo's answer shows the row without its shop, so the row is asked for once more, and
 * that is what is recorded; where it cannot be had now, the next reading finds it.
 */
export function annotate(tools: BankTools): Command {
  return command({
    class: 'write',
    meaning: 'Sets the notes that the Monzo app shows on a transaction.',
    body,
    run: async ({ transaction_id: id, notes }, caller) => {
      const accountId = tools.accountOf(id);
      if (accountId === null) throw refuse('unknown_transaction', { id });
      const account = await accountNamed(tools, accountId);
      const { value } = await bankOf(tools, account).annotate(id, notes, { priority: 'doorbell' });
      tools.journal.note('done', { ...caller, action: 'annotate', transactionId: id, asked: { notes } });
      await tools.look(accountId, id).catch(() => {});
      return done({ transaction_id: id, account: accountId, notes: value.notes });
    },
  });
}
