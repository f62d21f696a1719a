import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { switchPositions, type SwitchName } from '../../sim/switches.ts';
import { notedIn, openWithAlex, runsOf } from '../support/bank-positions.ts';
import { listSights } from '../support/sights-of-lists.ts';
import { otherSights } from '../support/sights-of-the-rest.ts';
import { webhookSights } from '../support/sights-of-webhooks.ts';

const sights = [...otherSights, ...listSights, ...webhookSights];

/** Switches whose positions no ordinary answer shows, and why. */
const unseen: Partial<Record<SwitchName, string>> = {
  limitAbove100: 'the bridge never asks for more than a hundred rows',
  unknownRoute: 'the bridge calls no unknown route',
  dedupeOtherAmount: 'the bridge refuses itself to use a dedupe id for another amount',
  dedupeMemory: 'the bridge sends nothing again after so long a time',
  dedupeScope: 'the bridge uses no dedupe id for two people',
  refreshReuse: 'the bridge uses no refresh token twice, but where it cannot tell why the pair has ended',
  whoamiBeforeApproval: 'the bridge does not ask who somebody is before the approval',
  webhookFailure: 'the bridge answers every call of a webhook in the same way',
};

for (const sight of sights)
  for (const { switches, wanted, unwanted } of runsOf(sight))
    test(`the bridge notices by itself: ${sight.what} (${JSON.stringify(switches)})`, async () => {
      const open = sight.open ?? openWithAlex;
      await using world = await open({ switches, settings: sight.settings ?? {} });
      await sight.play(world);
      const noted = await notedIn(world);
      for (const [question, position] of wanted)
        assert.ok(
          noted.get(question)?.includes(position),
          `${question}: ${String(noted.get(question))}, not ${position}`,
        );
      for (const [question, position] of unwanted)
        assert.ok(
          !noted.get(question)?.includes(position),
          `${question}: ${position} was not there to be seen`,
        );
    });

test('of every switch of the simulated bank it is known whether and where its positions can be seen', () => {
  const seen = sights.flatMap(({ rows }) => Object.keys(rows));
  assert.deepEqual([...seen, ...Object.keys(unseen)].toSorted(), Object.keys(switchPositions).toSorted());
});

test('what was seen is kept with its first time, through a restart, and the diagnostics tell it', async () => {
  await using world = await openWithAlex({});
  const types = async (path: string, member: string) => {
    const told = (await (await world.api(path)).json()) as Readonly<Record<string, unknown>>;
    const items = told[member] as readonly { readonly question: string; readonly positions: unknown }[];
    return items.find(({ question }) => question === 'account_types')?.positions;
  };
  const before = await types('/api/bank-positions', 'items');
  assert.match(JSON.stringify(before), /"position":"uk_retail_joint","first_seen":"2026-11-02T09:00/);
  world.clock.jump(3_600_000);
  await world.restart();
  await world.clock.advance(60_000);
  assert.deepEqual(await types('/api/bank-positions', 'items'), before);
  assert.deepEqual(await types('/api/diagnostics', 'bank'), before);
});

/** As many as before the bridge noted anything. */
const callsOfSixHours = {
  'GET /accounts': 24,
  'GET /balance': 121,
  'GET /pots': 73,
  'GET /transactions': 902,
  'GET /transactions/:id': 9,
};

test('to notice all this costs no call', async () => {
  await using world = await openWithAlex({});
  await world.clock.advance(600_000);
  const before = world.bank.calls.length;
  world.bank.purchase(alex.current, { amount: 300, merchant: 'Corner Shop' });
  world.bank.potMove(alex.pots.holiday, 'deposit', { amount: 700 });
  for (let hour = 0; hour < 6; hour += 1) await world.clock.advance(3_600_000);
  const counts = new Map<string, number>();
  for (const { method, path } of world.bank.calls.slice(before)) {
    const call = `${method} ${path.replace(/\/tx_.*/, '/:id')}`;
    counts.set(call, (counts.get(call) ?? 0) + 1);
  }
  assert.deepEqual(Object.fromEntries(counts), callsOfSixHours);
});
