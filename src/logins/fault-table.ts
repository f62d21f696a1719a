import type { During, Login, LoginState, Remedy } from '../domain/login.ts';
import type { BankFault } from '../monzo/transport.ts';

/** The states in which a login can meet a fault. */
export const knownStates = [
  'authorising',
  'awaiting_approval',
  'active',
  'needs_approval',
  'needs_authorisation',
] as const satisfies readonly LoginState[];
export type KnownState = (typeof knownStates)[number];

/** What can go wrong with a login: the bank's faults, and what only the bridge can tell. */
export type LoginFault =
  | BankFault
  | 'unknown_shape'
  | 'no_tokens'
  | 'no_refresh_token'
  | 'renewal_interrupted'
  | 'sign_in_interrupted'
  | 'vault_unreadable'
  | 'tokens_unreadable'
  | 'client_secret_unreadable'
  | 'cancelled'
  | 'person_connected'
  | 'other_person';

/** `other` is the name of another login that is involved. */
export type Sentence = (login: Pick<Login, 'name' | 'redirectUri'> & { readonly other?: string }) => string;

/**
 * What a fault leads to in one state: the new state, what the person is told, and what helps. Cells of one row that
 * lead to the same state say the same, so that fault and state are enough to find the sentence again.
 */
export interface Cell {
  readonly state: KnownState;
  readonly needs: Sentence;
  readonly remedy: Remedy;
}

export interface FaultRow {
  readonly fault: LoginFault;
  readonly during: During;
  /** For the documents: what causes it. */
  readonly means: string;
  /** By the state the login was in; this fault cannot occur in a state that is left out. */
  readonly cells: Readonly<Partial<Record<KnownState, Cell>>>;
}

const signInAgain = 'Choose “Sign in again” on the bridge’s page.';

/** What the person is told while the approval in the Monzo app is missing. */
export const approvalNeeded: Sentence = ({ name }) =>
  `${name}: open the Monzo app and approve the access request. If it is gone, look under Settings, Privacy & Security, Manage Apps; if you pressed Deny, sign in again. The bridge notices an approval by itself.`;

/** What the person is told until they have finished the sign-in at Monzo. */
export const signInNeeded: Sentence = ({ name }) =>
  `${name}: sign in at Monzo with the link that the bridge gave you, or get a new link on its page.`;

