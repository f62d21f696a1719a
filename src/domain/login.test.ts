import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aLogin, noon } from '../../test/support/samples.ts';
import { consentExpiresAbout, isReading, type LoginState } from './login.ts';

describe('a login', () => {
  it('needs a new approval about ninety days after the last one', () => {
    assert.equal(consentExpiresAbout(aLogin({ approvedAt: noon })), Date.parse('2026-06-08T12:00:00Z'));
    assert.equal(consentExpiresAbout(aLogin({ approvedAt: null })), null);
  });

  const states: Readonly<Record<LoginState, boolean>> = {
    new: false,
    authorising: false,
    awaiting_approval: true,
    active: true,
    needs_approval: true,
    needs_authorisation: false,
    removed: false,
  };
  for (const [state, reading] of Object.entries(states))
    it(`${state}: ${reading ? 'is' : 'is not'} read`, () => {
      assert.equal(isReading(aLogin({ state: state as LoginState })), reading);
    });
});
