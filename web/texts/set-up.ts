import type { RedirectKind } from '../api/contract.ts';
import type { Step } from '../set-up/place.ts';

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

/** What the set-up says, step by step. */
export const texts = {
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
    again: 'Sign in again',
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
    accounts: 'Accounts and pots',
    add: 'Add another person',
  },
} as const;
