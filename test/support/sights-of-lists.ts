import { alex, joint, sam } from '../../sim/household.ts';
import { callerOf } from '../../sim/api.ts';
import type { Call } from '../../sim/call.ts';
import {
  day,
  hour,
  minute,
  openAlone,
  pass,
  rung,
  shop,
  slowly,
  withAddress,
  type Sight,
} from './bank-positions.ts';
import { signIn, stateOf } from './people.ts';
import type { World, WorldOptions } from './world.ts';

export const listSights: readonly Sight[] = [
  {
    what: 'how far back lists go',
    rows: {
      historyWindow: [
        ['full_history', 'from_approval'],
        ['full_history', 'from_login'],
      ],
      reachDays: [
        ['reach', 'listed_at_85'],
        ['reach', 'listed_at_85'],
        ['reach', 'refused_at_85'],
        ['reach', 'refused_at_60'],
        ['reach', 'refused_at_30'],
      ],
    },
    several: ['reach'],
    open: approvedLater,
    play: (world) => sleptFor(84.5 * day)(world),
  },
  {
    what: 'what a later approval opens',
    rows: {
      reapproval: [
        ['reapproval', 'keeps_history_shut'],
        ['reapproval', 'opens_history'],
      ],
    },
    open: withHistoryUnread,
    play: async (world) => {
      world.bank.lapseApproval(alex.userId);
      const [{ id } = { id: '' }] = world.app().view().logins;
      await world.until('the lapse is seen', () => stateOf(world, id) === 'needs_approval');
      await pass(world, 10 * minute);
      world.bank.approve(alex.userId);
      await world.until('it works again', () => stateOf(world, id) === 'active');
      await pass(world, 3 * minute);
    },
  },
  {
    what: 'what answers a list that goes back too far',
    rows: {
      reachBeyond: [
        ['reach_beyond', '403'],
        ['reach_beyond', '400'],
        ['reach_beyond', 'cut'],
      ],
    },
    fixed: { reachDays: 7 },
    open: approvedLater,
    play: (world) => sleptFor(20 * day)(world),
  },
  {
    what: 'the end of a list',
    rows: {
      beforeTimestamp: [
        ['before_time', 'exclusive'],
        ['before_time', 'inclusive'],
      ],
    },
    open: withRowAtAnEnd,
    play: (world) => pass(world, 2 * minute),
  },
  {
    what: 'the begin of a list',
    rows: {
      sinceTimestamp: [
        ['since_time', 'inclusive'],
        ['since_time', 'exclusive'],
        ['since_time', 'exclusive_second'],
      ],
      sinceId: [
        ['since_id', 'exclusive'],
        ['since_id', 'inclusive'],
        ['since_id', 'refused'],
      ],
      sameInstant: [
        ['same_instant', 'after'],
        ['same_instant', 'before'],
      ],
    },
    several: ['since_time'],
    settings: withAddress,
    play: async (world) => {
      rung(world);
      const begin = Math.ceil(world.clock.now() / 1_000) * 1_000;
      await pass(world, minute);
      shop(world, 100, { createdMs: begin });
      shop(world, 101, { createdMs: begin + 500 });
      await pass(world, minute);
      shop(world, 102, { createdMs: begin + 500 });
      await pass(world, 2 * hour, 10 * minute);
      shop(world, 103, { createdMs: begin + 2 * hour + 1_000 });
      await pass(world, 40 * minute, 10 * minute);
    },
  },
  {
    what: 'pages',
    rows: {
      longestPage: [
        ['longest_page', '100'],
        ['longest_page', '50'],
        ['longest_page', '30'],
        ['longest_page', '10'],
      ],
      pageOrder: [
        ['page_order', 'oldest_first'],
        ['page_order', 'turned'],
        ['page_order', 'newest_first'],
      ],
    },
    open: async (options) => {
      const world = await openAlone(options);
      world.bank.addHistory(alex.current, { days: 25, perDay: 8 });
      await world.connect('alex');
      return world;
    },
    play: (world) => pass(world, 2 * minute),
  },
  {
    what: 'late rows',
    rows: {
      created: [
        ['new_rows', 'on_time'],
        ['new_rows', 'hours_late'],
        ['new_rows', 'dated_ahead'],
      ],
    },
    settings: slowly,
    play: async (world) => {
      await pass(world, 4 * hour, 10 * minute);
      shop(world, 100);
      await pass(world, 40 * minute, 10 * minute);
    },
  },
  {
    what: 'how rows change',
    rows: {
      merchantDates: [
        ['merchant_dates', 'present'],
        ['merchant_dates', 'absent'],
      ],
      merchantOf: [
        ['transfer_merchant', 'absent'],
        ['transfer_merchant', 'present'],
      ],
      updated: [
        ['updated', 'goes_on'],
        ['updated', 'frozen'],
        ['updated', 'ahead'],
        ['updated', 'goes_back'],
      ],
      reversedRow: [
        ['reversed_row', 'final'],
        ['reversed_row', 'pending'],
      ],
    },
    play: async (world) => {
      const [charged, reversed] = [shop(world, 500), shop(world, 600)];
      world.bank.incomingPayment(alex.current, { amount: 1_000, name: 'Jo' });
      await pass(world, 4 * minute);
      world.bank.settle(charged);
      world.bank.reverse(reversed);
      await pass(world, 10 * minute);
    },
  },
  {
    what: 'rows by their ids',
    rows: {
      byId: [
        ['by_id', 'works'],
        ['by_id', 'unknown'],
        ['by_id', 'no_handler'],
        ['by_id', 'lags'],
      ],
    },
    several: ['by_id'],
    settings: slowly,
    // What was not found by its id is asked for in that way again after six hours.
    play: (world) => idled(world, 9 * hour),
  },
  {
    what: 'rows that are refused by their ids',
    rows: { rowForbidden: [null, ['by_id', 'refused'], ['by_id', 'refused']] },
    settings: slowly,
    play: (world) => idled(world, 5 * hour),
  },
  {
    what: 'charges',
    rows: {
      secondRow: [
        ['charge', 'same_row'],
        ['hold_after_charge', 'kept'],
        ['hold_after_charge', 'zeroed'],
        ['hold_after_charge', 'vanished'],
      ],
    },
    settings: slowly,
    play: async (world) => {
      const hold = shop(world, 10_000);
      await pass(world, 20 * minute);
      world.bank.settle(hold);
      await pass(world, 100 * minute, 10 * minute);
      world.clock.jump(9 * day);
      await pass(world, 100 * minute, 10 * minute);
    },
  },
  {
    what: 'lists',
    rows: {
      lists: [
        null,
        ['lists', 'empty'],
        ['lists', 'null'],
        ['lists', 'several_left_out'],
        ['lists', 'one_left_out'],
        ['lists', 'empty'],
      ],
    },
    several: ['lists'],
    play: (world) => pass(world, 80 * minute, 5 * minute),
  },
  {
    what: 'the two owners of an account',
    rows: {
      ownersView: [
        ['owners_view', 'same'],
        ['owners_view', 'own_categories'],
        ['owners_view', 'own_categories_and_notes'],
      ],
    },
    play: async (world) => {
      await world.connect('sam');
      const id = world.bank.purchase(joint.account, { amount: 900, userId: sam.userId });
      world.bank.annotate(id, 'Lunch');
      await pass(world, 5 * minute);
      world.bank.recategorise(id, 'holidays');
      await pass(world, 5 * minute);
      for (const { userId } of [alex, sam]) {
        world.faults.add({
          kind: 'status',
          status: 503,
          match: (call) => callerOf(world.bank.model, call).userId === userId,
        });
        await pass(world, 20 * minute);
        world.faults.clear();
        await pass(world, 20 * minute);
      }
    },
  },
];

