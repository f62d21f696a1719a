import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import type { CallFault } from '../../sim/faults.ts';
import { alex } from '../../sim/household.ts';
import {
  answered,
  landingOf,
  loginOf,
  newSignIn,
  post,
  reauthorize,
  reload,
  stateOf,
} from '../support/people.ts';
import { createWorld, type World } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const lifetime = 6 * hour;

const isRenewal: NonNullable<CallFault['match']> = ({ path }) => path === '/oauth2/token';
const renewals = (world: World) =>
  world.bank.calls.filter(
    ({ path, at }) => path === '/oauth2/token' && at > world.bank.model.now() - 20 * hour,
  );
/** Just before the tokens of a fresh sign-in are due to be renewed. */
const untilDue = (world: World) => world.clock.advance(lifetime - 11 * minute);

const slowly = {
  settings: { MONZO_BRIDGE_POLL_SECONDS: '900' },
  switches: { tokenLifetime: 21_600 },
} as const;

describe('a crash around a renewal', () => {
  const moments: readonly (readonly [string, CallFault['kind'], 'active' | 'needs_authorisation'])[] = [
    ['before it reached Monzo', 'timeout_before', 'active'],
    ['after Monzo renewed and before the pair was here', 'timeout_after', 'needs_authorisation'],
  ];
  for (const [moment, kind, state] of moments)
    test(`${moment}: it is tried once more and then told truthfully`, async () => {
      await using world = await createWorld(slowly);
      const id = await world.connect('alex');
      await untilDue(world);
      world.faults.add({ kind, match: isRenewal, times: 1 } as CallFault);
      const before = world.bank.calls.length;
      const isAsked = () => world.bank.calls.slice(before).some(({ path }) => path === '/oauth2/token');
      await world.until('the renewal is under way', isAsked, 30 * minute);
      await world.crash();
      await world.clock.advance(4 * minute);
      const asked = world.bank.calls.slice(before).filter(({ path }) => path === '/oauth2/token');
      assert.equal(asked.length, 2, 'the one that was cut, and one more');
      assert.equal(stateOf(world, id), state);
      if (state === 'active') return;
      assert.match(loginOf(world, id).needs ?? '', /^The bridge or the network stopped while/);
      const url = landingOf(world, await newSignIn(world, id), alex.userId);
      await world.api(`/api/logins/${id}/callback`, post({ url }));
      world.bank.approve(alex.userId);
      await world.until('it works again', () => stateOf(world, id) === 'active');
    });

  test('as soon as the pair is here it is on the disk', async () => {
    await using world = await createWorld(slowly);
    const id = await world.connect('alex');
    await untilDue(world);
    const before = world.bank.calls.length;
    const isUsed = () => {
      const calls = world.bank.calls.slice(before);
      return calls.findIndex(({ path }) => path === '/oauth2/token') !== -1;
    };
    await world.until('it is renewed', isUsed, 30 * minute);
    await world.crash();
    await world.clock.advance(hour);
    assert.equal(stateOf(world, id), 'active');
    assert.ok(renewals(world).every(({ status }) => status === 200));
  });

  test('at any moment of two days the login goes on, or the truth is told', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 40 * minute }), { minLength: 1, maxLength: 3 }),
        fc.constantFrom<CallFault['kind'] | null>(null, 'timeout_before', 'timeout_after', 'reset_after'),
        async (moments, kind) => {
          await using world = await createWorld(slowly);
          const id = await world.connect('alex');
          await untilDue(world);
          if (kind) world.faults.add({ kind, match: isRenewal, times: 1 } as CallFault);
          for (const moment of moments) {
            await world.clock.advance(moment);
            await world.crash();
          }
          await world.clock.advance(hour);
          const { state, needs } = loginOf(world, id);
          if (kind?.endsWith('_after') !== true) assert.equal(state, 'active');
          else if (state !== 'active') assert.match(needs ?? '', /^The bridge or the network stopped while/);
        },
      ),
      { numRuns: 12, seed: 4 },
    );
  });
});

test('a renewal whose outcome is unknown is tried once more with the same token, and then reported', async () => {
  await using world = await createWorld(slowly);
  const id = await world.connect('alex');
  await untilDue(world);
  world.faults.add({ kind: 'timeout_after', match: isRenewal, times: 1 });
  await world.until('it is given up', () => stateOf(world, id) === 'needs_authorisation', 30 * minute);
  assert.equal(renewals(world).length, 2 + 1, 'the sign-in, the renewal, and that once more');
  await world.clock.advance(6 * minute);
  assert.equal(renewals(world).length, 2 + 2, 'and after five minutes');
  assert.match(loginOf(world, id).needs ?? '', /^The bridge or the network stopped while/);
  await reload(world, id);
  assert.match(loginOf(world, id).needs ?? '', /^The bridge or the network stopped while/);
});

test('an outage while renewing costs nothing', async () => {
  await using world = await createWorld(slowly);
  const id = await world.connect('alex');
  await untilDue(world);
  const repair = world.faults.add({ kind: 'status', status: 503, match: isRenewal });
  await world.clock.advance(lifetime);
  assert.equal(stateOf(world, id), 'active');
  assert.match(loginOf(world, id).needs ?? '', /^Monzo has a problem of its own/);
  repair();
  await world.clock.advance(20 * minute);
  assert.equal(stateOf(world, id), 'active');
  assert.equal(loginOf(world, id).needs, null);
});

test('a rate limit during a renewal is respected, and a later eviction is not mistaken for an interruption', async () => {
  await using world = await createWorld(slowly);
  const id = await world.connect('alex');
  await untilDue(world);
  world.faults.add({ kind: 'status', status: 429, retryAfter: 120, match: isRenewal, times: 1 });
  const isLimited = () => world.bank.calls.some(({ status }) => status === 429);
  await world.until('the renewal is limited', isLimited, 30 * minute);
  const place = world.bank.calls.length;
  world.bank.evict(alex.clientId, alex.userId);
  await world.clock.advance(110 * second);
  assert.equal(world.bank.calls.length, place, 'nothing is asked for as long as the bank said');
  assert.match(loginOf(world, id).needs ?? '', /^Monzo asked for fewer calls/);
  await world.clock.advance(20 * minute);
  assert.match(loginOf(world, id).needs ?? '', /someone else uses this OAuth client/);
});

test('a sign-in during a renewal of the old pair is the one that counts', async () => {
  await using world = await createWorld(slowly);
  const id = await world.connect('alex');
  await untilDue(world);
  let renewing = false;
  const isNoticed: NonNullable<CallFault['match']> = ({ form }) => {
    renewing = form.get('grant_type') === 'refresh_token';
    return renewing;
  };
  world.faults.add({ kind: 'slow', ms: 15 * second, match: isNoticed, times: 1 });
  await world.until('the renewal is under way', () => renewing, 30 * minute);
  await answered(world, reauthorize(world, id, alex.userId));
  world.bank.approve(alex.userId);
  await world.clock.advance(2 * minute);
  assert.equal(stateOf(world, id), 'active');
  assert.equal(loginOf(world, id).needs, null);
  await world.clock.advance(2 * lifetime);
  assert.equal(stateOf(world, id), 'active');
});
