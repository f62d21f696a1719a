import { sentence, sentenceBy, type RefusalGroup } from './sentence.ts';

/** What Monzo itself answered; `bank_code` beside it is Monzo's own code where it gave one. */
export const monzo = {
  insufficient_funds: {
    status: 409,
    says: 'Monzo refused because there is not enough money.',
    next: 'Ask again once there is.',
    help: 'put in more money first, then ask again, with the same `request_id` or `event_id`; a smaller amount is another move',
  },
  pot_secured: {
    status: 409,
    says: 'Monzo refused because the pot has added security, which only the Monzo app can pass.',
    next: 'Move the money there, or take the security off and ask again.',
    help: 'move the money in the Monzo app',
  },
  bank_refused: {
    status: 409,
    says: sentence<{ bankCode: string | null }>`Monzo refused the move (${({ bankCode }) =>
      bankCode ?? 'without a code'}).`,
    next: 'Look at the pot and the account in the Monzo app, then ask again.',
    help: 'the code in brackets is Monzo’s own; try the same move in the Monzo app, which says more',
  },
  no_permission: {
    status: 403,
    says: 'Monzo does not permit this.',
    next: 'Approve the access request in the Monzo app, then ask again.',
    help: 'approve the access in the Monzo app, or renew it there (Settings, Privacy & Security, Manage Apps)',
    needsPerson: true,
  },
  not_found: {
    status: 404,
    says: sentenceBy('by', {
      monzo: 'Monzo does not know what was asked for.',
      bridge: 'There is nothing under this address.',
      joined_wrongly: 'There is nothing under this address, in which one slash follows another.',
    }),
    next: sentenceBy('by', {
      monzo: 'Check the id.',
      bridge: 'See /api/openapi.json.',
      joined_wrongly: 'Leave out one of them: the base address ends without a slash.',
    }),
    help: 'refresh, then look at what there is',
  },
  token_evicted: {
    status: 409,
    says: 'Monzo ended this login because the same OAuth client signed in elsewhere.',
    next: 'Sign in again.',
    help: 'give the other program its own OAuth client, then sign in again',
    needsPerson: true,
  },
  refresh_dead: {
    status: 409,
    says: 'Monzo no longer renews this login.',
    next: 'Sign in again.',
    help: 'sign in again',
    needsPerson: true,
  },
  refresh_evicted: {
    status: 409,
    says: 'Monzo does not renew this login because the same OAuth client signed in elsewhere.',
    next: 'Sign in again.',
    help: 'give the other program its own OAuth client, then sign in again',
    needsPerson: true,
  },
  client_refused: {
    status: 409,
    says: 'Monzo does not accept the client id and secret.',
    next: 'Copy both anew.',
    help: 'replace the client secret',
    needsPerson: true,
  },
  verification_required: {
    status: 403,
    says: 'Monzo shows this only shortly after an approval in the Monzo app.',
    next: 'Sign in again to read it.',
    help: 'sign in again',
    needsPerson: true,
  },
} as const satisfies RefusalGroup;

/** What passes by itself: the same request may succeed later. */
export const passing = {
  unreachable: {
    status: 503,
    says: 'Monzo could not be reached.',
    next: 'Check the network if this lasts.',
    help: 'ask again; check the network if it lasts',
    retryable: true,
  },
  timeout: {
    status: 503,
    says: 'Monzo did not answer in time.',
    next: 'Try again shortly.',
    help: 'ask again',
    retryable: true,
  },
  rate_limited: {
    status: 503,
    says: 'Monzo asked for fewer calls.',
    next: 'The next one waits until Monzo allows it.',
    help: 'ask again in some minutes',
    retryable: true,
  },
  bank_down: {
    status: 503,
    says: 'Monzo has a problem of its own.',
    next: 'Try again later.',
    help: 'ask again later',
    retryable: true,
  },
  not_json: {
    status: 503,
    says: 'Monzo answered with something that is not its usual data.',
    next: 'Try again later.',
    help: 'ask again later; look at a proxy in between if it lasts',
    retryable: true,
  },
  oversized: {
    status: 503,
    says: 'Monzo sent an answer that is larger, or nested deeper, than any of its data, so it was not read.',
    next: 'Try again later.',
    help: 'ask again later; look at a proxy in between if it lasts',
    retryable: true,
  },
  breaker_open: {
    status: 503,
    says: 'Monzo failed several times in a row, so nothing was sent.',
    next: 'Try again shortly.',
    help: 'ask again in a minute',
    retryable: true,
  },
  token_dead: {
    status: 503,
    says: 'Monzo no longer accepts this access token; the login has to be renewed.',
    help: 'ask again; sign in again if it lasts',
    retryable: true,
  },
  internal: {
    status: 500,
    says: sentenceBy('during', {
      command: 'Something went wrong inside the bridge, and it is not known how far the command had come.',
      request: 'Something went wrong inside the bridge.',
    }),
    next: 'Its log says more.',
    help: 'look at the log, and at the account before you ask again; report it with the log’s line',
  },
  home_assistant_away: {
    status: 503,
    says: 'Home Assistant is not connected.',
    help: 'the bridge can look up a device or an entity only while Home Assistant answers; use the Monzo id or the name',
    retryable: true,
  },
} as const satisfies RefusalGroup;

/** What Monzo says only at the sign-in; the table of the sign-in's sentences has these. */
export const signIn = {
  code_refused: {
    status: 409,
    says: 'Monzo did not accept the sign-in, which was used before or too old.',
    next: 'Sign in again.',
    help: 'sign in again',
    needsPerson: true,
  },
  redirect_refused: {
    status: 409,
    says: 'Monzo does not know the redirect address.',
    next: 'Register exactly this one with the OAuth client.',
    help: 'register the address with the OAuth client on Monzo’s developer page',
    needsPerson: true,
  },
} as const satisfies RefusalGroup;
