import type { AccountView } from '../domain/view.ts';
import type { MonzoClient } from '../monzo/client.ts';
import type { Log } from '../log.ts';
import { activeLogins, type TargetTools } from './targets.ts';
import type { TransferJournal } from './transfer/journal.ts';

/** What commands need to act at the bank. */
export interface BankTools extends TargetTools {
  /** The bank as one login sees it. */
  readonly bank: (loginId: string) => MonzoClient;
  /** The account of a transaction that we hold; null where we do not. */
  readonly accountOf: (transactionId: string) => string | null;
  /** Writes down what was done at the bank, and what came of it. */
  readonly journal: Pick<TransferJournal, 'note'>;
  readonly log: Log;
  /** Asks for one transaction by id and records what the bank says. Throws what the client throws. */
  readonly look: (accountId: string, transactionId: string) => Promise<void>;
}

/** The bank as a login that may act on the account sees it. Throws `no_login`. */
export function bankOf({ bank, view }: BankTools, account: AccountView): MonzoClient {
  const [login] = activeLogins(view(), account);
  return bank(login.id);
}
