import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alex } from '../../sim/household.ts';
import { inState, provoke, type Wanted } from '../support/login-faults.ts';
import { answered, loginOf, stateOf } from '../support/people.ts';
import { createWorld, type World } from '../support/world.ts';
import { runOnTerminal, settingsBeside, type RunOptions } from './cli-run.ts';

const run = (world: World, argv: readonly string[], options: RunOptions = {}) => {
  const env = {
    ...settingsBeside(world),
    ...options.env,
  };
  return answered(world, runOnTerminal(argv, { cwd: world.directory, clock: world.clock, ...options, env }));
};

describe('the doctor', () => {
  const told: readonly (readonly [Wanted, RegExp])[] = [
    [{ fault: 'token_evicted', during: 'reading' }, /someone else uses .* login reauthorize Alex$/m],
    [{ fault: 'token_dead', during: 'reading' }, /no longer accepts this login.* login reauthorize Alex$/m],
    [
      { fault: 'vault_unreadable', during: 'reading' },
      /secret-key.* login secret Alex, then monzo-bridge login reauthorize Alex$/m,
    ],
    [{ fault: 'client_refused', during: 'reading' }, /client secret.* login secret Alex$/m],
    [{ fault: 'no_permission', during: 'reading' }, /open the Monzo app.* login reload Alex$/m],
    [{ fault: 'no_refresh_token', during: 'sign_in' }, /Confidential.* login reauthorize Alex$/m],
    [
      { fault: 'client_refused', during: 'sign_in' },
      /login secret Alex, then monzo-bridge login reauthorize Alex$/m,
    ],
  ];
  for (const [wanted, line] of told)
    it(`names ${wanted.fault} (${wanted.during}) with what helps`, async () => {
      await using world = await createWorld();
      const id = await inState[wanted.during === 'sign_in' ? 'authorising' : 'active'](world);
      await provoke(world, id, wanted);
      const { code, out } = await run(world, ['doctor']);
      assert.equal(code, 1);
      assert.match(out, line);
    });
});

describe('the verbs of a login', () => {
  it('replace a secret that Monzo no longer accepts, and the login works again', async () => {
    await using world = await createWorld();
    const id = await inState.active(world);
    await provoke(world, id, { fault: 'client_refused', during: 'reading' });
    world.faults.clear();
    assert.equal(stateOf(world, id), 'needs_authorisation');
    const { secret } = world.bank.client(alex.clientId);
    const { code, out, err } = await run(world, ['login', 'secret', 'Alex'], {
      env: { MONZO_CLIENT_SECRET: secret },
    });
    assert.equal(code, 0, err);
    assert.match(out, /^active +Alex/);
    assert.ok(!`${out}${err}`.includes(secret));
  });

  it('record that the approval was renewed', async () => {
    await using world = await createWorld();
    const id = await inState.active(world);
    await world.clock.advance(3_600_000);
    const said = world.clock.now();
    assert.match((await run(world, ['login', 'renewed', 'alex'])).out, /^active +Alex/);
    assert.ok((loginOf(world, id).approvedAt ?? 0) >= said);
  });
});

describe('the link', () => {
  it('is asked for with the admin token and printed alone', async () => {
    await using world = await createWorld();
    const asked: string[] = [];
    const url = 'http://127.0.0.1:8099/#code=of-one-browser';
    const fetch: typeof globalThis.fetch = async (input, init) => {
      asked.push(`${init?.method} ${new URL(input instanceof Request ? input.url : input).pathname}`);
      const headers = new Headers(init?.headers);
      assert.equal(headers.get('authorization'), `Bearer ${world.app().adminToken}`);
      return Response.json({ url, links: [url], qr: null, advice: null });
    };
    assert.deepEqual(await run(world, ['link'], { fetch }), { code: 0, out: `${url}\n`, err: '' });
    assert.deepEqual(asked, ['POST /api/session/link']);
  });
});