/** Signs in, and approves so late that it makes a difference; of a bank with a year of history. */
export async function approvedLater(options: WorldOptions): Promise<World> {
  const world = await openAlone(options);
  world.bank.addHistory(alex.current, { days: 300, perDay: 0.5 });
  const id = await signIn(world, alex);
  await pass(world, 7 * minute);
  world.bank.approve(alex.userId);
  await world.until('it is connected', () => stateOf(world, id) === 'active');
  return world;
}

/** Of a bank whose faults kept the history from being read in the minutes after the approval. */
async function withHistoryUnread(options: WorldOptions): Promise<World> {
  const world = await openAlone(options);
  world.bank.addHistory(alex.current, { days: 300, perDay: 0.5 });
  const since = ({ query }: Pick<Call, 'query'>) => Date.parse(query.get('since') ?? '');
  world.faults.add({
    kind: 'status',
    status: 503,
    match: (call) => call.path === '/transactions' && since(call) < world.clock.now() - 80 * day,
  });
  await world.connect('alex');
  await pass(world, 10 * minute);
  world.faults.clear();
  await pass(world, hour, 5 * minute);
  return world;
}

/** After a sleep the next list goes back to the last known row. */
export const sleptFor = (ms: number) => async (world: World) => {
  for (const amount of [100, 200, 300, 400]) shop(world, amount);
  await pass(world, 10 * minute);
  world.clock.jump(ms);
  await pass(world, 10 * minute);
};

/** Of a bank with a row at the very instant at which a part of the history ends; where that is, another world shows. */
async function withRowAtAnEnd(options: WorldOptions): Promise<World> {
  const connected = async (ends: readonly number[]) => {
    const world = await openAlone(options);
    for (const createdMs of ends) shop(world, 100, { createdMs });
    await world.connect('alex');
    await pass(world, minute);
    return world;
  };
  const first = await connected([]);
  const ends = first.bank.calls
    .filter(({ query }) => query.includes(alex.current))
    .map(({ query }) => Date.parse(new URLSearchParams(query).get('before') ?? ''));
  await first[Symbol.asyncDispose]();
  return connected(ends.filter((end) => !Number.isNaN(end)));
}

async function idled(world: World, ms: number): Promise<void> {
  for (const amount of [500, 600, 700, 800]) shop(world, amount);
  await pass(world, ms, 15 * minute);
}
