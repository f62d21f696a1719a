import type { RedirectKind } from '../api/contract.ts';
import type { Step } from '../set-up/place.ts';
import { counted } from './counted.ts';

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

/** Texts of the set-up, step by step. */
export const texts = {
  steps: {
    words: stepWords,
    label: 'Steps of the set-up',
    position: (position: number, all: number) => `Step ${position} of ${all}`,
    finished: '(finished)',
    startOver: 'Start over',
  },
  client: {
    heading: 'Create an OAuth client at Monzo',
    intro:
      'Monzo gives access to your accounts through an OAuth client of your own. Creating one takes two minutes and is free.',
    open: 'Open Monzo’s developer page',
    openHint:
      'Sign in there with the e-mail address of the person to connect, choose Clients, then New OAuth Client, and enter:',
    logoValue: 'leave empty',
    redirectHint: 'Exactly this line.',
    descriptionValue: 'My own bridge to Home Assistant',
    confidentialityHint: 'Important: otherwise Monzo ends the connection within hours.',
    choose: 'How Monzo brings you back',
    redirects: redirectWords,
    submit: 'I have created the client',
  },
  credentials: {
    heading: 'Copy the client’s id and secret',
    intro: 'Click the client’s name in the list on Monzo’s developer page to see both.',
    name: 'Name of the person',
    nameHint: 'A first name is enough. It tells the logins apart.',
    id: 'Client ID',
    idHint: 'Starts with oauth2client_',
    secret: 'Client secret',
    secretHint: 'It is stored encrypted and never shown again.',
    submit: 'Next',
  },
  authorise: {
    heading: (name: string) => `Sign in at Monzo as ${name}`,
    intro:
      'Monzo asks for your e-mail address and sends you a link. You can open the link on any device; this page then continues by itself.',
    open: 'Sign in at Monzo',
    again: 'Sign in again',
    preparing: 'Preparing the sign-in…',
    waiting: 'This page continues once you have signed in.',
    waitingBehindEmptyPage:
      'After signing in you land on an empty page of Home Assistant. Close it and come back here: this page continues by itself.',
    magicLink: 'Monzo says it could not send the magic link?',
    magicLinkReason:
      'The e-mail is not the problem: the redirect URL at Monzo is not exactly the one the bridge uses. Open your client on Monzo’s developer page and make sure that Redirect URLs contains exactly this line, with no extra or missing space or slash:',
    magicLinkClient: 'If the line is right, the client ID was copied wrongly: start over.',
    pasteHeading: 'Paste the address',
    pasteSteps: [
      'After signing in you land on a page of my.home-assistant.io. Do not click anything there.',
      'Copy the whole address from the browser’s address bar.',
      'Paste it here.',
    ],
    pasteElsewhere: 'You landed on a page that did not load?',
    pasteElsewhereHint: 'That is fine: copy its whole address from the address bar and paste it here.',
    address: 'Address after signing in',
    submit: 'Continue',
    replaceSecret: 'Replace the secret',
  },
  approve: {
    heading: (name: string) => `${name}: approve in the Monzo app`,
    intro:
      'Monzo has just sent a notification to your phone. Open it and approve the access with your PIN, fingerprint or face.',
    waiting: 'Waiting for the approval. This page continues by itself.',
    reminder:
      'Still waiting. You can also find the request in the Monzo app without the notification. If you pressed Deny, sign in again. You can close this page: the bridge keeps checking.',
    reload: 'Reload',
    asked: 'Checked again: Monzo has not received the approval yet.',
  },
  history: {
    heading: 'Reading the history',
    intro:
      'The bridge is reading your past transactions, because Monzo shows the older ones for five minutes only. There is nothing to do, and you can close this page.',
    progress: 'Transactions read',
    read: (amount: number) =>
      counted(amount, {
        one: (read) => `${read} transaction read so far`,
        other: (read) => `${read} transactions read so far`,
      }),
  },
  done: {
    heading: (name: string) => `${name} is connected`,
    intro: (amount: number) =>
      counted(amount, {
        one: (read) => `The history is read: ${read} transaction. Here is what the bridge sees.`,
        other: (read) => `The history is read: ${read} transactions. Here is what the bridge sees.`,
      }),
    accounts: 'Accounts and pots',
    add: 'Add another person',
  },
} as const;
