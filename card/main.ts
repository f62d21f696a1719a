import { attention } from './attention/attention-card.ts';
import { lastTransaction } from './last-transaction/last-transaction-card.ts';
import { register, type Registration } from './registration.ts';
import { strategy } from './strategy/strategy.ts';

/** Everything the file brings. */
const registrations: readonly Registration[] = [...strategy, ...attention, ...lastTransaction];

// oxlint-disable-next-line no-console -- every card of the community tells its version here: it is asked for in reports.
if (register(registrations)) console.info(`monzo-bridge dashboard ${BRIDGE_VERSION}`);
