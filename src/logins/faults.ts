import { BridgeError, messageOf } from '../errors.ts';
import type { Login, LoginState } from '../domain/login.ts';
import { BankError, type BankFault } from '../monzo/transport.ts';

/** What a fault does to a login: the state it goes to (null: it stays), and what its person is told. */
export interface Consequence {
  readonly state: LoginState | null;
  readonly needs: string;
}

type Sentence = (login: Login) => string;

interface Rule {
  readonly state: LoginState | ((login: Login) => LoginState) | null;
  readonly needs: Sentence;
}

const keepsTrying = 'Nothing to do: the bridge keeps trying, and the last known values stay.';
const signInAgain = 'Choose “Sign in again” on the bridge’s page.';

/** What the person is told while the approval in the Monzo app is missing. */
export const approvalNeeded: Sentence = ({ name }) =>
  `${name}: open the Monzo app and approve the access request; if it is gone, look under Settings, Privacy & Security, Manage Apps. The bridge notices by itself.`;
const evicted: Sentence = () =>
  `Monzo ended this login because someone else uses this OAuth client: another program, or another bridge. Stop that or make a client of its own for it. ${signInAgain}`;

/** Right after a sign-in the approval is waited for; a login that was active before has had it lapse. */
const unapproved = ({ state, activeSince }: Login): LoginState =>
  state === 'awaiting_approval' || activeSince === null ? 'awaiting_approval' : 'needs_approval';

const rules: Readonly<Record<BankFault | 'no_tokens' | 'renewal_interrupted', Rule>> = {
  unreachable: { state: null, needs: () => `Monzo cannot be reached. ${keepsTrying}` },
  timeout: { state: null, needs: () => `Monzo does not answer in time. ${keepsTrying}` },
  bank_down: { state: null, needs: () => `Monzo has a problem of its own. ${keepsTrying}` },
  not_json: { state: null, needs: () => `Monzo answers with something that is not data. ${keepsTrying}` },
  breaker_open: {
    state: null,
    // What made the calls stop says more than that they have stopped.
    needs: ({ needs }) => needs ?? `Monzo has failed several times in a row. ${keepsTrying}`,
  },
  rate_limited: { state: null, needs: () => `Monzo asked for fewer calls. ${keepsTrying}` },
  not_found: { state: null, needs: () => `Monzo did not find something it listed before. ${keepsTrying}` },
  bad_request: { state: null, needs: () => `Monzo refused a request. ${keepsTrying}` },
  insufficient_funds: { state: null, needs: () => `Monzo refused a request. ${keepsTrying}` },
  no_permission: { state: unapproved, needs: approvalNeeded },
  verification_required: { state: unapproved, needs: approvalNeeded },
  token_dead: {
    state: 'needs_authorisation',
    needs: () => `Monzo no longer accepts this login. ${signInAgain}`,
  },
  token_evicted: { state: 'needs_authorisation', needs: evicted },
  refresh_dead: {
    state: 'needs_authorisation',
    needs: () => `Monzo no longer renews this login. ${signInAgain}`,
  },
  refresh_evicted: { state: 'needs_authorisation', needs: evicted },
  client_refused: {
    state: 'needs_authorisation',
    needs: () =>
      `Monzo does not accept this client id and secret. Copy both anew from Monzo’s developer page. ${signInAgain}`,
  },
  code_refused: {
    state: 'needs_authorisation',
    needs: () => `Monzo did not accept the sign-in: its link was used before or too old. ${signInAgain}`,
  },
  redirect_refused: {
    state: 'needs_authorisation',
    needs: ({ redirectUri }) =>
      `Monzo does not know the redirect address. Register exactly ${redirectUri} with the OAuth client. ${signInAgain}`,
  },
  no_tokens: { state: 'needs_authorisation', needs: () => `This login is not connected yet. ${signInAgain}` },
  renewal_interrupted: {
    state: 'needs_authorisation',
    needs: () =>
      `The bridge or the network stopped while the login was being renewed, and Monzo no longer accepts the old one. ${signInAgain}`,
  },
};

/** What a thrown error means for a login; errors that are not about the login leave its state alone. */
export function consequenceOf(login: Login, thrown: unknown): Consequence {
  const rule = ruleFor(thrown);
  if (!rule) return { state: null, needs: messageOf(thrown) };
  const state = typeof rule.state === 'function' ? rule.state(login) : rule.state;
  return { state, needs: rule.needs(login) };
}

function ruleFor(thrown: unknown): Rule | undefined {
  if (thrown instanceof BankError) return rules[thrown.fault];
  if (thrown instanceof BridgeError && Object.hasOwn(rules, thrown.code))
    return rules[thrown.code as BankFault];
  return undefined;
}
