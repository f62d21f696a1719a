import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Login } from '../api/contract.ts';
import { followed, isWaiting, pinned, placeOf, type Choice } from './place.ts';

const now = Date.parse('2026-11-23T12:00:00Z');
const auto: Choice = { kind: 'auto' };

const aLogin = (changes: Partial<Login> = {}): Login => ({
  id: 'login_1',
  name: 'Alex',
  state: 'authorising',
  needs: null,
  fault: null,
  redirect_uri: 'http://127.0.0.1:8098/oauth/callback',
  created: '2026-11-23T11:00:00Z',
  last_success: null,
  consent: { approved_at: null, expires_about: null, due: false },
  learnt: [],
  history: { state: 'not_started', read: 0, missing: null },
  ...changes,
});

const approved = { approved_at: '2026-11-23T11:30:00Z', expires_about: '2027-02-21T11:30:00Z', due: false };
const read = { state: 'complete', read: 12, missing: null } as const;
const connected = aLogin({ id: 'login_2', name: 'Sam', state: 'active', consent: approved, history: read });

const stepFor = (login: Login) => {
  const place = placeOf(auto, [connected, login], now);
  return place.kind === 'step' ? place.step : place.kind;
};

describe('where the page goes by itself', () => {
  it('begins with the client where nobody is connected', () => {
    assert.deepEqual(placeOf(auto, [], now), { kind: 'step', step: 'client', login: null });
    assert.deepEqual(placeOf({ kind: 'overview' }, [], now), { kind: 'step', step: 'client', login: null });
  });

  it('goes on with what was begun, wherever it was left', () => {
    assert.equal(stepFor(aLogin()), 'authorise');
    assert.equal(stepFor(aLogin({ state: 'needs_authorisation' })), 'authorise');
    assert.equal(stepFor(aLogin({ state: 'awaiting_approval' })), 'approve');
    const reading = { state: 'running', read: 5, missing: null } as const;
    assert.equal(stepFor(aLogin({ state: 'active', consent: approved, history: reading })), 'history');
  });

  it('shows the overview when all is done, and when a set-up was given up days ago', () => {
    assert.equal(stepFor(connected), 'overview');
    assert.equal(stepFor(aLogin({ created: '2026-11-20T11:00:00Z' })), 'overview');
    assert.equal(stepFor(aLogin({ state: 'needs_authorisation', consent: approved })), 'overview');
  });
});

describe('what a person chose', () => {
  it('stays with a set-up until its end once it was shown', () => {
    const choice = pinned(auto, placeOf(auto, [aLogin()], now));
    assert.deepEqual(choice, { kind: 'set_up', id: 'login_1' });
    const done = aLogin({ state: 'active', consent: approved, history: read });
    assert.deepEqual(placeOf(choice, [done], now), { kind: 'step', step: 'done', login: done });
  });

  it('lets a login that is signed in again be followed only once that has begun at Monzo', () => {
    const choice: Choice = { kind: 'sign_in', id: 'login_2' };
    assert.deepEqual(placeOf(choice, [connected], now), {
      kind: 'step',
      step: 'authorise',
      login: connected,
    });
    assert.deepEqual(followed(choice, [connected]), choice);
    const signedIn = { ...connected, state: 'awaiting_approval' } as const;
    assert.deepEqual(followed(choice, [signedIn]), { kind: 'set_up', id: 'login_2' });
  });

  it('falls back to the overview when the login is gone', () => {
    assert.deepEqual(placeOf({ kind: 'set_up', id: 'login_9' }, [connected], now), { kind: 'overview' });
  });
});

describe('waiting', () => {
  it('is for whoever is busy elsewhere', () => {
    assert.equal(isWaiting(connected), false);
    assert.equal(isWaiting({ ...connected, state: 'needs_approval' }), true);
    assert.equal(isWaiting(aLogin()), true);
  });
});
