import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { createWorld, type World } from '../support/world.ts';

interface Outcome {
  readonly code: number | null;
  readonly said: string;
}

/** The real command line against the running bridge. */
function cli(world: World, ...words: string[]): Promise<Outcome> {
  const { uiUrl, adminToken } = world.app();
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('MONZO_BRIDGE_'));
  const child = spawn(process.execPath, ['bin/monzo-bridge.js', '--url', uiUrl, ...words], {
    env: { ...Object.fromEntries(others), MONZO_BRIDGE_ADMIN_TOKEN: adminToken },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, said }));
  });
}

test('refresh, webhook, pause and resume do on the command line what they do on every door', async () => {
  await using world = await createWorld({
    settings: { MONZO_BRIDGE_PUBLIC_URL: 'https://bank.home.example' },
  });
  await world.connect('alex');
  await world.clock.advance(60_000);
  const hooks = () => [...world.bank.model.webhooks.values()].map(({ accountId }) => accountId);
  const all = hooks().length;

  assert.equal((await cli(world, 'webhook', 'unregister', 'Current account')).code, 0);
  assert.ok(!hooks().includes(alex.current));
  assert.equal((await cli(world, 'webhook', 'register')).code, 0);
  assert.equal(hooks().length, all);
  const unknown = await cli(world, 'webhook', 'register', 'Holiday');
  assert.equal(unknown.code, 1);
  assert.match(unknown.said, /There is no such account/);

  world.bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });
  await world.clock.advance(1_000);
  assert.equal((await cli(world, 'refresh', 'Alex')).code, 0);
  const account = world
    .app()
    .view()
    .accounts.find(({ id }) => id === alex.current);
  assert.equal(account?.balance, world.bank.account(alex.current).balance);

  assert.match((await cli(world, '--json', 'pause')).said, /"paused":\s*true/);
  assert.match((await cli(world, '--json', 'resume')).said, /"paused":\s*false/);
});
