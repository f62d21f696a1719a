import type { During, Login, LoginState, Remedy } from '../domain/login.ts';
import type { BankFault } from '../monzo/transport.ts';

/** The states a fault can meet a login in. */
export const knownStates = [
  'authorising',
  'awaiting_approval',
  'active',
  'needs_approval',
  'needs_authorisation',
] as const satisfies readonly LoginState[];
export type KnownState = (typeof knownStates)[number];

/** What can go wrong with a login: the bank's faults, and what only the bridge knows. */
export type LoginFault =
  | BankFault
  | 'unknown_shape'
  | 'no_tokens'
  | 'no_refresh_token'
  | 'renewal_interrupted'
  | 'sign_in_interrupted'
  | 'cancelled'
  | 'person_connected'
  | 'other_person';

/** `other` is the name of another login that is involved. */
export type Sentence = (login: Pick<Login, 'name' | 'redirectUri'> & { readonly other?: string }) => string;

/**
 * What follows where a fault meets a state: the state then, what its person is told, and what helps. Cells of one row
 * that lead to the same state say the same, so that fault and state are enough to find the sentence again.
 */
export interface Cell {
  readonly state: KnownState;
  readonly needs: Sentence;
  readonly remedy: Remedy;
}

export interface FaultRow {
  readonly fault: LoginFault;
  readonly during: During;
  /** For the help: what lies behind it. */
  readonly means: string;
  /** A state that is missing cannot meet this fault. */
  readonly cells: Readonly<Partial<Record<KnownState, Cell>>>;
}

const signInAgain = 'Choose “Sign in again” on the bridge’s page.';

/** What the person is told while the approval in the Monzo app is missing. */
export const approvalNeeded: Sentence = ({ name }) =>
  `${name}: open the Monzo app and approve the access request; if it is gone, look under Settings, Privacy & Security, Manage Apps. The bridge notices by itself.`;

/** What the person is told until somebody has come back from Monzo's sign-in page. */
export const signInNeeded: Sentence = ({ name }) =>
  `${name}: sign in at Monzo with the link the bridge gave; its page has a new one.`;

/** Trouble of the bank or of the way there. It changes no state, and what is still unknown by it is said. */
function passing(fault: LoginFault, problem: string, means: string): readonly FaultRow[] {
  const cell = (state: KnownState, rest: string, remedy: Remedy): Cell => ({
    state,
    needs: () => `${problem}${rest}`,
    remedy,
  });
  const unseen = ', so the bridge cannot see yet whether the access was approved. It keeps trying by itself.';
  const untried = ', so the login could not be tried. Choose “Reload” on the bridge’s page later.';
  const unfinished = `, so the sign-in could not be finished. ${signInAgain}`;
  const kept = '. Nothing to do: the bridge keeps trying, and the last known values stay.';
  const reading = {
    awaiting_approval: cell('awaiting_approval', unseen, 'wait'),
    active: cell('active', kept, 'wait'),
    needs_approval: cell('needs_approval', unseen, 'wait'),
    needs_authorisation: cell('needs_authorisation', untried, 'reload'),
  };
  const finishing = Object.fromEntries(
    knownStates.map((state) => [state, cell(state, unfinished, 'sign_in')]),
  );
  return [
    { fault, during: 'reading', means, cells: reading },
    { fault, during: 'sign_in', means, cells: finishing },
  ];
}

interface Verdict {
  readonly fault: LoginFault;
  readonly means: string;
  readonly needs: Sentence;
  readonly remedy: Remedy;
}

/** The tokens are worth nothing any more. */
function lost({ fault, means, needs, remedy }: Verdict): FaultRow {
  const cell: Cell = { state: 'needs_authorisation', needs, remedy };
  const cells = { awaiting_approval: cell, active: cell, needs_approval: cell, needs_authorisation: cell };
  return { fault, during: 'reading', means, cells };
}

