import type { LoginState } from '../api/contract.ts';
import { counted } from './counted.ts';

const stateWords: Readonly<Record<LoginState, string>> = {
  new: 'Not signed in yet',
  authorising: 'Not signed in yet',
  awaiting_approval: 'Waiting for the approval in the Monzo app',
  active: 'Connected',
  needs_approval: 'Needs approval in the Monzo app',
  needs_authorisation: 'Needs a new sign-in',
  removed: 'Removed',
};

/** Texts about people and their logins. */
export const texts = {
  people: {
    states: stateWords,
    add: 'Add a person',
    continue: 'Continue the set-up',
    signIn: 'Sign in again',
    reload: 'Reload',
    rename: 'Rename',
    secret: 'Replace secret',
    remove: 'Remove',
    actions: (name: string) => `Actions for ${name}`,
    lapses: (day: string) => `Approval lapses about ${day}.`,
    renewed: 'I renewed it',
    learnt: 'What Monzo was seen to do',
    history: (amount: number) =>
      counted(amount, {
        one: (read) => `History: ${read} transaction read.`,
        other: (read) => `History: ${read} transactions read.`,
      }),
    reading: (amount: number) =>
      counted(amount, {
        one: (read) => `Reading the history: ${read} transaction so far.`,
        other: (read) => `Reading the history: ${read} transactions so far.`,
      }),
  },
  rename: { heading: (name: string) => `Rename ${name}`, field: 'Name', submit: 'Rename' },
  secret: {
    heading: (name: string) => `Replace the secret of ${name}`,
    intro: 'Copy it from Monzo’s developer page. Sign in again afterwards if the login asks for it.',
    field: 'Client secret',
    submit: 'Replace',
  },
  remove: {
    heading: (name: string) => `Remove ${name}?`,
    intro:
      'The bridge deletes this login with its secret and tokens. Accounts shared with another person stay. Delete the OAuth client at Monzo yourself.',
    keep: 'Keep the recorded transactions and events',
    submit: 'Remove',
  },
} as const;
