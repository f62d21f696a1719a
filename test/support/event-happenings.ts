import * as fc from 'fast-check';
import type { Bank } from '../../sim/bank.ts';
import type { Call } from '../../sim/call.ts';
import type { CallFaultKind, Delivery, HookFaultKind } from '../../sim/faults.ts';
import { alex, sam } from '../../sim/household.ts';
import type { Switches } from '../../sim/switches.ts';
import { oneTurn } from './bank-ways.ts';
import { accounts, type EventLife } from './event-life.ts';
import { isList, isMove, sends } from './money.ts';
import { pairBank } from './pair.ts';
import { answered, post } from './people.ts';
import type { BankWays, World } from './world.ts';

const hour = 3_600_000;

/** The pair, with everything that switches of the bank are about. */
export function pairWithPots(now: () => number, ways: BankWays): Bank {
  const bank = pairBank(now, ways);
  const createdMs = now() - 86_400_000;
  for (const [index, accountId] of accounts.entries())
    bank.openPot(accountId, {
      id: potAt(index),
      name: `Pot ${index}`,
      balance: 50_000,
      addedSecurity: index === 1,
      createdMs,
    });
  bank.openAccount({ id: sam.loan, type: 'uk_monzo_flex', owners: [sam.userId], createdMs });
  return bank;
}

const potAt = (number: number) => `pot_000${number % accounts.length}`;

type Other = 'broker' | 'homeAssistant';

/** Something that happens, to be done on any life; `which` picks among whatever there is. */
export type Happening =
  | { readonly do: 'spend' | 'receive'; readonly account: number; readonly amount: number }
  /** In the app, and through the bridge. */
  | { readonly do: 'pot_move' | 'asked_move'; readonly which: number; readonly amount: number }
  | { readonly do: 'settle' | 'reverse' | 'amend' | 'touch'; readonly which: number; readonly amount: number }
  | { readonly do: 'ring'; readonly account: number; readonly which: number }
  | { readonly do: 'post_fault'; readonly kind: HookFaultKind; readonly times: number }
  | { readonly do: 'bank_fault'; readonly kind: CallFaultKind; readonly times: number }
  /** A row that lists show so much later, behind a younger one: whose ring comes before that, after it or never. */
  | {
      readonly do: 'lag';
      readonly account: number;
      readonly amount: number;
      readonly ms: number;
      readonly ring: 'before' | 'after' | 'never';
      /** How much younger the other one is. */
      readonly ahead: number;
    }
  | { readonly do: 'cut' | 'stop' | 'start'; readonly other: Other }
  | { readonly do: 'crash'; readonly kind: string; readonly after: number; readonly account: number }
  | { readonly do: 'pass' | 'asleep'; readonly ms: number }
  | { readonly do: 'evicted' | 'lapsed' | 'denied' | 'vanish'; readonly which: number }
  /** An hour in which the bank refuses good tokens; the bridge is away so long that the bank gives up calling it. */
  | { readonly do: 'incident' | 'away' }
  /** As many at one instant as a short page holds. */
  | { readonly do: 'crowd'; readonly account: number }
  | { readonly do: 'turned'; readonly switches: Partial<Switches> };

