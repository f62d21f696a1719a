import { counted } from './counted.ts';

type Words = Readonly<Partial<Record<string, string>>>;

const doorWords: Words = {
  page: 'This page',
  http: 'HTTP',
  cli: 'Command line',
  mqtt: 'MQTT',
  home_assistant: 'Home Assistant',
  bridge: 'The bridge itself',
};

const actionWords: Words = {
  pot_transfer: 'Move',
  pause: 'Moves paused',
  resume: 'Moves resumed',
  set_rails: 'Limits set',
  set_optional_entities: 'Optional entities set',
  decide_transfer: 'Outcome recorded',
  feed_item: 'Feed item',
  annotate: 'Transaction notes',
  add_receipt: 'Receipt added',
  remove_receipt: 'Receipt removed',
};

const decisionWords: Words = {
  allowed: 'Allowed',
  refused: 'Refused',
  failed: 'Failed',
  dry_run: 'Dry run',
  repeated: 'Repeated',
  sent: 'Sent to Monzo',
  answered: 'Monzo’s answer',
  moved: 'Moved',
  not_moved: 'Not moved',
  not_sent: 'Not sent',
  unresolved: 'Unknown',
  seen: 'Seen at Monzo',
  found: 'Found at Monzo',
  done: 'Done',
};

const limitWords: Words = {
  per_move: 'per move',
  per_day: 'per day',
  floor: 'minimum balance',
  accounts: 'single accounts',
  pots: 'pots',
  cooldown_seconds: 'time between identical moves',
  dry_run: 'dry run',
};

/** Texts about money moves, their audit and limits. */
export const texts = {
  paused: (why: string) => `Moving money is paused. ${why}`,
  running: 'Money can be moved, within the limits under Settings → Limits.',
  pause: 'Pause all moves',
  resume: 'Resume moves',
  states: { open: 'Not known yet', unresolved: 'Needs you' },
  openHint: 'Monzo has not confirmed it. The bridge is finding out; do not repeat the move.',
  unresolvedHint: 'Check in the Monzo app whether the pot has changed, then record it here.',
  fitting: 'Transactions that could be this move:',
  fittingRow: (amount: string, when: string) => `${amount}, ${when}`,
  decisions: { yes: 'It moved', no: 'It did not move' },
  decideHeading: {
    yes: (amount: string) => `Record that ${amount} moved?`,
    no: (amount: string) => `Record that ${amount} did not move?`,
  },
  decideHint:
    'The limits and your automations rely on this, and it cannot be undone. Check the Monzo app first.',
  decide: (amount: string) => `Record the outcome of ${amount}`,
  gonePot: 'a pot that is gone',
  into: (amount: string, pot: string) => `${amount} into ${pot}`,
  outOf: (amount: string, pot: string) => `${amount} out of ${pot}`,
  audit: {
    heading: 'Audit',
    export: 'Export everything:',
    exportAs: (format: string) => `Export the whole audit as ${format}`,
    none: 'No requests yet.',
    older: 'Show older entries',
    by: (door: string, user: string | null) => (user === null ? door : `${door}, ${user}`),
    about: (what: string, which: string) => `${what}: ${which}`,
    transaction: 'Monzo’s transaction',
    times: (amount: number, last: string) =>
      counted(amount, {
        one: (times) => `${times} time, at ${last}`,
        other: (times) => `${times} times, last at ${last}`,
      }),
    actions: actionWords,
    decisions: decisionWords,
    doors: doorWords,
    limits: limitWords,
  },
  rails: {
    everyCurrency: 'Any currency',
    otherCurrencies: 'Any other currency',
    perMove: 'Per move',
    perDay: 'Per day, all moves together',
    floor: 'Minimum balance of the account',
    cooldown: 'Seconds between identical moves without a request id',
    dryRun: 'Dry run: check every move, but move nothing',
    pots: 'Pots that may be used',
    allPots: 'All your pots',
    somePots: 'Only these',
    protects: {
      per_move: 'Against a slip: one wrong digit, or one automation, moves no more than this at once.',
      per_day:
        'Against repetition: an automation that runs again and again moves no more than this in a day.',
      floor: 'Your bills and card payments: no move leaves the account with less than this.',
      cooldown: 'Against the same move twice, by a double press or an automation that fires again.',
      pots: 'Pots that nothing may touch, such as the one for the rent: leave them out.',
      dryRun: 'Your money while you try out automations: they get their answers, and nothing moves.',
    },
    own: {
      heading: 'For single accounts',
      hint: 'These apply to one account, in addition to the limits above; the stricter one counts. An empty field adds no limit.',
      kinds: {
        per_move: (currency: string) => `Per move, in ${currency}`,
        per_day: (currency: string) => `Per day, in ${currency}`,
        floor: (currency: string) => `Minimum balance, in ${currency}`,
      },
      anyCurrency: {
        per_move: 'Per move, in any currency',
        per_day: 'Per day, in any currency',
        floor: 'Minimum balance, in any currency',
      },
      unknown: 'An account that is not connected',
      account: 'Account',
      add: 'Add limits',
      remove: 'Remove limits',
      removeOf: (account: string) => `Remove limits of ${account}`,
      leaving: (account: string) => `${account}: its own limits are removed when you save.`,
      keep: 'Keep limits',
      keepOf: (account: string) => `Keep limits of ${account}`,
    },
    amountsHint: (example: string) =>
      `Enter amounts in digits, such as 100 or ${example}. If the amount per move or per day is empty, nothing can be moved.`,
    wrongAmount: (example: string) =>
      `Enter the amount in digits, such as 100 or ${example}, without a currency sign or thousands separators.`,
    wrongSeconds: 'Enter a whole number of seconds, at most 86400.',
    save: 'Save the limits',
    saved: 'The limits are saved.',
  },
} as const;
