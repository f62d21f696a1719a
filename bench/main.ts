import { benchAnswers } from './answers.ts';
import { benchCalls } from './calls.ts';
import { benchDelivery } from './delivery.ts';
import { benchHomeAssistant } from './home-assistant.ts';
import { benchLedger } from './ledger.ts';
import { benchReading } from './reading.ts';
import { benchColdStart, benchThousandLogins } from './process.ts';

/** Each figure is the median of several runs. Compare only figures of one run on one machine. */
const benches = {
  'cold-start': benchColdStart,
  delivery: benchDelivery,
  'home-assistant': benchHomeAssistant,
  answers: benchAnswers,
  calls: benchCalls,
  logins: benchThousandLogins,
  ledger: benchLedger,
  reading: benchReading,
} as const;

const requested = process.argv.slice(2);
for (const [name, bench] of Object.entries(benches))
  if (requested.length === 0 || requested.includes(name)) await bench();
