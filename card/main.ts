import { attention } from './attention/attention-card.ts';
import { lastTransaction } from './last-transaction/last-transaction-card.ts';
import { moving } from './move/move-feature.ts';
import { pots } from './pots/pots-card.ts';
import { register, type Registration } from './registration.ts';
import { strategy } from './strategy/strategy.ts';
import { transactions } from './transactions/transactions-card.ts';

/** Everything the file brings. */
const registrations: readonly Registration[] = [
  ...strategy,
  ...attention,
  ...lastTransaction,
  ...pots,
  ...transactions,
  ...moving,
];

// oxlint-disable-next-line no-console -- every card of the community tells its version here: it is asked for in reports.
if (register(registrations)) console.info(`monzo-bridge dashboard ${BRIDGE_VERSION}`);
