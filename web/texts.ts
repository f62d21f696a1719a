import type { LoginState, RedirectKind } from './contract.ts';
import type { Step } from './place.ts';

const stateWords: Readonly<Record<LoginState, string>> = {
  new: 'Not signed in yet',
  authorising: 'Not signed in yet',
  awaiting_approval: 'Waiting for the approval in the Monzo app',
  active: 'Connected',
  needs_approval: 'Needs approval in the Monzo app',
  needs_authorisation: 'Needs a new sign-in',
  removed: 'Removed',
};

const stepWords: Readonly<Record<Step, string>> = {
  client: 'OAuth client',
  credentials: 'Id and secret',
  authorise: 'Sign in',
  approve: 'Approve',
  history: 'History',
  done: 'Done',
};

const redirectWords: Readonly<Record<RedirectKind, string>> = {
  home_assistant: 'Through Home Assistant',
  own_callback: 'Straight to this bridge',
  my_home_assistant: 'Through my.home-assistant.io',
};

/** Every word the page says, in one place; the sentences of the bridge itself are shown as they come. */
export const texts = {
  product: 'monzo-bridge',
  loading: 'One moment…',
  cancel: 'Cancel',
  back: 'Back',
  busy: 'One moment…',
  copy: 'Copy',
  copied: 'Copied',
  copyWhat: (what: string) => `Copy ${what}`,
  toOverview: 'Go to the overview',
  trouble: {
    unreachable: 'The bridge does not answer. The page keeps trying; check that the bridge runs.',
    unexpected:
      'The bridge gave an answer that this page does not understand. Load the page again; if that does not help, look at the log of the bridge.',
  },
  session: {
    heading: 'Sign in to the bridge',
    intro:
      'Use the link that the bridge prints when it starts: it signs you in by itself. If it is older than ten minutes, enter the admin token.',
    token: 'Admin token',
    where:
      'The token is in the file admin-token in the data directory of the bridge, unless you set it yourself with MONZO_BRIDGE_ADMIN_TOKEN.',
    submit: 'Sign in',
    signOut: 'Sign out',
  },
  steps: {
    words: stepWords,
    label: 'Steps of the set-up',
    position: (position: number, all: number) => `Step ${position} of ${all}`,
    finished: '(finished)',
    startOver: 'Start over',
  },
  client: {
    heading: 'Make an OAuth client at Monzo',
    intro:
      'Monzo lets you read your own accounts through an OAuth client that belongs to you alone. It takes two minutes and costs nothing.',
    open: 'Open Monzo’s developer page',
    openHint:
      'Sign in there with the e-mail address of the person to connect, choose Clients, then New OAuth Client, and fill in:',
    name: 'Name',
    nameValue: 'monzo-bridge',
    logo: 'Logo URL',
    logoValue: 'leave empty',
    redirect: 'Redirect URLs',
    redirectHint: 'Exactly this one line.',
    description: 'Description',
    descriptionValue: 'My own bridge to Home Assistant',
    confidentiality: 'Confidentiality',
    confidentialityValue: 'Confidential',
    confidentialityHint: 'Important: without it, Monzo would end the connection within hours.',
    choose: 'How Monzo brings you back',
    redirects: redirectWords,
    submit: 'I have made the client',
  },
  credentials: {
    heading: 'Copy the client’s id and secret',
    intro: 'Monzo’s developer page shows both once the client is made: click its name in the list.',
    name: 'Name of the person',
    nameHint: 'A first name is enough; it tells the logins apart.',
    id: 'Client ID',
    idHint: 'Begins with oauth2client_',
    secret: 'Client secret',
    secretHint: 'It is kept encrypted, and no page ever shows it again.',
    submit: 'Next',
  },
  authorise: {
    heading: (name: string) => `Sign in at Monzo as ${name}`,
    intro:
      'Monzo asks for your e-mail address and sends you a link. You may open that link on any device; this page goes on by itself afterwards.',
    open: 'Sign in at Monzo',
    preparing: 'Preparing the sign-in…',
    waiting: 'The page goes on by itself once you have signed in.',
    magicLink: 'Monzo says it could not send the magic link?',
    magicLinkReason:
      'Then it is not about the e-mail. The redirect address at Monzo is not exactly the one the bridge uses. Open your client on Monzo’s developer page and make sure that Redirect URLs holds this line, without a space or a slash more or less:',
    magicLinkClient: 'If the line is right, the client ID was copied wrongly: start over.',
    pasteHeading: 'Bring the address back',
    pasteSteps: [
      'After the sign-in you land on a page of my.home-assistant.io. Do not click on anything there.',
      'Copy the whole address from the top of the browser.',
      'Paste it here.',
    ],
    pasteElsewhere: 'You landed on a page that did not load?',
    pasteElsewhereHint:
      'That is fine: copy its whole address from the top of the browser, and paste it here.',
    address: 'Address after the sign-in',
    submit: 'Continue',
    replaceSecret: 'Replace the secret',
  },
  approve: {
    heading: (name: string) => `${name}: approve in the Monzo app`,
    intro:
      'Monzo has just sent a notification to your phone. Open it and allow the access with your PIN, fingerprint or face.',
    waiting: 'Waiting for the approval. This page goes on by itself.',
    reminder:
      'Still waiting. The request also stands in the Monzo app itself, where no notification is needed. You may close this page: the bridge keeps looking, and goes on by itself.',
    reload: 'Reload',
    asked: 'Asked again: the approval has not arrived at Monzo yet.',
  },
  history: {
    heading: 'Reading the history',
    intro:
      'The bridge reads your past transactions now, because Monzo hands out the old ones for five minutes only. Nothing to do for you, and you may close this page.',
    progress: 'Transactions read',
    read: (amount: string) => `${amount} transactions read so far`,
  },
  done: {
    heading: (name: string) => `${name} is connected`,
    intro: (amount: string) => `The history is read: ${amount} transactions. Here is what the bridge sees.`,
    add: 'Add another person',
  },
  overview: { heading: 'Overview' },
  people: {
    heading: 'People',
    states: stateWords,
    add: 'Add a person',
    continue: 'Continue the set-up',
    signIn: 'Sign in again',
    reload: 'Reload',
    rename: 'Rename',
    secret: 'Replace secret',
    remove: 'Remove',
    actions: (name: string) => `What you can do with ${name}`,
    lapses: (day: string) => `Approval lapses about ${day}.`,
    lapsed: (day: string) => `Approval was to lapse about ${day}.`,
    renewHint: 'Renew it in the Monzo app under Settings, Privacy & Security, Manage Apps.',
    renewed: 'I renewed it',
    history: (amount: string) => `History: ${amount} transactions read.`,
    reading: (amount: string) => `Reading the history: ${amount} transactions so far.`,
  },
  rename: { heading: (name: string) => `Rename ${name}`, field: 'Name', submit: 'Rename' },
  secret: {
    heading: (name: string) => `Replace the secret of ${name}`,
    intro: 'Copy it anew from Monzo’s developer page. Sign in again afterwards if the login asks for it.',
    field: 'Client secret',
    submit: 'Replace',
  },
  remove: {
    heading: (name: string) => `Remove ${name}?`,
    intro:
      'The bridge forgets this login with its secret and tokens. Accounts that another person shares stay. The OAuth client at Monzo is yours to delete.',
    keep: 'Keep what was recorded: transactions and events',
    submit: 'Remove',
  },
  money: {
    heading: 'Accounts and pots',
    none: 'No accounts yet.',
    unknown: 'not known',
    pots: (account: string) => `Pots of ${account}`,
    spentToday: (amount: string) => `${amount} spent today`,
    goal: (amount: string) => `Goal ${amount}`,
    locked: 'Locked',
    stale: 'Not up to date',
    owners: (names: string) => `Seen by ${names}`,
  },
} as const;
