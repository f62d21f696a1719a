import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { accountsOf, wireAccount, wireBalance } from '../../sim/accounts.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex, household } from '../../sim/household.ts';
import { potsOf, wirePot } from '../../sim/pots.ts';
import { wireTransaction } from '../../sim/transactions.ts';
import { allReadable } from '../../src/domain/absence.ts';
import { fold, nothingKnown, type Knowledge, type Observation } from '../../src/domain/fold.ts';
import { viewOf } from '../../src/domain/view.ts';
import { BridgeError } from '../../src/errors.ts';
import { createWire, unreadableIn } from '../../src/monzo/wire.ts';
import { aLoginView, noon } from '../support/samples.ts';

const minute = 60_000;
const wire = createWire(() => {});
const accountIds = [alex.current, alex.euro] as const;

type Body = Readonly<Record<string, unknown>>;
type Answers = Readonly<Record<string, Body>>;

/** Every answer about Alex's household, by the call that it is the answer to. Between two of them every balance differs. */
function answersAfter(moves: number): Answers {
  const bank = household({ now: () => noon, random: seededRandom(1) });
  bank.purchase(alex.euro, { amount: 1_250, merchant: 'Corner Shop' });
  const abroad = bank.foreignPurchase(alex.current, {
    amount: 500,
    merchant: 'Café',
    localAmount: 850,
    localCurrency: 'CAD',
  });
  for (const pot of Object.values(alex.pots).filter((id) => id !== alex.pots.deleted))
    for (let move = 0; move < moves; move += 1) bank.potMove(pot, 'deposit', { amount: 7 });
  for (let move = 0; move < moves; move += 1) bank.fee(alex.euro, -3);
  const { model } = bank;
  const accounts = accountsOf(model, alex.userId);
  const rows = [...model.transactions.values()].filter(({ id }) => id === abroad || moves === 0);
  return {
    accounts: { accounts: accounts.map((account) => wireAccount(model, account)) },
    ...Object.fromEntries(
      accounts
        .filter(({ id }) => id === alex.current || id === alex.euro)
        .flatMap((account) => [
          [`balance ${account.id}`, wireBalance(model, account)],
          [`pots ${account.id}`, { pots: potsOf(model, account).map((pot) => wirePot(pot)) }],
        ]),
    ),
    transactions: {
      transactions: rows.map((row) =>
        wireTransaction(model, row, { expandMerchant: true, userId: alex.userId }),
      ),
    },
  };
}

const before = answersAfter(0);
const after = answersAfter(1);

/** What the bridge knows once it has read these answers. What cannot be read is left out, as the reader does. */
function known(answers: Answers, start: Knowledge, at: number): Knowledge {
  const list = (key: string, body: Body, rows: readonly { readonly id: string }[]) => ({
    rows: rows as never,
    askedAt: at,
    unreadable: unreadableIn(body, key, rows) ?? allReadable,
  });
  const reads: Readonly<Record<string, (body: Body, accountId: string) => Observation>> = {
    accounts: (body) => ({
      kind: 'accounts',
      at,
      loginId: 'login_1',
      list: list('accounts', body, wire.readAccounts(body)),
    }),
    balance: (body, accountId) => ({
      kind: 'balance',
      at,
      askedAt: at,
      accountId,
      balance: wire.readBalance(body, at),
    }),
    pots: (body, accountId) => ({
      kind: 'pots',
      at,
      accountId,
      list: list('pots', body, wire.readPots(body, accountId)),
    }),
  };
  let knowledge = start;
  for (const [call, body] of Object.entries(answers)) {
    const [kind = '', accountId = ''] = call.split(' ');
    const read = reads[kind];
    if (!read) continue;
    try {
      knowledge = fold(knowledge, read(body, accountId)).next;
    } catch (thrown) {
      assert.equal(thrown instanceof BridgeError && thrown.code, 'unknown_shape');
      if (kind === 'balance' || kind === 'pots')
        knowledge = fold(knowledge, { kind: 'unread', part: kind, at, accountId }).next;
    }
  }
  return knowledge;
}

const see = (knowledge: Knowledge) =>
  viewOf({ knowledge, logins: [aLoginView()], now: noon + 2 * minute, staleAfter: 360 * minute });

type Path = readonly (string | number)[];

