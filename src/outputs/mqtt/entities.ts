import { mayHavePots } from '../../domain/account.ts';
import { heardAs, type BankEvent } from '../../domain/event.ts';
import { loginStates, reminderDays, type LoginView } from '../../domain/login.ts';
import { refuserKey, safeId } from '../../domain/names.ts';
import { transactionKinds, type TransactionKind } from '../../domain/transaction.ts';
import { placesOf, type Currency } from '../../domain/values.ts';
import type { PotView, ShownAccount } from '../../domain/view.ts';
import type { Topics } from './topics.ts';

export type Platform = 'sensor' | 'binary_sensor' | 'event' | 'button' | 'select' | 'notify' | 'update';

/** What a person has asked for on the page. */
export interface Asked {
  readonly postsToFeed: boolean;
  readonly tellsReleases: boolean;
}

/** One entity of a device type: its discovery settings, and where its value comes from. */
export interface EntityRow<Device> {
  /** The end of the unique id and of the entity id. Never changed. */
  readonly key: string;
  readonly platform: Platform;
  /** Without the device's name, which Home Assistant adds in front. */
  readonly name: string;
  readonly stateTopic?: (topics: Topics, device: Device) => string;
  readonly commandTopic?: (topics: Topics) => string;
  readonly commandTemplate?: (device: Device) => string;
  readonly template?: string;
  /** Renders the attributes, a JSON object, from the same topic. */
  readonly attributes?: string;
  /** Present where the value is money in this currency. */
  readonly currency?: (device: Device) => Currency;
  /** Further keys of the discovery document. */
  readonly settings?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  readonly when?: (device: Device, asked: Asked) => boolean;
  /**
   * Whether it is available while the bridge is offline. Event entities are: to a state trigger, the time of the last event
   * coming back would look like a new one.
   */
  readonly alwaysAvailable?: boolean;
}

/** One line of the "when" list in Home Assistant's automation editor. */
export interface TriggerRow {
  readonly key: string;
  readonly type: string;
  readonly template: string;
  readonly payload: string;
}

const diagnostic = { entity_category: 'diagnostic' } as const;
const hidden = { enabled_by_default: false } as const;
/** The only state class that Home Assistant allows for money. */
const total = { state_class: 'total' } as const;

/** The second event entity's types; the first one's are the kinds of transaction. */
export const updateTypes = ['settled', 'amended', 'reversed'] as const;

/** A removed login has no device. */
const shownStates = loginStates.filter((state) => state !== 'removed');

/** Both event entities read the same topic, and Home Assistant warns about types that an entity does not declare. */
const onlyTypes = (types: readonly string[]) =>
  `{{ value if value_json.event_type in [${types.map((type) => `'${type}'`).join(', ')}] else '' }}`;
const onOff = (condition: string) => `{{ 'ON' if ${condition} else 'OFF' }}`;

export const bridgeEntities: readonly EntityRow<object>[] = [
  {
    key: 'connectivity',
    platform: 'binary_sensor',
    name: 'Connectivity',
    stateTopic: (topics) => topics.bridge.state,
    template: onOff("value_json.state == 'online'"),
    settings: { device_class: 'connectivity', ...diagnostic },
    alwaysAvailable: true,
  },
  {
    key: 'undelivered',
    platform: 'sensor',
    name: 'Undelivered events',
    stateTopic: (topics) => topics.bridge.info,
    template: '{{ value_json.undelivered }}',
    // Without a state class: Home Assistant would write its statistics every five minutes, for ever.
    settings: {
      icon: 'mdi:tray-full',
      unit_of_measurement: 'events',
      suggested_display_precision: 0,
      ...diagnostic,
    },
  },
  {
    key: 'paused',
    platform: 'binary_sensor',
    name: 'Paused',
    stateTopic: (topics) => topics.bridge.info,
    template: onOff('value_json.paused'),
    settings: { icon: 'mdi:pause-circle-outline' },
  },
  {
    key: 'pause',
    platform: 'button',
    name: 'Pause',
    commandTopic: (topics) => topics.pauseRequest,
    settings: { icon: 'mdi:hand-back-left', payload_press: '{}' },
  },
  {
    key: 'update',
    platform: 'update',
    name: 'Update',
    stateTopic: (topics) => topics.bridge.update,
    settings: { ...diagnostic },
    when: (_bridge, { tellsReleases }) => tellsReleases,
  },
  {
    // Not for people: scripts choose an option that it does not have, and its refusal fails their caller.
    key: refuserKey,
    platform: 'select',
    name: 'Action failure',
    stateTopic: (topics) => topics.bridge.state,
    template: 'ok',
    commandTopic: (topics) => topics.refuser,
    settings: {
      icon: 'mdi:alert-circle-outline',
      options: ['ok'],
      visible_by_default: false,
      ...diagnostic,
    },
    alwaysAvailable: true,
  },
];

