import { benchCalls } from './calls.ts';
import { benchDelivery } from './delivery.ts';
import { benchHomeAssistant } from './home-assistant.ts';
import { benchLedger } from './ledger.ts';
import { benchReading } from './reading.ts';
import { benchColdStart, benchThousandLogins } from './process.ts';

/** Each figure is the median over its runs; compare figures of one run on one machine, do not quote them elsewhere. */
const benches = {
  'cold-start': benchColdStart,
  delivery: benchDelivery,
  'home-assistant': benchHomeAssistant,
  calls: benchCalls,
  logins: benchThousandLogins,
  ledger: benchLedger,
  reading: benchReading,
} as const;

const wanted = process.argv.slice(2);
for (const [name, bench] of Object.entries(benches))
  if (wanted.length === 0 || wanted.includes(name)) await bench();
