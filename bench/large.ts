import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { systemClock } from '../src/clock.ts';
import type * as storeModule from '../src/store/store.ts';
import type * as ledgerModule from '../test/support/large-ledger.ts';
import { yearsOf } from './bank.ts';
import { anyBroker, subscribe } from './broker.ts';
import { count, type Line } from './measure.ts';
import type { Program } from './program.ts';
import { measureRings } from './rings.ts';
import { openScene } from './scene.ts';

const rows = 1_000_000;

/** Rings with a large ledger. Each program's own sources fill it, because their databases may differ. */
export async function ringsInLargeLedger(program: Program): Promise<readonly Line[]> {
  const where = `ring to MQTT, bank at 0 ms, a ledger of ${count(rows)} rows`;
  const { checkout } = program;
  if (checkout === null) return [{ what: where, figures: 'not measured: filling it needs a checkout' }];
  await using everything = new AsyncDisposableStack();
  const mqttUrl = await anyBroker(everything);
  const receiver = await subscribe(everything, mqttUrl);
  const fill = (directory: string) => fillLedgerOf(checkout, directory);
  const scene = await openScene(everything, program, { mqttUrl, fill });
  return await measureRings({ ...scene, ...receiver }, where, { bankAt: 0 });
}

async function fillLedgerOf(checkout: string, directory: string): Promise<void> {
  const { openStore } = (await import(join(checkout, 'src/store/store.ts'))) as typeof storeModule;
  const { fillLedger } = (await import(
    join(checkout, 'test/support/large-ledger.ts')
  )) as typeof ledgerModule;
  const store = openStore({ directory, clock: systemClock, secretKey: randomBytes(32) });
  fillLedger(store, yearsOf(rows));
  store.close();
}
