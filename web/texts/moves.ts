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
  resume: 'Moves let go on',
  set_rails: 'Limits set',
  decide_transfer: 'Told by a person',
  feed_item: 'Item in the feed',
  annotate: 'Notes of a transaction',
};

const decisionWords: Words = {
  allowed: 'Allowed',
  refused: 'Refused',
  failed: 'Failed',
  dry_run: 'Only tried',
  repeated: 'Asked again',
  sent: 'Sent to Monzo',
  answered: 'Monzo’s answer',
  moved: 'Moved',
  not_moved: 'Not moved',
  not_sent: 'Not sent',
  unresolved: 'Not known',
  seen: 'Seen at Monzo',
  found: 'Found at Monzo',
  done: 'Done',
};

const decisionTones: Words = {
  refused: 'warn',
  failed: 'warn',
  not_moved: 'warn',
  not_sent: 'warn',
  unresolved: 'warn',
  moved: 'good',
  done: 'good',
};

const limitWords: Words = {
  per_move: 'one move',
  per_day: 'one day',
  floor: 'what stays in the account',
  accounts: 'single accounts',
  pots: 'pots',
  cooldown_seconds: 'time between two alike',
  dry_run: 'only trying',
};

/** What the page says about moves of money, who asked for them, and what limits them. */
export const texts = {
  heading: 'Moves of money',
  paused: (why: string) => `Moving money is paused. ${why}`,
  running: 'Money may be moved, within the limits in Settings.',
  pause: 'Pause every move',
  resume: 'Let moves go on',
  states: { open: 'Not known yet', unresolved: 'Needs you' },
  openHint: 'Monzo has not confirmed it. The bridge is finding out by itself; do not repeat it meanwhile.',
  unresolvedHint: 'Look in the Monzo app whether the pot has changed, and say so here.',
  decisions: { yes: 'It moved', no: 'It did not move' },
  decideHeading: {
    yes: (amount: string) => `Say that ${amount} moved?`,
    no: (amount: string) => `Say that ${amount} did not move?`,
  },
  decideHint:
    'The limits and your automations go by what you say here, and it cannot be taken back. Look in the Monzo app first.',
  decide: (amount: string) => `Say what became of ${amount}`,
  into: (amount: string, pot: string) => `${amount} into ${pot}`,
  outOf: (amount: string, pot: string) => `${amount} out of ${pot}`,
  audit: {
    heading: 'Who asked for what',
    export: 'Export everything:',
    exportAs: (format: string) => `Export the whole audit as ${format}`,
    none: 'Nobody has asked for a move yet.',
    older: 'Show older entries',
    by: (door: string, user: string | null) => (user === null ? door : `${door}, ${user}`),
    about: (what: string, which: string) => `${what}: ${which}`,
    transaction: 'Monzo’s transaction',
    actions: actionWords,
    decisions: decisionWords,
    tones: decisionTones,
    doors: doorWords,
    limits: limitWords,
  },
  rails: {
    heading: 'Limits for moving money',
    intro: 'Every move, whoever asks for it, stays inside these. Nothing is moved that would go beyond one.',
    everyCurrency: 'In any currency',
    otherCurrencies: 'In any other currency',
    perMove: 'For one move',
    perDay: 'For one day, all together',
    floor: 'What stays in the account',
    cooldown: 'Seconds between two moves that are alike and carry no request id',
    dryRun: 'Only try: judge every move, and move nothing',
    pots: 'Pots that money may be moved to and from',
    allPots: 'All own pots',
    somePots: 'Only these',
    own: {
      heading: 'For single accounts',
      hint: 'These hold for one account, beside those for all: the stricter one counts. What is left empty adds nothing.',
      kinds: {
        per_move: (currency: string) => `For one move, in ${currency}`,
        per_day: (currency: string) => `For one day, in ${currency}`,
        floor: (currency: string) => `What stays in it, in ${currency}`,
      },
      anyCurrency: 'any currency',
      unknown: (id: string) => `An account that is not connected, ${id}`,
      account: 'Account',
      add: 'Add limits',
      remove: 'Take away',
      removeOf: (account: string) => `Take away the limits of ${account}`,
      leaving: (account: string) => `${account}: its own limits end once you save.`,
      keep: 'Keep them',
      keepOf: (account: string) => `Keep them, the limits of ${account}`,
    },
    amountsHint:
      'Amounts in digits, such as 100 or 12.50. Where one for a move or a day is left empty, nothing may be moved.',
    wrongAmount:
      'Write the amount in digits, such as 100 or 12.50, without a sign for the currency or for thousands.',
    wrongSeconds: 'Write the seconds as a whole number, 86400 at most.',
    save: 'Save the limits',
    saved: 'The limits are saved.',
  },
} as const;
