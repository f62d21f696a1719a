import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../sim/fake-clock.ts';
import { someAccount, someLogin } from '../../test/support/snapshot-samples.ts';
import { nothingKnown } from '../domain/fold.ts';
import { BridgeError } from '../errors.ts';
import { silentLog } from '../log.ts';
import type { Ledger } from '../store/ledger.ts';
import type { MonzoClient } from '../monzo/monzo-client.ts';
import { feedItem, type BankTools } from './bank-commands.ts';

/** A disk that takes so many rows of the audit, and a bank that shows every item. */
function toolsWith(room: number) {
  const shown: string[] = [];
  const noted: string[] = [];
  const tools: BankTools = {
    knowledge: () => nothingKnown,
    view: () => ({ logins: [someLogin()], accounts: [someAccount()], pots: [] }),
    homeAssistantTarget: async () => null,
    registry: {
      client: () =>
        ({ feedItem: async ({ title }) => void shown.push(title) }) as Partial<MonzoClient> as MonzoClient,
    },
    store: { ledger: { byId: () => undefined } as Partial<Ledger> as Ledger },
    pool: { readTransaction: async () => false },
    log: silentLog,
    clock: createFakeClock(0),
    journal: {
      note: (decision) => {
        if (noted.length >= room)
          throw new BridgeError('disk_full', 'The disk is full.', { retryable: true });
        noted.push(decision);
      },
    },
  };
  return { command: feedItem(tools), shown, noted };
}

const caller = { door: 'http', user: null } as const;
const item = { account: 'acc_1', title: 'Hello' };

test('what cannot be written down before is not sent', async () => {
  const { command, shown } = toolsWith(0);
  await assert.rejects(command.run(item, caller), { code: 'disk_full' });
  assert.deepEqual(shown, []);
});

test('what was sent is done, even where the disk does not take the outcome', async () => {
  const { command, shown, noted } = toolsWith(1);
  assert.equal((await command.run(item, caller)).status, 'done');
  assert.deepEqual([shown, noted], [['Hello'], ['sent']]);
});
