import { alex } from '../../sim/household.ts';
import { bankDayStart } from '../../sim/wire-time.ts';
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
import { isMove, move, setRails } from './money.ts';
import { signIn } from './people.ts';
import type { World } from './world.ts';

export const otherSights: readonly Sight[] = [
  {
    what: 'tokens',
    rows: {
      deadToken: [
        ['dead_access_token', '401'],
        ['dead_access_token', '400'],
      ],
      tokenLifetime: [
        ['token_lifetime', '30_hours'],
        ['token_lifetime', '6_hours'],
      ],
      refusedRefresh: [
        ['refused_refresh', '401'],
        ['refused_refresh', '400'],
        ['refused_refresh', '403'],
      ],
      refreshLifetime: [
        ['old_refresh_token', 'works'],
        ['old_refresh_token', 'refused'],
      ],
    },
    settings: slowly,
    play: async (world) => {
      world.bank.tokenIncident(20 * minute);
      await pass(world, 2 * hour, 10 * minute);
      await world.stop();
      world.clock.jump(31 * day);
      await world.restart();
      await pass(world, 5 * minute);
    },
  },
  {
    what: 'a person who presses Deny',
    rows: { denial: [null, ['token_before_approval', 'ended']] },
    open: openAlone,
    play: async (world) => {
      await signIn(world, alex);
      await pass(world, minute);
      world.bank.deny(alex.userId);
      await pass(world, 5 * minute);
    },
  },
  {
    what: 'answers and rows',
    rows: {
      answerDate: [
        ['answer_date', 'true'],
        ['answer_date', 'absent'],
        ['answer_date', 'kept'],
      ],
      shapelessPot: [
        null,
        ['rows', 'pot balance absent'],
        ['rows', 'pot balance string'],
        ['rows', 'pot id absent'],
      ],
      shapelessAccount: [
        null,
        ['rows', 'account type absent'],
        ['rows', 'account created absent'],
        ['rows', 'account id absent'],
      ],
      emptyList: [
        ['empty_list', 'brackets'],
        ['empty_list', 'null'],
        ['empty_list', 'left_out'],
      ],
    },
    several: ['rows'],
    play: (world) => pass(world, 40 * minute),
  },
  {
    what: 'moves',
    rows: {
      guardedPot: [
        ['refusals', 'put pots id withdraw 400 bad_request.pot_added_security'],
        ['refusals', 'put pots id withdraw 403 forbidden.pot_added_security'],
      ],
      repeatedDedupe: [
        ['repeated_move', 'accepted'],
        ['repeated_move', 'refused'],
      ],
    },
    play: async (world) => {
      await move(world, { pot: alex.pots.guarded, transfer_type: 'withdraw' });
      await movedAgain(world, '5.00');
    },
  },
  {
    what: 'checks of moves',
    rows: { moveChecks: [null, ['move_checks', 'before_dedupe']] },
    play: async (world) => {
      setRails(world, { per_move: { '*': '2000' }, per_day: { '*': '2000' } });
      await movedAgain(world, '1000.00');
    },
  },
  {
    what: 'ids of moves',
    rows: {
      externalId: [
        ['move_id', 'whole'],
        ['move_id', 'absent'],
        ['move_id', 'cut'],
        ['move_id', 'changed'],
      ],
    },
    play: async (world) => {
      await move(world);
      await pass(world, 5 * minute);
    },
  },
  {
    what: 'when moves take place',
    rows: {
      deferredMove: [
        ['move_shown', 'at_once'],
        ['move_shown', 'minutes_later'],
        ['move_shown', 'not_within_an_hour'],
        ['move_shown', 'declined_later'],
      ],
    },
    settings: slowly,
    play: async (world) => {
      await move(world);
      await pass(world, 100 * minute, 10 * minute);
    },
  },
  {
    what: 'parts of accounts',
    rows: {
      accountRefusal: [null, ['account_refusal', 'now_and_then']],
      oddAccount: [
        ['account_parts', 'uk_foreign_currency pots 200'],
        ['account_parts', 'uk_foreign_currency pots 400'],
        ['account_parts', 'uk_foreign_currency balance 404'],
        ['account_parts', 'uk_foreign_currency pots 500'],
        ['account_parts', 'uk_foreign_currency balance 500'],
      ],
    },
    several: ['account_parts'],
    play: (world) => pass(world, 2 * hour, 5 * minute),
  },
  {
    what: 'balances that lag',
    rows: {
      balanceLag: [
        null,
        ['balance_lag', 'up_to_10_seconds'],
        ['balance_lag', 'up_to_30_seconds'],
        ['balance_lag', 'up_to_a_minute'],
      ],
    },
    settings: withAddress,
    play: async (world) => {
      rung(world);
      await pass(world, minute);
      shop(world, 700);
      await pass(world, 2 * minute, 500);
    },
  },
  {
    what: 'pots that lag',
    rows: {
      potLag: [null, ['pot_lag', 'up_to_10_seconds'], ['pot_lag', 'up_to_30_seconds']],
    },
    settings: withAddress,
    play: async (world) => {
      rung(world);
      await pass(world, minute);
      world.bank.potMove(alex.pots.holiday, 'deposit', { amount: 700 });
      await pass(world, 2 * minute, 500);
    },
  },
  {
    what: 'when the day of spending ends',
    rows: {
      spendResetLag: [
        ['spend_reset', 'at_04'],
        ['spend_reset', 'minutes_later'],
        ['spend_reset', 'about_an_hour_later'],
      ],
    },
    settings: { MONZO_BRIDGE_POLL_SECONDS: '50' },
    play: async (world) => {
      shop(world, 6_500);
      await pass(world, 10 * minute);
      world.clock.jump(bankDayStart(world.clock.now() + day) - 15 * minute - world.clock.now());
      await pass(world, 100 * minute, 5 * minute);
    },
  },
  {
    what: 'too many calls',
    rows: { callLimit: [null, ['retry_after', 'not_said'], ['retry_after', 'not_said']] },
    open: openAlone,
    play: async (world) => {
      world.bank.addHistory(alex.current, { days: 400, perDay: 1 });
      await world.connect('alex');
      await pass(world, 5 * minute);
    },
  },
];

/** A move whose first answer is lost, so that it is sent again. */
async function movedAgain(world: World, amount: string): Promise<void> {
  world.faults.add({ kind: 'timeout_after', match: isMove, times: 1 });
  await move(world, { amount, request_id: 'again' });
  await pass(world, 10 * minute);
}