/** The sign-in brought nothing; what was stored before stays in use. */
function signInFailed(
  { fault, means, needs, remedy }: Verdict,
  states: readonly KnownState[] = knownStates,
): FaultRow {
  const cells = Object.fromEntries(states.map((state) => [state, { state, needs, remedy }]));
  return { fault, during: 'sign_in', means, cells };
}

/** Tokens are good, but the person has not tapped in the app: a lapse, where that had been seen before. */
function unapproved(fault: LoginFault): FaultRow {
  const cell = (state: KnownState): Cell => ({ state, needs: approvalNeeded, remedy: 'approve' });
  return {
    fault,
    during: 'reading',
    means:
      'until you tap in the app Monzo answers everything with 403, and about every 90 days it asks for that again',
    cells: {
      awaiting_approval: cell('awaiting_approval'),
      active: cell('needs_approval'),
      needs_approval: cell('needs_approval'),
      needs_authorisation: cell('needs_approval'),
    },
  };
}

const evicted: Sentence = () =>
  `Monzo ended this login because someone else uses this OAuth client: another program, or another bridge. Stop that or make a client of its own for it. ${signInAgain}`;
const evictedMeans =
  'evicted: Monzo keeps one sign-in per client and person, and another program signed in with yours';
const notConfidential: Sentence = () =>
  'Monzo gave no refresh token, so the login would end within hours. Set Confidentiality to Confidential on Monzo’s developer page, then sign in again.';
const notConfidentialMeans = 'the client is not confidential, and such a client’s tokens cannot be renewed';

/** What the person is told of a login without tokens of which nothing more is known. */
export const notConnected: Sentence = () => `This login is not connected. ${signInAgain}`;

const noTokens: FaultRow = {
  fault: 'no_tokens',
  during: 'reading',
  means: 'nobody has come back from Monzo’s sign-in page yet',
  cells: {
    ...lost({
      fault: 'no_tokens',
      means: '',
      needs: notConnected,
      remedy: 'sign_in',
    }).cells,
    authorising: { state: 'authorising', needs: signInNeeded, remedy: 'sign_in' },
  },
};

/** By then Monzo has ended the pair that was in use before: only a login without any goes on as it was. */
const noRefreshToken: FaultRow = {
  fault: 'no_refresh_token',
  during: 'sign_in',
  means: notConfidentialMeans,
  cells: Object.fromEntries(
    knownStates.map((state) => [
      state,
      {
        state: state === 'authorising' ? state : 'needs_authorisation',
        needs: notConfidential,
        remedy: 'set_confidential',
      },
    ]),
  ),
};

