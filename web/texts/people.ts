import type { LoginState } from '../api/contract.ts';

const stateWords: Readonly<Record<LoginState, string>> = {
  new: 'Not signed in yet',
  authorising: 'Not signed in yet',
  awaiting_approval: 'Waiting for the approval in the Monzo app',
  active: 'Connected',
  needs_approval: 'Needs approval in the Monzo app',
  needs_authorisation: 'Needs a new sign-in',
  removed: 'Removed',
};

/** What the page says about people and their logins. */
export const texts = {
  heading: 'Settings',
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
} as const;
