import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aLogin, noon } from '../../test/support/samples.ts';
import type { Login } from '../domain/login.ts';
import { BridgeError } from '../errors.ts';
import { bankFaults, BankError, type BankFault } from '../monzo/bank-error.ts';
import { refuse } from '../refusals/refuse.ts';
import { faultTable, knownStates } from './fault-table.ts';
import { consequenceOf, consequenceOfRefusal, loginView } from './trouble.ts';

const day = 24 * 3_600_000;
const unknown = { fault: 'unknown', facts: {} };
const bankError = (fault: BankFault) => new BankError(fault, { effect: 'none' });
const after = (login: Login, thrown: unknown) => ({ ...login, ...consequenceOf(login, thrown) });
const nameOf = (id: string) => id.replace('acc_', 'Account ');
const shown = (login: Login) => loginView(login, { now: noon, timeZone: 'UTC', nameOf });

describe('the table of faults', () => {
  it('says one thing for a fault and the state it leads to, so that these are enough to find it again', () => {
    const login = { name: 'Alex', redirectUri: 'r', other: 'Sam' };
    for (const { fault, during, cells } of faultTable)
      for (const state of knownStates) {
        const leading = Object.values(cells).filter((cell) => cell.state === state);
        const said = new Set(leading.map((cell) => `${cell.remedy}: ${cell.needs(login)}`));
        assert.ok(said.size <= 1, `${during} ${fault} to ${state}`);
      }
  });
});

describe('what a login says', () => {
  it('follows from its state alone where nothing is known of its trouble', () => {
    for (const trouble of [null, unknown]) {
      const says = (state: Login['state']) => shown(aLogin({ state, trouble })).needs;
      assert.match(says('authorising') ?? '', /^Alex: sign in at Monzo/);
      assert.match(says('awaiting_approval') ?? '', /^Alex: open the Monzo app/);
      assert.match(says('needs_approval') ?? '', /^Alex: open the Monzo app/);
      assert.match(says('needs_authorisation') ?? '', /^This login is not connected/);
      assert.equal(says('active'), null);
    }
    assert.equal(shown(aLogin({ trouble: unknown })).fault, null);
  });

  it('uses the name that the login has now', () => {
    const login = aLogin({ state: 'needs_approval', trouble: { fault: 'no_permission', facts: {} } });
    assert.match(shown({ ...login, name: 'Samantha' }).needs ?? '', /^Samantha: open the Monzo app/);
  });

  it('tells of other errors in their own words', () => {
    const full = refuse('database_busy', { path: '/data/a.sqlite' });
    const troubled = after(aLogin(), full);
    assert.deepEqual(troubled.trouble, {
      fault: 'database_busy',
      facts: { refusal: { path: '/data/a.sqlite' } },
    });
    const { state, needs, remedy } = shown(troubled);
    assert.deepEqual([state, needs, remedy], ['active', full.message, null]);
    const plain = shown(after(aLogin(), new BridgeError('disk_error', 'The disk refused.')));
    assert.deepEqual([plain.needs, plain.fault], ['The disk refused.', 'disk_error']);
    const unforeseen = shown(after(aLogin(), new TypeError('x is not a function')));
    assert.deepEqual([unforeseen.needs, unforeseen.fault], ['x is not a function', 'internal']);
  });

  it('names the login that is in the way', () => {
    const refused = consequenceOfRefusal(aLogin(), { fault: 'person_connected', other: 'Sam' });
    assert.match(shown({ ...aLogin(), ...refused }).needs ?? '', /already connected as “Sam”/);
  });

  it('asks for the renewal of an old approval, unless there is trouble', () => {
    const old = aLogin({ approvedAt: noon - 81 * day });
    assert.match(shown(old).needs ?? '', /^The approval lapses about 19 March 2026/);
    assert.equal(shown(old).remedy, 'renew_approval');
    assert.match(
      loginView(old, { now: noon + 10 * day, timeZone: 'UTC', nameOf }).needs ?? '',
      /^The approval was to lapse about 19 March/,
    );
    assert.match(shown(after(old, bankError('bank_down'))).needs ?? '', /^Monzo has a problem/);
  });

  it('names what is missing of the history, or says that something is missing', () => {
    const missing = [
      { accountId: 'acc_1', before: noon, fault: 'bad_request' },
      { accountId: 'acc_2', before: noon, fault: 'bank_down' },
      { accountId: 'acc_3', before: noon, fault: 'verification_required', held: 12 },
    ];
    const sentence = (history: Login['history']) => shown(aLogin({ history })).history.missing;
    assert.match(
      sentence({ state: 'partial', read: 1, missing }) ?? '',
      /^The history is whole from 2026-03-11 on\. What is older .*: Account 1 before 2026-03-10: Monzo refused the request; Account 2 before [^:]*: Monzo has a problem of its own; Account 3 before 2026-03-10 \(12 transactions of that time held\): [^.]*\. The bridge tries again by itself [^.]*\. To have [^.]* “Sign in again” [^.]*\.$/,
    );
    assert.equal(
      sentence({ state: 'partial', read: 1, missing: [] }),
      'Transactions from before may be missing.',
    );
    assert.equal(sentence({ state: 'complete', read: 1, missing: [] }), null);
    for (const fault of [...bankFaults, 'of_a_later_version']) {
      const one = [{ accountId: 'acc_1', before: noon, fault }];
      assert.match(
        sentence({ state: 'partial', read: 1, missing: one }) ?? '',
        /2026-03-10: Monzo [a-z]/,
        fault,
      );
    }
  });
});

describe('an open breaker', () => {
  const open = bankError('breaker_open');
  it('leaves the fault that opened it', () => {
    const down = after(aLogin(), bankError('bank_down'));
    assert.deepEqual(after(down, open), down);
  });

  it('is the news where nothing else explains it', () => {
    for (const trouble of [null, unknown, { fault: 'cancelled', facts: { during: 'sign_in' } as const }])
      assert.equal(shown(after(aLogin({ trouble }), open)).fault, 'breaker_open');
  });
});

describe('a login without tokens', () => {
  const noTokens = new BridgeError('no_tokens', 'none');
  it('keeps what was known, and is otherwise said not to be connected', () => {
    const evicted = aLogin({ state: 'needs_authorisation', trouble: { fault: 'token_evicted', facts: {} } });
    assert.deepEqual(after(evicted, noTokens), evicted);
    const lost = shown(after(aLogin({ trouble: { fault: 'bank_down', facts: {} } }), noTokens));
    assert.deepEqual([lost.state, lost.fault], ['needs_authorisation', 'no_tokens']);
    const new_ = aLogin({ state: 'authorising' });
    assert.deepEqual(after(new_, noTokens), new_);
  });
});