/** Every fault of a login and, for each state it can meet, what follows. The help page is written from it. */
export const faultTable: readonly FaultRow[] = [
  ...passing('unreachable', 'Monzo cannot be reached', 'the network, or its name service'),
  ...passing('timeout', 'Monzo does not answer in time', 'it is slow, or something between you and it is'),
  ...passing('bank_down', 'Monzo has a problem of its own', 'it answers with an error'),
  ...passing(
    'not_json',
    'Monzo answers with something that is not data',
    'usually a page about maintenance, or a proxy’s own page; look at the proxy if it lasts',
  ),
  ...passing(
    'unknown_shape',
    'Monzo sent data in a shape that is new here',
    'Monzo changed something; if it lasts, report it with the log’s line',
  ),
  ...passing(
    'breaker_open',
    'Monzo has failed several times in a row',
    'the bridge rests before it asks again',
  ),
  ...passing(
    'rate_limited',
    'Monzo asked for fewer calls',
    'the limit was reached, perhaps by another program too; raise `MONZO_BRIDGE_POLL_SECONDS` if it comes back',
  ),
  ...passing(
    'not_found',
    'Monzo did not find something it listed before',
    'a row vanished between two questions',
  ),
  ...passing(
    'bad_request',
    'Monzo refused a request',
    'it did not like one question; if it lasts, report it with the log’s line',
  ),
  ...passing('insufficient_funds', 'Monzo refused a payment', 'there was not enough money for it').filter(
    ({ during }) => during === 'reading',
  ),
  unapproved('no_permission'),
  unapproved('verification_required'),
  lost({
    fault: 'token_dead',
    means: 'the access was withdrawn in the app, or ended',
    needs: () => `Monzo no longer accepts this login. ${signInAgain}`,
    remedy: 'sign_in',
  }),
  lost({ fault: 'token_evicted', means: evictedMeans, needs: evicted, remedy: 'stop_other_program' }),
  lost({
    fault: 'refresh_dead',
    means: 'the access was withdrawn in the app, or ended; noticed while renewing',
    needs: () => `Monzo no longer renews this login. ${signInAgain}`,
    remedy: 'sign_in',
  }),
  lost({ fault: 'refresh_evicted', means: evictedMeans, needs: evicted, remedy: 'stop_other_program' }),
  lost({
    fault: 'renewal_interrupted',
    means:
      'a crash or a cut at the worst moment: Monzo’s tokens can be renewed once, and the answer was lost; it was tried once more',
    needs: () =>
      `The bridge or the network stopped while the login was being renewed, and Monzo no longer accepts the old one. ${signInAgain}`,
    remedy: 'sign_in',
  }),
  lost({
    fault: 'sign_in_interrupted',
    means: 'the answer to a new sign-in was lost, and Monzo had already ended the one before',
    needs: () =>
      `The answer to the last sign-in was lost, and by that sign-in Monzo ended the one before. ${signInAgain}`,
    remedy: 'sign_in',
  }),
  lost({
    fault: 'no_refresh_token',
    means: notConfidentialMeans,
    needs: notConfidential,
    remedy: 'set_confidential',
  }),
  lost({
    fault: 'client_refused',
    means: 'the secret was replaced at Monzo, or the client was deleted there',
    needs: () =>
      'Monzo no longer accepts the client secret. Copy it anew from Monzo’s developer page and enter it on the bridge’s page, which tries it at once.',
    remedy: 'replace_secret',
  }),
  noTokens,
  signInFailed({
    fault: 'client_refused',
    means: 'the client id or the secret was copied wrong, or the client was deleted',
    needs: () =>
      `Monzo does not accept this client id and secret. Copy both anew from Monzo’s developer page. ${signInAgain}`,
    remedy: 'replace_secret_and_sign_in',
  }),
  signInFailed({
    fault: 'code_refused',
    means: 'the code in the address counts once, for a short time',
    needs: () => `Monzo did not accept the sign-in: its link was used before or too old. ${signInAgain}`,
    remedy: 'sign_in',
  }),
  signInFailed({
    fault: 'redirect_refused',
    means: 'see “magic link” above',
    needs: ({ redirectUri }) =>
      `Monzo does not know the redirect address. Register exactly ${redirectUri} with the OAuth client. ${signInAgain}`,
    remedy: 'register_redirect',
  }),
  signInFailed({
    fault: 'cancelled',
    means: 'somebody chose no, or Monzo did',
    needs: () =>
      'The sign-in was cancelled at Monzo. Choose “Sign in again” on the bridge’s page when you want to go on.',
    remedy: 'sign_in',
  }),
  noRefreshToken,
  signInFailed(
    {
      fault: 'other_person',
      means: 'another person opened the link',
      needs: ({ name }) =>
        `Somebody else than ${name} signed in. Sign in again as ${name}, or add a login for the other person.`,
      remedy: 'sign_in_as_right_person',
    },
    // Before the first sign-in nobody is the wrong one.
    knownStates.filter((state) => state !== 'authorising'),
  ),
  signInFailed({
    fault: 'person_connected',
    means: 'two logins of one person would compete',
    needs: ({ other = '…' }) =>
      `This person is already connected as “${other}”. Remove this login, or sign in as somebody else.`,
    remedy: 'remove_login',
  }),
];
