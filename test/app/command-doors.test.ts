import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { refusals } from '../../src/refusals/refuse.ts';
import { patternsOf } from '../../src/refusals/sentence.ts';
import { alex } from '../../sim/household.ts';
import { isMove, loseMoves } from '../support/money.ts';
import type { Door } from '../../src/commands/command.ts';
import { doorNames, openDoors, type Doors, type Outcome } from '../support/doors.ts';

const { holiday, locked, guarded, deleted } = alex.pots;

interface Row {
  readonly code: string;
  readonly command?: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Brings the world there; answers with the way back. */
  readonly when?: When;
  readonly status?: 'failed';
  /** The doors that have the command. */
  readonly doors?: readonly Door[];
}

type When = (doors: Doors) => Promise<() => Promise<unknown> | void>;

const deposit = { pot: holiday, transfer_type: 'deposit', amount: '5.00' };
const withdraw = { ...deposit, transfer_type: 'withdraw' };

const rails = async ({ world }: Doors, change: object) => {
  const put = {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(change),
  };
  assert.equal((await world.api('/api/rails', put)).status, 200);
};

/** The rails changed for a while. */
const railed =
  (change: object): When =>
  async (doors) => {
    const set = (await (await doors.world.api('/api/rails')).json()) as object;
    await rails(doors, change);
    return () => rails(doors, set);
  };

/** Monzo answers moves so. */
const monzoSays =
  (status: number, code: string): When =>
  async ({ world }) =>
    world.faults.add({ kind: 'status', status, code, match: isMove });

const amounts = [
  '',
  '0',
  '-1',
  '0.001',
  '1,50',
  '1e2',
  '0.30000000000000004',
  '٣',
  'NaN',
  '9'.repeat(400),
  'true',
  '{}',
];

const rows: readonly Row[] = [
  ...amounts.map((amount) => ({ code: 'bad_amount', body: { ...deposit, amount } })),
  { code: 'bad_request', body: { ...deposit, transfer_type: 'sideways' } },
  { code: 'bad_request', body: { ...deposit, request_id: 'r', event_id: 'e' } },
  { code: 'bad_request', body: { ...deposit, request_id: 'r'.repeat(201) } },
  { code: 'unknown_pot', body: { ...deposit, pot: 'Mars' } },
  { code: 'ambiguous_pot', body: { ...deposit, pot: 'Savings' } },
  { code: 'pot_deleted', body: { ...deposit, pot: deleted } },
  { code: 'pot_locked', body: { ...withdraw, pot: locked } },
  { code: 'pot_account_mismatch', body: { ...deposit, account: 'Joint account' } },
  { code: 'account_without_pots', body: { ...deposit, account: 'Flex' } },
  { code: 'account_without_pots', body: { ...deposit, account: 'Cashback' } },
  { code: 'account_closed', body: { ...deposit, account: alex.prepaid } },
  { code: 'unknown_account', body: { ...deposit, account: 'Mars' } },
  { code: 'unknown_event', body: { ...deposit, event_id: 'tx_1:created' } },
  {
    code: 'no_login',
    body: deposit,
    when: async ({ world }) => {
      world.bank.lapseApproval(alex.userId);
      const state = () => world.app().view().logins[0]?.state;
      await world.until('it is noticed', () => state() === 'needs_approval');
      return async () => {
        world.bank.approve(alex.userId);
        await world.until('it is active again', () => state() === 'active');
      };
    },
  },
  {
    code: 'paused',
    body: deposit,
    when: async ({ ask }) => {
      await ask('http', 'pause', {});
      return () => ask('http', 'resume', {});
    },
  },
  { code: 'per_move_cap', body: { ...deposit, amount: '100.01' } },
  { code: 'per_day_cap', body: deposit, when: railed({ per_day: { '*': '4.99' } }) },
  { code: 'below_floor', body: deposit, when: railed({ floor: { GBP: '100000' } }) },
  { code: 'pot_not_allowed', body: deposit, when: railed({ pots: [] }) },
  { code: 'insufficient_funds', body: deposit, when: monzoSays(400, 'bad_request.insufficient_funds') },
  { code: 'pot_secured', body: { ...withdraw, pot: guarded } },
  { code: 'bank_refused', body: deposit, when: monzoSays(400, 'bad_request.never_heard_of') },
  { code: 'no_permission', body: deposit, when: monzoSays(403, 'forbidden.insufficient_permissions') },
  { code: 'not_found', body: deposit, when: monzoSays(404, 'not_found.pot') },
  {
    code: 'request_id_reused',
    body: { ...deposit, request_id: 'rent', amount: '5.01' },
    when: async ({ ask }) => {
      assert.equal((await ask('http', 'pot_transfer', { ...deposit, request_id: 'rent' })).status, 'done');
      return () => {};
    },
  },
  {
    code: 'cooldown',
    body: { ...deposit, amount: '0.01' },
    when: async (doors) => {
      const back = await railed({ cooldown_seconds: 86_400 })(doors);
      assert.equal((await doors.ask('http', 'pot_transfer', { ...deposit, amount: '0.01' })).status, 'done');
      return back;
    },
  },
  {
    code: 'outcome_unknown',
    body: { ...deposit, amount: '0.02' },
    when: async ({ ask, world }) => {
      loseMoves(world);
      const lost = await ask('http', 'pot_transfer', { ...deposit, amount: '0.02' });
      assert.deepEqual([lost.status, lost.said['money_moved']], ['unknown', 'unknown']);
      return () => {};
    },
  },
  {
    code: 'clock_differs',
    body: { ...deposit, amount: '0.03' },
    when: async ({ world }) => world.faults.add({ kind: 'clock_skew', ms: 120_000 }),
  },
  {
    code: 'bank_down',
    status: 'failed',
    body: { ...deposit, amount: '0.04' },
    when: async ({ world }) =>
      world.faults.add({ kind: 'status', status: 500, match: ({ path }) => path === '/balance' }),
  },
  {
    code: 'nothing_read',
    command: 'refresh',
    body: {},
    when: async ({ world }) => {
      world.bank.lapseApproval(alex.userId);
      return async () => {
        world.bank.approve(alex.userId);
        await world.until('it is active again', () => world.app().view().logins[0]?.state === 'active');
      };
    },
  },
  ...(['unreachable', 'timeout'] as const).map((code) => ({
    code,
    command: 'refresh',
    body: {},
    status: 'failed' as const,
    when: async ({ world }: Doors) => {
      const heal = world.faults.add(
        code === 'unreachable' ? { kind: 'no_route' } : { kind: 'slow', ms: 60_000 },
      );
      return async () => {
        heal();
        await world.clock.advance(180_000);
      };
    },
  })),
  {
    code: 'unknown_transfer',
    command: 'decide_transfer',
    body: { transfer_id: 'transfer_0', money_moved: 'yes' },
    doors: ['http', 'page', 'cli'],
  },
  { code: 'unknown_transaction', command: 'annotate', body: { transaction_id: 'tx_0', notes: '' } },
  { code: 'unknown_account', command: 'feed_item', body: { account: 'Mars', title: 'Hello' } },
  { code: 'bad_request', command: 'feed_item', body: { account: alex.current, title: 'Hello', url: 'mars' } },
];