/** Every place in a value, the value itself left out. */
function pathsIn(value: unknown): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const step = Array.isArray(value) ? Number(key) : key;
    return [[step], ...pathsIn(child).map((path) => [step, ...path])];
  });
}

const others = [undefined, null, '', 0, -1.5, 'x', true, [], {}, [null], { id: 'x' }] as const;
const typeOf = (value: unknown) => (Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value);

/** A copy in which one place is left out, or holds something of another type. */
function spoilt(value: unknown, [key, ...deeper]: Path, change: (found: unknown) => unknown): unknown {
  if (key === undefined) return change(value);
  if (Array.isArray(value))
    return value.map((child: unknown, index) => (index === key ? spoilt(child, deeper, change) : child));
  return Object.fromEntries(
    Object.entries(value as Body)
      .map(([name, child]) => [name, name === key ? spoilt(child, deeper, change) : child] as const)
      .filter(([, child]) => child !== undefined),
  );
}

const spoiling = fc.constantFrom(...Object.keys(after)).chain((call) =>
  fc.record({
    call: fc.constant(call),
    path: fc.constantFrom(...pathsIn(after[call])),
    other: fc.constantFrom(...others),
  }),
);

const good = known(before, nothingKnown, noon);
const right = see(known(after, good, noon + minute));
const old = see(good);

it('one field of any answer that is left out or of another type removes nothing and makes no figure wrong', () => {
  fc.assert(
    fc.property(spoiling, ({ call, path, other }) => {
      const change = (found: unknown) => (typeOf(found) === typeOf(other) ? undefined : other);
      const body = spoilt(after[call], path, change) as Body;
      const view = see(known({ ...after, [call]: body }, good, noon + minute));
      assert.deepEqual(
        [...view.accounts, ...view.pots].map(({ id }) => id),
        [...right.accounts, ...right.pots].map(({ id }) => id),
      );
      for (const [kind, shown] of [...view.accounts.entries(), ...view.pots.entries()].entries()) {
        const [index, one] = shown;
        const isAccount = kind < view.accounts.length;
        const [now, then] = isAccount
          ? [right.accounts[index], old.accounts[index]]
          : [right.pots[index], old.pots[index]];
        assert.equal(one.currency, now?.currency, one.id);
        const isMarked = one.figuresFrom !== null || one.missing;
        const isRight = one.balance === now?.balance || (isMarked && one.balance === then?.balance);
        assert.ok(isRight, `${one.id}: ${one.balance}`);
      }
      for (const accountId of accountIds) {
        const [shown, now, then] = [view, right, old].map(({ accounts }) =>
          accounts.find(({ id }) => id === accountId),
        );
        const isOld = shown?.figuresFrom !== null;
        const totals = [now?.totalBalance, null, ...(isOld ? [then?.totalBalance] : [])];
        assert.ok(totals.includes(shown?.totalBalance), `total ${shown?.totalBalance}`);
        const spent = [now?.spentToday, null, ...(isOld ? [then?.spentToday] : [])];
        assert.ok(spent.includes(shown?.spentToday), `spent ${shown?.spentToday}`);
      }
    }),
    { numRuns: 1_500 },
  );
});

it('nor does it make a transaction’s money wrong: what cannot be read is left out as a whole', () => {
  const call = 'transactions';
  const body = before[call] ?? assert.fail();
  const truth = new Map(wire.readTransactions(body).map((row) => [row.id, row]));
  fc.assert(
    fc.property(fc.constantFrom(...pathsIn(body)), fc.constantFrom(...others), (path, other) => {
      const change = (found: unknown) => (typeOf(found) === typeOf(other) ? undefined : other);
      const read = () => {
        try {
          return wire.readTransactions(spoilt(body, path, change));
        } catch (thrown) {
          assert.equal(thrown instanceof BridgeError && thrown.code, 'unknown_shape');
          return [];
        }
      };
      for (const { id, amount, currency, localAmount, localCurrency } of read()) {
        const row = truth.get(id) ?? assert.fail(id);
        assert.equal(amount, row.amount);
        assert.equal(currency, row.currency);
        const local = [localAmount, localCurrency];
        const isRight = [
          [row.localAmount, row.localCurrency],
          [amount, currency],
        ].some((pair) => pair.join(' ') === local.join(' '));
        assert.ok(isRight, `${id}: ${local.join(' ')}`);
      }
    }),
    { numRuns: 1_000 },
  );
});