const loginTopic = (topics: Topics, login: LoginView) => topics.login(login.id);

export const loginEntities: readonly EntityRow<LoginView>[] = [
  {
    key: 'state',
    platform: 'sensor',
    name: 'State',
    stateTopic: loginTopic,
    template: '{{ value_json.state }}',
    settings: { icon: 'mdi:account-key', device_class: 'enum', options: shownStates, ...diagnostic },
  },
  {
    key: 'problem',
    platform: 'binary_sensor',
    name: 'Problem',
    stateTopic: loginTopic,
    template: onOff('value_json.needs'),
    attributes: '{{ {"needs": value_json.needs} | tojson }}',
    settings: { device_class: 'problem', ...diagnostic },
  },
  {
    key: 'approval_lapses',
    platform: 'binary_sensor',
    name: 'Approval about to lapse',
    stateTopic: loginTopic,
    // Home Assistant renders it with every message of the login: once an hour, without trouble.
    template: onOff(
      `value_json.consent_expires_about and as_timestamp(value_json.consent_expires_about) - now().timestamp() <= ${reminderDays * 86_400}`,
    ),
    attributes: '{{ {"lapses_about": value_json.consent_expires_about} | tojson }}',
    settings: { device_class: 'problem', ...diagnostic },
  },
];

const accountTopic = (topics: Topics, account: ShownAccount) => topics.state(account.id);
const eventTopic = (topics: Topics, account: ShownAccount) => topics.event(account.id);
const currencyOf = ({ currency }: { readonly currency: Currency }) => currency;

/**
 * The request that posts a message: the first line is the title, the rest the text. In letters of which each takes up to two
 * characters, so that nothing is refused for its length.
 */
const feedTemplate = ({ id }: ShownAccount) =>
  [
    `{% set text = value | trim %}`,
    `{% set title = text.split('\n')[0][:100] %}`,
    `{% set body = (text[title | length:] | trim)[:500] %}`,
    `{% set item = {'account': ${JSON.stringify(id)}, 'title': title} %}`,
    `{{ (dict(item, body=body) if body else item) | tojson }}`,
  ].join('');

/** The unique id of the event entity that shows an event. */
export function eventEntity(event: BankEvent): string {
  const isUpdate = updateTypes.some((type) => type === heardAs(event));
  return `${safeId(event.accountId)}_${isUpdate ? 'transaction_update' : 'transaction'}`;
}

/** Whether this is the unique id of one of our event entities. */
export function isEventEntity(uniqueId: string): boolean {
  return /_transaction(_update)?$/.test(uniqueId);
}

