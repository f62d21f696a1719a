import type { Check, EventType, LoginActivity } from '../api/activity.ts';
import type { HealthState } from '../api/contract.ts';
import type { PlaceBelow } from '../route.ts';
import { counted } from './counted.ts';

const eventWords: Readonly<Record<EventType, string>> = {
  'transaction.created': 'New',
  'transaction.settled': 'Settled',
  'transaction.amended': 'Changed',
  'transaction.reversed': 'Reversed',
  transfer_completed: 'Money moved',
  transfer_failed: 'Money not moved',
};

const stateWords: Readonly<Record<HealthState, string>> = {
  ok: 'Fine',
  degraded: 'Limited',
  needs_user: 'Needs you',
  down: 'Down',
};

const bankWords: Readonly<Record<LoginActivity['bank'], string>> = {
  ok: 'Monzo answers',
  trying: 'Checking whether Monzo answers again',
  down: 'Monzo does not answer',
};

const partWords: Readonly<Partial<Record<string, string>>> = {
  ledger: 'Database',
  money: 'Moving money',
  stored_data: 'Stored data',
  clock: 'Clock',
  live: 'Live updates of this page',
  accounts: 'Accounts at Monzo',
  webhooks: 'Webhooks',
  mqtt: 'MQTT broker',
  mqtt_integration: 'MQTT in Home Assistant',
  supervisor: 'Supervisor of Home Assistant',
  mqtt_events: 'Events to MQTT',
  home_assistant: 'Home Assistant',
  home_assistant_events: 'Events to Home Assistant',
};

const checkWords: Readonly<Record<Check['check'], string>> = {
  settings: 'Settings',
  data_directory: 'Data directory',
  admin_token: 'Admin token',
  database: 'Database',
  secret_key: 'Secret key',
  process: 'The bridge itself',
  clock: 'Clock',
  bank: 'Monzo',
  supervisor: 'Supervisor of Home Assistant',
  broker: 'MQTT broker',
  home_assistant: 'Home Assistant',
  events: 'Events',
  page: 'This page on other devices',
  public_address: 'Public address',
  login: 'Login',
  accounts: 'Accounts at Monzo',
  webhooks: 'Webhooks',
  rails: 'Limits on money moves',
};

/** Of the checks that are made of several things. */
const aboutWords: Readonly<Partial<Record<Check['check'], (about: string) => string>>> = {
  events: (receiver) => `Events to ${receiver}`,
  login: (name) => `Login of ${name}`,
};

const sinkWords: Readonly<Partial<Record<string, string>>> = {
  mqtt: 'MQTT',
  home_assistant: 'Home Assistant',
};

const fineWords: Readonly<Record<PlaceBelow<'activity'>, string>> = {
  'activity/health': 'Everything works',
  'activity/moves': 'Money can be moved',
  'activity/events': 'Events are delivered',
  'activity/monzo': 'Monzo answers',
};

/** Texts of the activity pages. */
export const texts = {
  states: {
    fine: fineWords,
    paused: 'Moving money is paused',
    needing: (names: string) => `Needs attention: ${names}`,
    limited: (names: string) => `Limited for now: ${names}`,
  },
  health: {
    states: { ...stateWords, unknown: 'Not known' },
    allFine: 'Everything works.',
    fine: (parts: number) =>
      counted(parts, {
        one: (count) => `${count} part is fine`,
        other: (count) => `${count} parts are fine`,
      }),
    check: 'Check everything',
    checkHint:
      'Looks at everything in order, from the settings to the limits, and calls what has to be called for it.',
    checked: 'What was found',
    checkName: (check: Check['check'], about: string | null) =>
      about === null ? checkWords[check] : (aboutWords[check]?.(about) ?? `${checkWords[check]}: ${about}`),
    part: (part: string) => partWords[part] ?? part.replaceAll('_', ' '),
    login: (name: string) => `Login of ${name}`,
    version: (version: string) => `monzo-bridge ${version}`,
    diagnostics: 'Download diagnostics',
    diagnosticsHint: 'To share with someone who helps you. Contains no names, ids, amounts or secrets.',
  },
  shown: (amount: number) => counted(amount, { other: (shown) => `${shown} shown, older ones below` }),
  allShown: (amount: number) => counted(amount, { other: (shown) => `${shown} shown, that is all` }),
  events: {
    words: eventWords,
    none: 'No events yet. They start with the first transaction after a login is connected.',
    noSinks: 'Nothing receives events: neither an MQTT broker nor Home Assistant is set up.',
    older: 'Show older events',
    shortened: 'Older events were deleted: they are kept for thirty days after delivery.',
    late: 'found late',
    gonePot: 'A pot that is gone',
    goneAccount: 'An account that is gone',
    sink: (name: string) => sinkWords[name] ?? name,
    delivered: (sink: string) => `${sink}: delivered`,
    waiting: (sink: string) => `${sink}: waiting`,
    parked: (sink: string) => `${sink}: refused, put aside`,
    allDelivered: 'Everything is delivered.',
    undelivered: (count: string) => `Waiting to be delivered: ${count}.`,
    unproven: (count: string) => `Sent, not yet seen in Home Assistant: ${count}.`,
    parkedHeading: (amount: number) => counted(amount, { other: (parked) => `${parked} put aside` }),
    retry: 'Try again',
    retryAll: 'Try all again',
    gone: 'Home Assistant is gone for good',
  },
  bank: {
    since: (moment: string) => `Since the bridge started, ${moment}`,
    words: bankWords,
    pausedUntil: (moment: string) => `Monzo asked to wait until ${moment}.`,
    hour: 'Calls in the last hour',
    day: 'Calls in the last day',
    budget: 'Calls available now',
    budgetOf: (name: string) => `Budget of ${name}`,
    left: (left: string, all: string) => `${left} of ${all}`,
    lastAnswer: 'Last answer',
    never: 'none yet',
    doorbells: 'Doorbells',
    rings: 'Rings',
    lastRing: 'Last ring',
    awaited: 'Being looked for',
    unconfirmed: 'Never found at Monzo',
    test: 'Test the address',
    testHint: 'Calls the address that Monzo calls, and says whether that reaches the bridge.',
    ledger: 'Ledger',
    transactions: 'Transactions',
    size: 'Size on disk',
    calls: 'Calls by outcome',
    columns: ['Call', 'Outcome', 'Count'],
  },
  positions: {
    heading: 'What is not known about Monzo',
    intro:
      'No source says how Monzo behaves here. The bridge notes what it sees in the answers that it gets anyway, without names, ids, amounts or texts. The diagnostics contain the same: sent to the project, they help to make the bridge right for everybody.',
    seen: (seen: string, all: string) => `Seen so far: ${seen} of ${all}`,
    columns: ['Question', 'Seen', 'First'],
    unseen: 'not seen yet',
  },
} as const;
