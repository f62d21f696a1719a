import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWebhookSender } from '../../sim/webhooks.ts';
import { alex } from '../../sim/household.ts';
import { createScene, published, type Scene } from '../support/scene.ts';

const minute = 60_000;
const settings = { MONZO_BRIDGE_PUBLIC_URL: 'https://bank.home.example' };

/** What a statement writes to, such as `INSERT INTO event`. */
const shortly = (sql: string) =>
  /^\s*(?:INSERT INTO|DELETE FROM|UPDATE|\w+) ?\w*/.exec(sql)?.[0].trim() ?? sql;

/** The transactions among these writes, each with what it writes; a write outside of one is its own. */
function transactionsIn(writes: readonly string[]): readonly (readonly string[])[] {
  const all: string[][] = [];
  let isOpen = false;
  for (const sql of writes.map(shortly)) {
    if (sql === 'BEGIN IMMEDIATE') isOpen = all.push([]) > 0;
    else if (sql === 'COMMIT') isOpen = false;
    else if (isOpen) all.at(-1)?.push(sql);
    else all.push([sql]);
  }
  return all;
}

async function rung(scene: Scene, amount: number): Promise<void> {
  const { bank } = scene.world;
  const id = `${bank.purchase(alex.current, { amount, merchant: 'Corner Shop' })}:created`;
  await scene.until('its event is out', () => published(scene).includes(id));
  await scene.pass(minute);
}

test('a purchase that is rung for costs two commits: one for what is learnt, one for its delivery', async () => {
  const writes: string[] = [];
  const note = (sql: string) => writes.push(sql) < 0;
  await using scene = await createScene({ withToken: false, settings, isDiskFull: note });
  const { bank, faults, clock } = scene.world;
  startWebhookSender({ bank, faults, clock, fetch: scene.world.fetchFromOutside });
  await scene.pass(2 * minute);
  await rung(scene, 100);
  for (const amount of [200, 300, 400]) {
    writes.length = 0;
    await rung(scene, amount);
    const [learnt = [], delivered = [], ...others] = transactionsIn(writes);
    assert.deepEqual(
      new Set(learnt),
      new Set([
        'INSERT INTO reading',
        'INSERT INTO balance_day',
        'INSERT INTO bank_transaction',
        'INSERT INTO event',
      ]),
    );
    assert.deepEqual([delivered, others], [['INSERT INTO delivery', 'UPDATE sink'], []]);
  }
});