/** Trouble of the bank or the network. It changes no state; the sentence says what is still unknown because of it. */
function passing(fault: LoginFault, problem: string, means: string): readonly FaultRow[] {
  const cell = (state: KnownState, rest: string, remedy: Remedy): Cell => ({
    state,
    needs: () => `${problem}${rest}`,
    remedy,
  });
  const unseen =
    ', so the bridge cannot tell yet whether the access was approved. It keeps trying by itself.';
  const untried = ', so the login could not be tried. Choose “Reload” on the bridge’s page later.';
  const unfinished = `, so the sign-in could not be finished. ${signInAgain}`;
  const kept = '. You need not do anything: the bridge keeps trying, and the last known values stay.';
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

/** The tokens no longer work. */
function lost({ fault, means, needs, remedy }: Verdict): FaultRow {
  const cell: Cell = { state: 'needs_authorisation', needs, remedy };
  const cells = { awaiting_approval: cell, active: cell, needs_approval: cell, needs_authorisation: cell };
  return { fault, during: 'reading', means, cells };
}

/** The sign-in failed; what was stored before stays in use. */
function signInFailed(
  { fault, means, needs, remedy }: Verdict,
  states: readonly KnownState[] = knownStates,
): FaultRow {
  const cells = Object.fromEntries(states.map((state) => [state, { state, needs, remedy }]));
  return { fault, during: 'sign_in', means, cells };
}

/** The tokens work, but the person has not approved in the app; where they had before, the approval has lapsed. */
function unapproved(fault: LoginFault): FaultRow {
  const cell = (state: KnownState): Cell => ({ state, needs: approvalNeeded, remedy: 'approve' });
  return {
    fault,
    during: 'reading',
    means:
      'Monzo answers everything with 403 until you approve in the app, and asks for a new approval about every 90 days',
    cells: {
      awaiting_approval: cell('awaiting_approval'),
      active: cell('needs_approval'),
      needs_approval: cell('needs_approval'),
      needs_authorisation: cell('needs_approval'),
    },
  };
}

const evicted: Sentence = () =>
  `Monzo ended this login because someone else uses this OAuth client: another program, or another bridge. Stop it, or give it a client of its own. ${signInAgain}`;
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
  means: 'the sign-in at Monzo has not been finished',
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

/** Monzo has then already ended the tokens in use: only a login that had none stays in its state. */
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

const secretUnreadable =
  'The stored client secret cannot be read, because it was damaged or the secret key was replaced.';
const copySecret = 'Copy it from Monzo’s developer page and enter it on the bridge’s page';
const secretUnreadableMeans = 'the database was damaged, or another `secret-key` is in use';

/** Noticed at a renewal, and at a start where the person has to sign in anyway. */
const clientSecretUnreadable: FaultRow = {
  fault: 'client_secret_unreadable',
  during: 'reading',
  means: secretUnreadableMeans,
  cells: {
    ...lost({
      fault: 'client_secret_unreadable',
      means: '',
      needs: () => `${secretUnreadable} ${copySecret}; it is tried at once.`,
      remedy: 'replace_secret',
    }).cells,
    authorising: {
      state: 'authorising',
      needs: () => `${secretUnreadable} ${copySecret}, then continue the sign-in.`,
      remedy: 'replace_secret_and_sign_in',
    },
  },
};

/** Every fault of a login and what it leads to in each state. The troubleshooting page is generated from it. */
export const faultTable: readonly FaultRow[] = [
  ...passing('unreachable', 'Monzo cannot be reached', 'the network or its name service is down'),
  ...passing('timeout', 'Monzo does not answer in time', 'Monzo or the network is slow'),
  ...passing('bank_down', 'Monzo has a problem of its own', 'Monzo answers with a server error'),
  ...passing(
    'not_json',
    'Monzo answered with something other than data',
    'usually a maintenance page, or a page of a proxy; check the proxy if it lasts',
  ),
  ...passing(
    'oversized',
    'Monzo sent an answer that is larger than any of its data',
    'more than 4 MB, or nested more than 64 deep; check the proxy if it lasts, or report it with the line from the log',
  ),
  ...passing(
    'unknown_shape',
    'Monzo returned data in an unexpected format',
    'Monzo changed its API; if it lasts, report it with the line from the log',
  ),
  ...passing(
    'breaker_open',
    'Monzo has failed several times in a row',
    'the bridge waits before it tries again',
  ),
  ...passing(
    'rate_limited',
    'Monzo asked for fewer calls',
    'the rate limit was reached, perhaps together with another program; raise `MONZO_BRIDGE_POLL_SECONDS` if it happens again',
  ),
  ...passing(
    'not_found',
    'Monzo could not find something that it had listed before',
    'something was removed between two calls',
  ).filter(({ during }) => during === 'reading'),
  ...passing(
    'bad_request',
    'Monzo refused a request',
    'Monzo did not accept one call; if it lasts, report it with the line from the log',
  ),
  ...passing('insufficient_funds', 'Monzo refused a payment', 'there was not enough money for it').filter(
    ({ during }) => during === 'reading',
  ),
  unapproved('no_permission'),
  unapproved('verification_required'),
  lost({
    fault: 'token_dead',
    means: 'the access was denied or withdrawn in the app, or has expired',
    needs: () => `Monzo no longer accepts this login. ${signInAgain}`,
    remedy: 'sign_in',
  }),
  lost({ fault: 'token_evicted', means: evictedMeans, needs: evicted, remedy: 'stop_other_program' }),
  lost({
    fault: 'refresh_dead',
    means: 'the access was denied or withdrawn in the app, or has expired; noticed during a renewal',
    needs: () =>
      `Monzo no longer renews this login. ${signInAgain} If Monzo then shows an error, see whether the OAuth client is still on its developer page.`,
    remedy: 'sign_in',
  }),
  lost({ fault: 'refresh_evicted', means: evictedMeans, needs: evicted, remedy: 'stop_other_program' }),
  lost({
    fault: 'renewal_interrupted',
    means:
      'a crash or a network failure at the wrong moment: each token can be renewed once, and Monzo’s answer was lost; one more attempt failed',
    needs: () =>
      `The bridge or the network stopped while the login was being renewed, and Monzo no longer accepts the old tokens. ${signInAgain}`,
    remedy: 'sign_in',
  }),
  lost({
    fault: 'sign_in_interrupted',
    means: 'Monzo’s answer to a new sign-in was lost, and Monzo had already ended the previous one',
    needs: () =>
      `Monzo’s answer to the last sign-in was lost, and that sign-in ended the previous one. ${signInAgain}`,
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
      'Monzo no longer accepts this OAuth client. If it is still on Monzo’s developer page, copy its client secret again and enter it on the bridge’s page; it is tried at once. If it was deleted, create a new client there and connect this person with it.',
    remedy: 'replace_secret',
  }),
  lost({
    fault: 'vault_unreadable',
    means:
      'the file `secret-key` was lost or replaced, or `MONZO_BRIDGE_SECRET_KEY` was changed; everything but tokens and client secrets stays readable',
    needs: ({ name }) =>
      `${name}: the stored tokens and the client secret cannot be read with this secret key. Put back the file secret-key (or MONZO_BRIDGE_SECRET_KEY) that belongs to this database and restart the bridge. If it is lost, enter the client secret on the bridge’s page again, then choose “Sign in again”.`,
    remedy: 'replace_secret_and_sign_in',
  }),
  lost({
    fault: 'tokens_unreadable',
    means: 'the tokens of this one login are damaged in the database',
    needs: () => `The stored tokens of this login are damaged. ${signInAgain}`,
    remedy: 'sign_in',
  }),
  clientSecretUnreadable,
  noTokens,
  signInFailed({
    fault: 'client_secret_unreadable',
    means: secretUnreadableMeans,
    needs: () => `${secretUnreadable} ${copySecret}. ${signInAgain}`,
    remedy: 'replace_secret_and_sign_in',
  }),
  signInFailed({
    fault: 'client_refused',
    means: 'the client id or the secret was copied wrong, or the client was deleted',
    needs: () =>
      `Monzo does not accept this client id and secret. Copy both again from Monzo’s developer page, or create a new client if it was deleted. ${signInAgain}`,
    remedy: 'replace_secret_and_sign_in',
  }),
  signInFailed({
    fault: 'code_refused',
    means: 'the code in the address works once, for a short time',
    needs: () =>
      `Monzo did not accept the sign-in: its link had been used already or was too old. ${signInAgain}`,
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
    means: 'you or Monzo cancelled the sign-in',
    needs: () =>
      'The sign-in was cancelled at Monzo. Choose “Sign in again” on the bridge’s page to try again.',
    remedy: 'sign_in',
  }),
  noRefreshToken,
  signInFailed(
    {
      fault: 'other_person',
      means: 'another person opened the link',
      needs: ({ name }) =>
        `Someone other than ${name} signed in. Sign in again as the right person, or add a login for the other one.`,
      remedy: 'sign_in_as_right_person',
    },
    // Anyone may be the first to sign in.
    knownStates.filter((state) => state !== 'authorising'),
  ),
  signInFailed({
    fault: 'person_connected',
    means: 'one person needs only one login',
    needs: ({ other = '…' }) =>
      `This person is already connected as “${other}”. Remove this login, or sign in as someone else.`,
    remedy: 'remove_login',
  }),
];
