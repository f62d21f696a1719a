import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { begin } from '../support/people.ts';
import { createWorld } from '../support/world.ts';

test('a callback with a stranger’s state writes nothing to the database', async () => {
  const writes: string[] = [];
  await using world = await createWorld({
    isDiskFull: (sql) => {
      writes.push(sql);
      return false;
    },
  });
  const { authorize_url: authorizeUrl } = await begin(world, alex, 'Alex');
  const state = new URL(authorizeUrl).searchParams.get('state') ?? '';
  const land = (query: string) => fetch(`${world.app().publicUrl}/oauth/callback?${query}`);
  writes.length = 0;
  for (const query of [
    'state=made-up&code=c',
    `state=${state}x&code=c`,
    'state=made-up&error=access_denied',
  ]) {
    assert.equal((await land(query)).status, 400, query);
    assert.deepEqual(writes, [], query);
  }
  assert.equal((await land(`state=${state}&error=access_denied`)).status, 200);
  assert.ok(writes.length > 0, 'the bridge’s own state is used up');
});
