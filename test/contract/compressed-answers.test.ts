import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFaults, type Encoding } from '../../sim/faults.ts';
import { createBank } from '../../sim/bank.ts';
import { serveBank } from '../../sim/server.ts';
import { systemClock } from '../../src/clock.ts';
import { createBankConnections } from '../../src/monzo/bank-connection.ts';
import { BankError, createTransport, type BankRequest } from '../../src/monzo/transport.ts';

const whoami: BankRequest = { method: 'GET', path: '/ping/whoami', priority: 'poll' };

/** A bank behind a real connection, whose answers to anyone are refusals with a code. */
async function servedBank() {
  const faults = createFaults({ wait: () => Promise.resolve() });
  const bank = createBank({ now: () => systemClock.now(), random: () => 0.5 });
  const server = await serveBank({ bank, faults });
  const transport = createTransport({
    clock: systemClock,
    random: () => 0,
    apiUrl: server.apiUrl,
    callBank: createBankConnections(systemClock),
  });
  const outcome = async () => {
    try {
      await transport.send(whoami);
    } catch (thrown) {
      if (thrown instanceof BankError) return [thrown.fault, thrown.bankCode, thrown.effect];
      throw thrown;
    }
    return ['answered'];
  };
  return { faults, outcome, [Symbol.asyncDispose]: () => server.close() };
}

const encodings: readonly Encoding[] = ['gzip', 'deflate', 'br', 'zstd'];

test('packed answers are read like plain ones', async () => {
  await using bank = await servedBank();
  const plain = await bank.outcome();
  assert.deepEqual(plain, ['token_dead', 'unauthorized.bad_access_token', 'none']);
  for (const encoding of encodings) {
    const repair = bank.faults.add({ kind: 'compressed', encoding });
    assert.deepEqual(await bank.outcome(), plain, encoding);
    repair();
  }
});

test('a packed answer is measured unpacked, and what cannot be unpacked says nothing of what the bank did', async () => {
  await using bank = await servedBank();
  for (const encoding of encodings) {
    const large = bank.faults.add({ kind: 'compressed', encoding });
    const inside = bank.faults.add({ kind: 'oversized' });
    assert.deepEqual(await bank.outcome(), ['oversized', null, 'unknown'], encoding);
    large();
    inside();
    const spoilt = bank.faults.add({ kind: 'compressed', encoding, spoilt: true });
    const [fault, , effect] = await bank.outcome();
    assert.equal(effect, 'unknown', `${encoding}: ${fault}`);
    spoilt();
    assert.deepEqual(await bank.outcome(), await bank.outcome(), 'its breaker stays closed');
  }
});
