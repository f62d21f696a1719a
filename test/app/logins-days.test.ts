import assert from 'node:assert/strict';
import { test } from 'node:test';
import { departures } from '../../sim/switches.ts';
import { stateOf } from '../support/people.ts';
import { createWorld } from '../support/world.ts';

const day = 86_400_000;

for (const [position, switches] of [
  ['as captured', {}] as const,
  ...departures(['deadToken', 'tokenLifetime', 'refreshReuse', 'whoamiBeforeApproval']),
])
  test(`tokens are renewed before they end, for days on end (${position})`, async () => {
    await using world = await createWorld({ switches, settings: { MONZO_BRIDGE_POLL_SECONDS: '900' } });
    const id = await world.connect('alex');
    await world.clock.advance(4 * day);
    assert.equal(stateOf(world, id), 'active');
    const renewals = world.bank.calls.filter(({ path }) => path === '/oauth2/token');
    assert.ok(renewals.length > 3, 'several tokens have ended by now');
    assert.ok(renewals.every(({ status }) => status === 200));
    await world.restart();
    await world.clock.advance(day);
    assert.equal(stateOf(world, id), 'active');
  });
