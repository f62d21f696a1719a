import { alex } from '../../sim/household.ts';
import { startWebhookSender } from '../../sim/webhooks.ts';
import { look, minute, pass, rung, shop, withAddress, type Sight } from './bank-positions.ts';
import { ask } from './money.ts';
import { landingOf, newSignIn, stateOf } from './people.ts';

export const webhookSights: readonly Sight[] = [
  {
    what: 'webhooks',
    rows: {
      webhookEcho: [
        ['webhook_echo', 'as_given'],
        ['webhook_echo', 'lower_case'],
        ['webhook_echo', 'trailing_slash'],
        ['webhook_echo', 'percent_encoded'],
        ['webhook_echo', 'port_written'],
        ['webhook_echo', 'as_a_browser_writes_it'],
        ['webhook_echo', 'as_a_browser_writes_it'],
      ],
      webhooksOnFlex: [
        ['account_parts', 'uk_monzo_flex webhook 200'],
        ['account_parts', 'uk_monzo_flex webhook 400'],
      ],
    },
    settings: withAddress,
    play: (world) => pass(world, minute),
  },
  {
    what: 'lists of webhooks',
    rows: {
      webhookList: [
        ['webhook_list', 'at_once'],
        ['webhook_list', 'later'],
        ['webhook_list', 'not_within_an_hour'],
      ],
    },
    settings: withAddress,
    play: async (world) => {
      for (const rest of [minute, 15 * minute, 70 * minute]) {
        await pass(world, rest);
        await ask(world, 'register_webhook');
      }
    },
  },
  {
    what: 'addresses of webhooks',
    rows: {
      webhookUrl: [
        ['webhook_address', 'http'],
        ['webhook_address', 'refused_http'],
      ],
    },
    settings: { MONZO_BRIDGE_PUBLIC_URL: 'http://bank.home.example:8080' },
    play: (world) => pass(world, minute),
  },
  {
    what: 'how many webhooks there may be',
    rows: {
      webhookCap: [
        null,
        ['refusals', 'post webhooks 400 bad_request.too_many_webhooks'],
        ['webhook_gone', 'another_was_registered'],
      ],
    },
    settings: withAddress,
    play: async (world) => {
      for (let times = 0; times < 3; times += 1) {
        await pass(world, 10 * minute);
        await ask(world, 'register_webhook');
      }
    },
  },
  {
    what: 'webhooks whose calls fail',
    rows: { webhooksDropped: [null, ['webhook_gone', 'neither']] },
    settings: withAddress,
    play: async (world) => {
      const { bank, faults, clock } = world;
      await pass(world, minute);
      await ask(world, 'register_webhook');
      startWebhookSender({ bank, faults, clock, fetch: () => Promise.reject(new Error('no way')) });
      shop(world, 100);
      await pass(world, 10 * minute);
      for (let times = 0; times < 2; times += 1) {
        await ask(world, 'register_webhook');
        await pass(world, 6 * minute);
      }
    },
  },
  {
    what: 'webhooks after a new sign-in',
    rows: {
      webhooksAfterEviction: [
        ['webhook_after_sign_in', 'kept'],
        ['webhook_gone', 'new_sign_in'],
      ],
    },
    settings: withAddress,
    play: async (world) => {
      await pass(world, minute);
      await ask(world, 'register_webhook');
      const [{ id } = { id: '' }] = world.app().view().logins;
      world.bank.evict(alex.clientId, alex.userId);
      await look(world);
      await world.fetchFromOutside(landingOf(world, await newSignIn(world, id), alex.userId));
      world.bank.approve(alex.userId);
      await world.until('it works again', () => stateOf(world, id) === 'active');
      for (let times = 0; times < 2; times += 1) {
        await ask(world, 'register_webhook');
        await pass(world, 6 * minute);
      }
    },
  },
  {
    what: 'rings',
    rows: {
      webhookRows: [['ring_schemes', 'payport_faster_payments'], null],
      laterDeliveries: [['later_rings', 'settlement'], ['later_rings', 'other_change'], null],
      laterType: [null, ['ring_types', 'transaction.updated']],
    },
    several: ['later_rings'],
    settings: withAddress,
    play: async (world) => {
      await pass(world, minute);
      const sender = rung(world);
      const [charged, annotated] = [shop(world, 500), shop(world, 600)];
      world.bank.incomingPayment(alex.current, { amount: 1_000, name: 'Jo' });
      await pass(world, 2 * minute);
      world.bank.settle(charged);
      world.bank.annotate(annotated, 'Lunch');
      await pass(world, 2 * minute);
      await sender.idle();
    },
  },
];
