import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aLogin, noon } from '../../test/support/samples.ts';
import { approvalDue, consentExpiresAbout } from './login.ts';

describe('a login', () => {
  it('needs a new approval about ninety days after the last one', () => {
    assert.equal(consentExpiresAbout(aLogin({ approvedAt: noon })), Date.parse('2026-06-08T12:00:00Z'));
    assert.equal(consentExpiresAbout(aLogin({ approvedAt: null })), null);
  });

  it('is due for renewal from the eightieth day on, and only while it is active', () => {
    const day = 24 * 3_600_000;
    const approvedAt = noon - 80 * day;
    assert.equal(approvalDue(aLogin({ approvedAt: approvedAt + 1 }), noon), null);
    assert.equal(approvalDue(aLogin({ approvedAt }), noon), noon + 10 * day);
    assert.equal(approvalDue(aLogin({ approvedAt, state: 'needs_approval' }), noon), null);
    assert.equal(approvalDue(aLogin({ approvedAt: null }), noon), null);
  });
});