export const accountEntities: readonly EntityRow<ShownAccount>[] = [
  {
    key: 'balance',
    platform: 'sensor',
    name: 'Balance',
    stateTopic: accountTopic,
    template: '{{ value_json.balance }}',
    currency: currencyOf,
    settings: { icon: 'mdi:bank', ...total },
  },
  {
    key: 'total_balance',
    platform: 'sensor',
    name: 'Total balance',
    stateTopic: accountTopic,
    template: '{{ value_json.total_balance }}',
    currency: currencyOf,
    settings: { icon: 'mdi:bank-plus', ...total },
    when: mayHavePots,
  },
  {
    key: 'spent_today',
    platform: 'sensor',
    name: 'Spent today',
    stateTopic: accountTopic,
    template: '{{ value_json.spent_today }}',
    currency: currencyOf,
    settings: {
      icon: 'mdi:cash-minus',
      ...total,
      last_reset_value_template: "{{ value_json.spent_since or '' }}",
    },
  },
  {
    key: 'spent_this_month',
    platform: 'sensor',
    name: 'Spent this month',
    stateTopic: accountTopic,
    template: '{{ value_json.spent_this_month }}',
    currency: currencyOf,
    settings: {
      icon: 'mdi:calendar-month',
      ...total,
      last_reset_value_template: '{{ value_json.month_since }}',
    },
  },
  {
    // Without a state class: what is still allowed is no sum.
    key: 'left_to_move_today',
    platform: 'sensor',
    name: 'Left to move today',
    stateTopic: accountTopic,
    template: '{{ value_json.left_to_move_today }}',
    currency: currencyOf,
    settings: { icon: 'mdi:swap-horizontal' },
    when: mayHavePots,
  },
  {
    key: 'low_balance',
    platform: 'binary_sensor',
    name: 'Low balance',
    stateTopic: accountTopic,
    template: `{{ None if value_json.low_balance is none else ('ON' if value_json.low_balance else 'OFF') }}`,
    settings: { device_class: 'problem' },
    when: ({ lowBalance }) => lowBalance !== null,
  },
  {
    key: 'feed',
    platform: 'notify',
    name: 'Post to the Monzo feed',
    commandTopic: (topics) => topics.feedRequest,
    commandTemplate: feedTemplate,
    settings: { icon: 'mdi:message-arrow-right-outline' },
    when: (_account, { postsToFeed }) => postsToFeed,
  },
  {
    key: 'transaction',
    platform: 'event',
    name: 'Transaction',
    stateTopic: eventTopic,
    template: onlyTypes(transactionKinds),
    settings: { icon: 'mdi:credit-card-outline', event_types: transactionKinds },
    alwaysAvailable: true,
  },
  {
    key: 'transaction_update',
    platform: 'event',
    name: 'Transaction update',
    stateTopic: eventTopic,
    template: onlyTypes(updateTypes),
    settings: { icon: 'mdi:credit-card-refresh-outline', event_types: updateTypes },
    alwaysAvailable: true,
  },
];

const hasGoal = ({ goal }: PotView) => goal !== null;
const potTopic = (topics: Topics, pot: PotView) => topics.state(pot.id);

export const potEntities: readonly EntityRow<PotView>[] = [
  {
    key: 'balance',
    platform: 'sensor',
    name: 'Balance',
    stateTopic: potTopic,
    template: '{{ value_json.balance }}',
    currency: currencyOf,
    settings: { icon: 'mdi:piggy-bank', ...total },
  },
  {
    key: 'goal',
    platform: 'sensor',
    name: 'Goal',
    stateTopic: potTopic,
    template: '{{ value_json.goal }}',
    currency: currencyOf,
    settings: { icon: 'mdi:flag-checkered' },
    when: hasGoal,
  },
  {
    key: 'goal_reached',
    platform: 'binary_sensor',
    name: 'Goal reached',
    stateTopic: potTopic,
    template: onOff('value_json.goal_reached'),
    settings: { icon: 'mdi:flag-checkered' },
    when: hasGoal,
  },
  {
    key: 'locked',
    platform: 'binary_sensor',
    name: 'Locked',
    stateTopic: potTopic,
    // No device class: for "lock", "on" would mean unlocked.
    template: onOff('value_json.locked'),
    settings: { icon: 'mdi:lock', ...hidden },
  },
];

const readable = (kind: TransactionKind) => kind.replaceAll('_', ' ');
const anyType = '{{ value_json.type }}';

/** All from the account's transaction topic, so that `trigger.payload_json.data` is Monzo's own object. */
export const accountTriggers: readonly TriggerRow[] = [
  {
    key: 'trigger_created',
    type: 'transaction created',
    template: anyType,
    payload: 'transaction.created',
  },
  ...transactionKinds.map((kind) => ({
    key: `trigger_${kind}`,
    type: readable(kind),
    template:
      "{{ value_json.kind if value_json.type == 'transaction.created' or value_json.previous_kind is defined else '' }}",
    payload: kind,
  })),
  ...updateTypes.map((type) => ({
    key: `trigger_${type}`,
    type: `transaction ${type}`,
    template: anyType,
    payload: `transaction.${type}`,
  })),
];

/** The settings of an entity whose value is money: the ISO code as unit, and the currency's decimal places. */
export function moneySettings(currency: Currency) {
  return {
    device_class: 'monetary',
    unit_of_measurement: currency,
    suggested_display_precision: placesOf(currency),
  } as const;
}