const small = fc.nat(99);
const account = fc.nat(accounts.length - 1);
const amount = fc.integer({ min: 1, max: 9_999 });
const times = fc.integer({ min: 1, max: 3 });
const other = fc.constantFrom<Other[]>('broker', 'homeAssistant');
/** How long the bank's reading side does not show a row, while it shows younger ones. */
const lags = [30_000, 240_000, 3_000_000] as const;
const always = <T extends string>(what: T) => fc.constant(what);

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('spend', 'spend', 'receive'), account, amount }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('settle', 'reverse', 'amend', 'touch'),
      which: small,
      amount,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: always('ring'), account, which: small }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: always('post_fault'),
      kind: fc.constantFrom<HookFaultKind[]>(
        'hook_dropped',
        'hook_duplicated',
        'hook_reordered',
        'hook_changed_body',
      ),
      times,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: always('bank_fault'),
      kind: fc.constantFrom<CallFaultKind[]>(
        'timeout_after',
        'reset_before',
        'reset_after',
        'html',
        'truncated',
        'wrong_shape',
        'no_date',
      ),
      times,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: always('lag'),
      account,
      amount,
      ms: fc.constantFrom(...lags),
      ring: fc.constantFrom('before', 'before', 'after', 'never'),
      ahead: fc.constantFrom(1_000, 1_000, 0),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('cut', 'stop', 'start'), other }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: always('crash'),
      kind: fc.constantFrom('write ', 'mqtt ', 'bank ', 'home_assistant ', 'wait ', ''),
      after: fc.nat(12),
      account,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: always('pass'),
      ms: fc.constantFrom(200, 1_000, 3_000, 15_000, 90_000, 300_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: always('asleep'), ms: fc.constantFrom(8 * hour, 31 * hour) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('evicted', 'lapsed', 'denied', 'vanish'), which: small }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('pot_move', 'asked_move'), which: small, amount }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('incident', 'away') }) },
  { weight: 1, arbitrary: fc.record({ do: always('crowd'), account }) },
  { weight: 2, arbitrary: oneTurn.map((switches) => ({ do: 'turned', switches }) as const) },
);

export const happenings = fc.array(happening, { minLength: 5, maxLength: 40, size: 'max' });

/** A row that is shown late and a crash that surely comes, whatever chance makes of the other lives. */
export const lateAndCrashed: readonly Happening[] = [
  { do: 'lag', account: 0, amount: 350, ms: 240_000, ring: 'before', ahead: 1_000 },
  { do: 'crash', kind: 'write ', after: 0, account: 0 },
];

type Doing = {
  readonly [What in Happening['do']]: (life: EventLife, what: Happening & { readonly do: What }) => unknown;
};