/** Each door's transfer has an id of its own, and time goes on between them; nothing else differs. */
function alike({ status, said }: Outcome): Outcome {
  const text = JSON.stringify(said)
    .replaceAll(/transfer_[0-9a-f]{8,}/g, 'transfer_…')
    .replace(/wait \d+ s/, 'wait … s');
  return { status, said: JSON.parse(text) as Outcome['said'] };
}

/** What a script in Home Assistant fails with is the sentence, and nothing else. */
function assertAlike(door: Door, outcome: Outcome, first: Outcome): void {
  if (door === 'home_assistant' && first.status !== 'done')
    assert.equal(outcome.said['sentence'], first.said['sentence'], door);
  else assert.deepEqual(outcome, first, door);
}

describe('every door refuses alike', () => {
  let doors: Doors;
  before(async () => {
    doors = await openDoors();
  });
  afterEach(() => doors.world.faults.clear());
  after(() => doors[Symbol.asyncDispose]());

  for (const {
    code,
    command = 'pot_transfer',
    body,
    when,
    status = 'refused',
    doors: having = doorNames,
  } of rows)
    it(`${code}: ${command} ${JSON.stringify(body).slice(0, 90)}`, async () => {
      const back = await when?.(doors);
      const outcomes = new Map<Door, Outcome>();
      for (const door of having) outcomes.set(door, await doors.ask(door, command, body));
      await back?.();
      const first = outcomes.get('http');
      assert.deepEqual([first?.status, first?.said['code']], [status, code]);
      const sentence = String(first?.said['sentence']);
      const row = refusals.get(code) ?? assert.fail(`${code} has no row`);
      const says = sentence.replace(/ ?Nothing was moved\.( |$)/, ' ').trim();
      assert.ok(
        patternsOf(row).some((pattern) => regexOf(pattern).test(says)),
        sentence,
      );
      if (command === 'pot_transfer') {
        assert.match(sentence, /Nothing was moved\./);
        assert.equal(first?.said['money_moved'], 'no');
        assert.ok('transfer_id' in (first?.said ?? {}));
      }
      for (const [door, outcome] of outcomes)
        assertAlike(door, alike(outcome), alike(first ?? assert.fail()));
    });
});

describe('every door answers alike', () => {
  it('with what would be, what was moved, and what was moved before', async () => {
    await using doors = await openDoors();
    const asked = { ...deposit, request_id: 'one' };
    const trial = { ...deposit, dry_run: true };
    await sameOn(doors, trial, { status: 'done', money_moved: 'no', dry_run: true });
    assert.equal((await doors.ask('http', 'pot_transfer', asked)).said['money_moved'], 'yes');
    await sameOn(doors, asked, { status: 'done', money_moved: 'yes', repeated: true });
    const moves = [...doors.world.bank.model.transactions.values()].filter(({ metadata }) =>
      metadata['external_id']?.includes('mb-'),
    );
    assert.equal(moves.length, 1);
  });

  it('with the truth where nobody knows yet', async () => {
    await using doors = await openDoors();
    loseMoves(doors.world);
    const asked = { ...deposit, request_id: 'lost' };
    await doors.ask('http', 'pot_transfer', asked);
    await sameOn(doors, asked, { status: 'unknown', money_moved: 'unknown', repeated: true });
  });
});

async function sameOn(doors: Doors, body: Row['body'], { status, ...expected }: Row['body']): Promise<void> {
  const [first, ...others] = await Promise.all(
    doorNames.map((door) => doors.ask(door, 'pot_transfer', body)),
  );
  assert.equal(first?.status, status);
  for (const [key, value] of Object.entries(expected)) assert.equal(first?.said[key], value, key);
  for (const key of [
    'transfer_id',
    'sentence',
    'account_balance_minor',
    'pot_balance_minor',
    'amount',
    'currency',
  ])
    assert.ok(key in (first?.said ?? {}), key);
  for (const [index, other] of others.entries())
    assertAlike(doorNames[index + 1] ?? assert.fail(), other, first ?? assert.fail());
}

/** A sentence of the catalogue, with anything in the place of its dots. */
function regexOf(pattern: string): RegExp {
  const parts = pattern.split('…').map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}
