import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createFakeClock } from '../../sim/fake-clock.ts';
import { createSecrets } from '../log.ts';
import { BankError, type BankAnswer, type BankRequest, type Transport } from '../monzo/transport.ts';
import type { Vault } from '../store/vault.ts';
import { LoginSession } from './login-session.ts';

const start = Date.UTC(2026, 10, 2);
const hour = 3_600_000;

interface Outcome {
  readonly ms: number;
  /** What comes of a renewal: an answer, nothing at all with or without effect, or a refusal that had none. */
  readonly kind: 'answered' | 'lost' | 'unsent' | 'limited';
}

/** A bank with single-use refresh tokens, and a vault that may refuse to write. */
function sessionFor(outcomes: readonly Outcome[] = [], lifetime = 6) {
  const clock = createFakeClock(start);
  const seen = { inFlight: 0, most: 0, renewals: 0, presented: [] as string[], uncommitted: 0 };
  const disk = { refuses: false };
  let generation = 1;
  const secrets = new Map<string, string>();
  const vault: Vault = {
    put: (_id, name, secret) => {
      if (disk.refuses) throw new Error('the disk is full');
      secrets.set(name, secret);
    },
    get: (_id, name) => secrets.get(name) ?? null,
    delete: (_id, name) => void secrets.delete(name),
    deleteAll: () => secrets.clear(),
  };
  const renew = async (presented: string): Promise<unknown> => {
    const { ms, kind } = outcomes[seen.renewals] ?? { ms: 10, kind: 'answered' };
    seen.renewals += 1;
    seen.presented.push(presented);
    await clock.wait(ms);
    if (kind === 'unsent') throw new BankError('unreachable', { effect: 'none' });
    if (kind === 'limited') throw new BankError('rate_limited', { effect: 'unknown' });
    if (presented !== `refresh${generation}`)
      throw new BankError('refresh_dead', { effect: 'none', status: 401 });
    generation += 1;
    if (kind === 'lost') throw new BankError('timeout', { effect: 'unknown' });
    return {
      access_token: `access${generation}`,
      refresh_token: `refresh${generation}`,
      expires_in: lifetime * 3_600,
    };
  };
  const send = async ({ path, form, token }: BankRequest): Promise<BankAnswer> => {
    if (path !== '/oauth2/token') {
      if (!secrets.get('tokens')?.includes(`"${token}"`)) seen.uncommitted += 1;
      await clock.wait(5);
      if (token !== `access${generation}`) throw new BankError('token_dead', { effect: 'none', status: 401 });
      return { status: 200, body: {}, at: clock.now() };
    }
    seen.inFlight += 1;
    seen.most = Math.max(seen.most, seen.inFlight);
    try {
      return {
        status: 200,
        body: await renew(form?.['refresh_token'] ?? ''),
        at: clock.now(),
      };
    } finally {
      seen.inFlight -= 1;
    }
  };
  const transport = { send } as Transport;
  const options = {
    loginId: 'login_1',
    clientId: 'client',
    transport,
    vault,
    clock,
    secrets: createSecrets(),
  };
  const session = new LoginSession(options);
  session.adopt({
    accessToken: 'access1',
    refreshToken: 'refresh1',
    expiresAt: start + lifetime * hour,
    userId: 'user_1',
    clientId: null,
    scope: null,
  });
  return { session, clock, seen, disk, reopened: () => new LoginSession(options) };
}

const read = { method: 'GET', path: '/accounts', priority: 'poll' } as const;

test('calls at the same time cause one renewal, whose pair is stored before it is used', async () => {
  const outcome = fc.record<Outcome>({
    ms: fc.integer({ min: 0, max: 400 }),
    kind: fc.constantFrom('answered', 'lost', 'unsent', 'limited'),
  });
  const calls = fc.array(fc.integer({ min: 0, max: 7 * hour }), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(calls, fc.array(outcome, { maxLength: 6 }), async (moments, outcomes) => {
      const { session, clock, seen } = sessionFor(outcomes);
      const ends: Promise<unknown>[] = [];
      for (const moment of moments.toSorted((a, b) => a - b)) {
        await clock.advance(Math.max(0, start + moment - clock.now()));
        ends.push(session.send(read).catch((thrown: unknown) => thrown));
      }
      await clock.advance(hour);
      const failures = (await Promise.all(ends)).filter((end) => end instanceof Error);
      assert.ok(seen.most <= 1);
      assert.equal(seen.uncommitted, 0);
      const isLost = outcomes.slice(0, seen.renewals).some(({ kind }) => kind === 'lost');
      const codes = new Set(failures.map((failure) => ('code' in failure ? failure.code : failure.message)));
      assert.ok(!codes.has('refresh_dead'), 'a pair spent by ourselves is not blamed on anybody');
      if (codes.has('renewal_interrupted')) assert.ok(isLost);
    }),
    { numRuns: 60 },
  );
});

test('tokens are renewed before they expire, whatever their lifetime', async () => {
  for (const lifetime of [6, 30]) {
    const { session, clock, seen } = sessionFor([], lifetime);
    for (let hours = 0; hours < 4 * lifetime; hours += 1) {
      const answer = session.send(read);
      await clock.advance(hour);
      await answer;
    }
    assert.equal(new Set(seen.presented).size, seen.renewals, 'each refresh token is presented once');
    assert.ok(seen.renewals >= 3);
  }
});

test('a pair that cannot be stored is kept, and used only once it is stored', async () => {
  const { session, clock, seen, disk } = sessionFor([{ ms: 1_000, kind: 'answered' }]);
  await clock.advance(6 * hour);
  const first = session.send(read);
  const refused = assert.rejects(first, /disk is full/);
  await clock.advance(1);
  disk.refuses = true;
  await clock.advance(2_000);
  await refused;
  await assert.rejects(session.send(read), /disk is full/);
  disk.refuses = false;
  const answer = session.send(read);
  await clock.advance(1_000);
  assert.equal((await answer).status, 200);
  assert.equal(seen.renewals, 1);
  assert.equal(seen.uncommitted, 0);
});

test('the next process knows that a renewal was under way when the last one died', async () => {
  const { session, clock, reopened } = sessionFor([
    { ms: 10, kind: 'lost' },
    { ms: 10, kind: 'answered' },
  ]);
  await clock.advance(6 * hour);
  const first = assert.rejects(session.send(read), { code: 'timeout' });
  await clock.advance(hour / 60);
  await first;
  const second = assert.rejects(reopened().send(read), { code: 'renewal_interrupted' });
  await clock.advance(hour / 60);
  await second;
});
