import type { CallFault } from '../../sim/faults.ts';
import { alex, joint } from '../../sim/household.ts';
import { startWebhookSender } from '../../sim/webhooks.ts';
import { settled } from '../../sim/fake-clock.ts';
import type { Crashes } from './crash.ts';
import { openDoors } from './doors.ts';
import { aims, type Happening, type Request, type Talk } from './money-happenings.ts';
import { ask, loseMoves, setRails } from './money.ts';
import { answered, comeBack } from './people.ts';
import type { BankWays, World } from './world.ts';

/** A bridge that is asked to move money, with everything its callers were told. */
export interface MoneyLife extends AsyncDisposable {
  readonly world: World;
  readonly talks: readonly Talk[];
  /** All the money there was at the beginning, in minor units. */
  readonly total: number;
  happen(happening: Happening): Promise<void>;
  /** Ends all trouble, and waits until the bridge knows the outcome of everything, or has left it to a person. */
  settle(isOpen: (world: World) => boolean): Promise<void>;
}

export interface MoneyLifeOptions extends BankWays {
  readonly crashes: Crashes;
}

export async function startMoneyLife(options: MoneyLifeOptions): Promise<MoneyLife> {
  const settings = { MONZO_BRIDGE_PUBLIC_URL: 'http://bridge.invalid' };
  const doors = await openDoors({ ...options, settings });
  const { crashes } = options;
  const { world } = doors;
  const { bank, faults, clock, fetchFromOutside } = world;
  const sender = startWebhookSender({ bank, faults, clock, fetch: fetchFromOutside });
  const bought: string[] = [];
  const withPending = async (act: (id: string) => void) =>
    bought
      .filter((id) => bank.model.transactions.get(id)?.state === 'pending')
      .slice(0, 1)
      .forEach(act);
  setRails(world, { per_day: { '*': '200' } });
  const talks: Talk[] = [];
  const call = async ({ door, wish: one, times }: Request) => {
    const askedAt = world.clock.now();
    const answers = await doors.call(door, { command: 'pot_transfer', body: { ...one }, times });
    const about = { door, wish: one, askedAt, toldAt: world.clock.now() };
    for (const outcome of answers) talks.push({ ...about, told: outcome?.said ?? null });
  };
  const acts: {
    readonly [Is in Happening['is']]: (told: Extract<Happening, { is: Is }>) => Promise<unknown>;
  } = {
    asked: async ({ requests, cut = false }) => {
      await doors.open();
      const calls = Promise.all(requests.map(call));
      await settled();
      if (cut) doors.cut();
      await answered(world, calls);
    },
    fault: async ({ fault: struck, on }) => world.faults.add({ ...struck, match: aims[on] } as CallFault),
    lost: async () => loseMoves(world),
    calm: async () => {
      faults.clear();
      bank.tokenIncident(0);
      if (lostLogin(world) === null) return;
      // Who signs in again gets to the end of it.
      crashes.arm(null);
      await comeBack(world, (ms) => clock.advance(ms));
    },
    time: ({ ms }) => world.clock.advance(ms),
    // A renewal of tokens that is under way is waited for.
    restart: async ({ ms }) => {
      await answered(world, world.stop());
      await world.clock.advance(ms);
      await world.restart();
    },
    crash: () => world.crash(),
    pause: () => ask(world, 'pause').catch(() => null),
    resume: () => ask(world, 'resume').catch(() => null),
    doomed: async ({ at, points }) => {
      let left = points;
      crashes.arm((point) => point.startsWith(at) && (left -= 1) === 0);
    },
    clock: async ({ ahead, points }) => {
      if (points === 0) return world.bridgeClock.setAhead(ahead);
      let left = points;
      crashes.arm(() => {
        if ((left -= 1) === 0) world.bridgeClock.setAhead(ahead);
        return false;
      });
    },
    asleep: async ({ ms }) => world.clock.jump(ms),
    turned: async ({ switches }) => bank.turn(switches),
    earned: async () => void bank.incomingPayment(alex.current, { amount: 900, name: 'A Friend' }),
    bought: async () => {
      const accountId = bought.length % 2 === 0 ? alex.current : joint.account;
      bought.push(bank.purchase(accountId, { amount: 150, merchant: 'Corner Shop' }));
    },
    crowd: async () => {
      for (let number = 0; number < 10; number += 1)
        bought.push(bank.purchase(alex.current, { amount: 1, merchant: 'Corner Shop' }));
    },
    settled: () => withPending((id) => bank.settle(id)),
    reversed: () => withPending((id) => bank.reverse(id)),
    evicted: async () => bank.evict(alex.clientId, alex.userId),
    denied: async () => bank.deny(alex.userId),
    incident: async () => bank.tokenIncident(3_600_000),
    away: async () => {
      await answered(world, world.stop());
      bought.push(bank.purchase(alex.current, { amount: 150, merchant: 'Corner Shop' }));
      for (let step = 0; step < 20; step += 1) await clock.advance(6_000);
      await world.restart();
    },
    lapsed: async () => {
      bank.lapseApproval(alex.userId);
      await clock.advance(15_000);
      bank.approve(alex.userId);
    },
  };
  return {
    world,
    talks,
    total: moneyIn(world),
    happen: async (happening) => {
      const act = acts[happening.is] as (told: Happening) => Promise<unknown>;
      await act(happening);
      await world.revived();
    },
    settle: async (isOpen) => {
      crashes.arm(null);
      world.faults.clear();
      bank.tokenIncident(0);
      world.bridgeClock.setAhead(0);
      await world.revived();
      const isKnown = () => !isOpen(world);
      await world.until('every outcome is known', () => isKnown() || lostLogin(world) !== null, long);
      await comeBack(world, (ms) => clock.advance(ms));
      await world.until('every outcome is known', isKnown, long);
    },
    [Symbol.asyncDispose]: () => {
      sender.stop();
      return answered(world, doors[Symbol.asyncDispose]());
    },
  };
}

const long = 2 * 3_600_000;

function lostLogin(world: World): string | null {
  const lost = world
    .app()
    .view()
    .logins.find(({ state }) => state !== 'active');
  return lost?.id ?? null;
}

/** What accounts and pots hold together, without what was earned, and with what was bought; moves never change it. */
export function moneyIn({ bank }: World): number {
  const { accounts, pots, transactions } = bank.model;
  const held = [...accounts.values(), ...pots.values()].filter(({ currency }) => currency === 'GBP');
  const traffic = [...transactions.values()].filter(
    ({ scheme, state }) => schemes.has(scheme) && state !== 'reversed',
  );
  return (
    held.reduce((sum, { balance }) => sum + balance, 0) - traffic.reduce((sum, { amount }) => sum + amount, 0)
  );
}

const schemes: ReadonlySet<string> = new Set(['mastercard', 'payport_faster_payments']);