const doing: Doing = {
  spend: ({ world }, { account: number, amount: pence }) =>
    world.bank.purchase(accountAt(number), { amount: pence, merchant: 'Corner Shop' }),
  receive: ({ world }, { account: number, amount: pence }) =>
    world.bank.incomingPayment(accountAt(number), { amount: pence, name: 'A Friend' }),
  settle: (life, { which, amount: pence }) => {
    const id = pick(pendingIn(life), which);
    if (id) life.world.bank.settle(id, which % 2 === 0 ? {} : { amount: pence });
  },
  reverse: (life, { which }) => {
    const id = pick(pendingIn(life), which);
    if (id) life.world.bank.reverse(id);
  },
  amend: ({ world, transactions }, { which, amount: word }) => {
    const id = pick(transactions, which);
    if (id && word % 2 === 0) world.bank.annotate(id, `note ${word % 3}`);
    else if (id) world.bank.recategorise(id, ['general', 'groceries', 'bills'][word % 3] ?? 'general');
  },
  touch: ({ world, transactions }, { which }) => {
    const id = pick(transactions, which);
    if (id) world.bank.touch(id);
  },
  ring: async ({ world, transactions }, { account: number, which }) => {
    const hook = [...world.bank.model.webhooks.values()].find(
      ({ accountId }) => accountId === accountAt(number),
    );
    const body = JSON.stringify({
      type: 'transaction.created',
      data: { id: pick(transactions, which), account_id: accountAt(number) },
    });
    if (hook) await world.fetchFromOutside(hook.url, { method: 'POST', body }).catch(() => {});
  },
  post_fault: ({ world }, fault) =>
    world.faults.add({ kind: fault.kind, times: fault.times } as HookFaultWish),
  bank_fault: ({ world }, fault) =>
    world.faults.add({ kind: fault.kind, times: fault.times } as CallFaultWish),
  lag: async (life, { account: number, amount: pence, ms, ring, ahead }) => {
    const { bank } = life.world;
    const ringsAgain = holdBack(life.world, accountAt(number), { ring, ms });
    bank.showLate(bank.purchase(accountAt(number), { amount: pence, merchant: 'Corner Shop' }), ms);
    ringsAgain();
    if (ahead > 0) await life.pass(ahead);
    doing.spend(life, { do: 'spend', account: number, amount: pence });
    await life.pass(100_000);
  },
  cut: (life, { other: side }) => life[side].cut(),
  stop: (life, { other: side }) => life[side].stop(),
  start: (life, { other: side }) => life[side].start(),
  crash: (life, { kind, after, account: number }) => {
    let left = after;
    doing.spend(life, { do: 'spend', account: number, amount: 100 + after });
    life.crashes.arm((point) => point.startsWith(kind) && (left -= 1) < 0);
    return life.pass(3_000);
  },
  pass: (life, { ms }) => life.pass(ms),
  asleep: async (life, { ms }) => {
    life.world.clock.jump(ms);
    await life.pass(1_000);
  },
  evicted: ({ world }, { which }) => {
    const { clientId, userId } = personAt(which);
    world.bank.evict(clientId, userId);
  },
  denied: ({ world }, { which }) => world.bank.deny(personAt(which).userId),
  vanish: (life, { which }) => {
    const id = pick(pendingIn(life), which);
    if (id) life.world.bank.vanish(id);
  },
  crowd: async (life, { account: number }) => {
    // With another row at its instant there would be more than a page: no bank that lists by time alone shows those.
    await life.pass(2_000);
    for (let amount = 1; amount <= 10; amount += 1)
      doing.spend(life, { do: 'spend', account: number, amount });
    await life.pass(2_000);
  },
  incident: ({ world }) => world.bank.tokenIncident(hour),
  away: async (life) => {
    await answered(life.world, life.world.stop());
    doing.spend(life, { do: 'spend', account: 0, amount: 150 });
    for (let step = 0; step < 20; step += 1) await life.world.clock.advance(6_000);
    await life.world.restart();
  },
  lapsed: async (life, { which }) => {
    const { userId } = personAt(which);
    life.world.bank.lapseApproval(userId);
    await life.pass(15_000);
    life.world.bank.approve(userId);
  },
  pot_move: ({ world }, { which, amount: pence }) =>
    world.bank.potMove(potAt(which), which % 2 === 0 ? 'deposit' : 'withdraw', { amount: pence % 500 }),
  asked_move: async ({ world }, { which, amount: pence }) => {
    const move = {
      pot: potAt(which),
      transfer_type: which % 2 === 0 ? 'deposit' : 'withdraw',
      amount: '1.50',
      request_id: `r${pence % 5}`,
    };
    // Whoever hears nothing, and sees nothing, sends again.
    if (which % 3 === 0) {
      const before = sends(world).length;
      world.faults.add({ kind: 'timeout_after', times: 1, match: isMove });
      const match = (call: Call) => isList(call) && sends(world).length === before + 1;
      world.faults.add({ kind: 'reset_before', times: 3, match });
    }
    const asked = world.api('/api/commands/pot_transfer', post(move));
    await answered(world, asked).catch(() => {});
    await world.revived();
  },
  turned: ({ world }, { switches }) => world.bank.turn(switches),
};

/** The rings of what happens in the account now are late, or lost. Returns what ends that. */
export function holdBack(
  { faults }: World,
  accountId: string,
  { ring, ms }: { readonly ring: 'before' | 'after' | 'never'; readonly ms: number },
): () => void {
  const match = (delivery: Delivery) => delivery.accountId === accountId;
  if (ring === 'before') return () => {};
  return faults.add(
    ring === 'never' ? { kind: 'hook_dropped', match } : { kind: 'hook_delayed', ms: ms + 5_000, match },
  );
}

const personAt = (which: number) => (which % 2 === 0 ? alex : sam);

type HookFaultWish = { readonly kind: 'hook_dropped'; readonly times: number };
type CallFaultWish = { readonly kind: 'truncated'; readonly times: number };

/** Does what happens, and waits until it is done. */
export async function happen(life: EventLife, what: Happening): Promise<void> {
  const act = doing[what.do] as (life: EventLife, what: Happening) => unknown;
  await act(life, what);
}

const accountAt = (number: number) => accounts[number] ?? alex.current;
const pick = (ids: readonly string[], which: number) => ids[which % Math.max(1, ids.length)];
const pendingIn = ({ world, transactions }: EventLife) =>
  transactions.filter((id) => world.bank.model.transactions.get(id)?.state === 'pending');
