/** A reason for which a command was refused or failed, as every door tells it. */
export interface Refusal {
  /** Over HTTP: 4xx where the same again would be refused again, 5xx where it may work later. */
  readonly status: number;
  /** How the sentence goes, with … for what differs. */
  readonly says: string;
  /** What a person does about it. */
  readonly help: string;
}

const asking = {
  unknown_command: {
    status: 404,
    says: 'There is no command …. There are: ….',
    help: 'take one of those it names',
  },
  bad_request: {
    status: 400,
    says: '…',
    help: 'it names the argument that is wrong, and what would be right',
  },
  not_allowed: {
    status: 403,
    says: 'MONZO_BRIDGE_MQTT_COMMANDS is …, which does not open … to the broker.',
    help: 'ask over HTTP or on the command line, or open the class with that setting',
  },
  retained_request: {
    status: 400,
    says: 'Requests must not be retained: publish it again without the retain flag.',
    help: 'clear the topic with an empty retained message, then publish without the flag',
  },
  expired_request: {
    status: 400,
    says: 'The request came after the moment at which its sender let it expire; if it is still meant, publish it again.',
    help: 'publish it again if it is still meant; look at the clocks if it comes back',
  },
  needs_mqtt_5: {
    status: 403,
    says: 'Money moves only over MQTT 5, and this broker speaks 3.1.1, where an old request cannot be told from a new one. Use a broker that speaks MQTT 5, or ask over HTTP or on the command line.',
    help: 'use Mosquitto or another broker that speaks MQTT 5; the demo’s own does not',
  },
  unknown_login: {
    status: 404,
    says: 'There is no login …; the list of logins shows which there are.',
    help: '`monzo-bridge login list` shows them',
  },
  unknown_transaction: {
    status: 404,
    says: 'There is no transaction …; the list of transactions shows which there are.',
    help: 'take an id that `monzo-bridge transactions` or an event gave',
  },
} as const satisfies Record<string, Refusal>;

const targets = {
  unknown_account: {
    status: 404,
    says: 'There is no such account. There are: ….',
    help: 'take one of the names or ids it gives; a device or entity of Home Assistant’s is understood only with a token',
  },
  ambiguous_account: {
    status: 409,
    says: 'Several accounts are called so. There are: ….',
    help: 'take one of the names or ids it gives',
  },
  account_closed: {
    status: 409,
    says: 'That account is closed. There are: ….',
    help: 'take another account',
  },
  no_login: {
    status: 409,
    says: 'No login can act on “…” now, so nothing was sent to Monzo. …',
    help: 'do what its end says, most often approve the access in the Monzo app; then ask again',
  },
} as const satisfies Record<string, Refusal>;

/** Why a pot and an account cannot move money between them. */
const pots = {
  bad_amount: {
    status: 400,
    says: '…',
    help: 'write the amount as it says: digits and at most one point, in pounds and not in pence',
  },
  unknown_pot: {
    status: 404,
    says: 'There is no such pot. There are: ….',
    help: 'take one of the names or ids it gives; a device or entity of Home Assistant’s is understood only with a token',
  },
  ambiguous_pot: {
    status: 409,
    says: 'Several pots are called so. There are: ….',
    help: 'take one of the names or ids it gives, or name the account as well',
  },
  pot_deleted: {
    status: 409,
    says: 'That pot was deleted. There are: ….',
    help: 'take another pot',
  },
  pot_locked: {
    status: 409,
    says: '“…” is locked, so nothing can be taken out; unlock it in the Monzo app, then refresh and ask again.',
    help: 'unlock it in the Monzo app; paying into it works all the same',
  },
  pot_account_mismatch: {
    status: 409,
    says: '“…” belongs to …, and a pot moves money only with its own account; leave the account out, or name that one.',
    help: 'leave the account out; moving between accounts takes two moves, and Monzo allows none between a sole and a joint account',
  },
  account_without_pots: {
    status: 409,
    says: '“…” is a … account, which has no pots to move money with; leave the account out, and it is the pot’s own.',
    help: 'leave the account out',
  },
} as const satisfies Record<string, Refusal>;

/** The limits that money moves must stay inside; the rails of the bridge’s page set them. */
const rails = {
  paused: {
    status: 409,
    says: '… Nothing was moved; resume on the bridge’s page to let money move again.',
    help: 'read why it was paused, then resume on the page or with `monzo-bridge resume`',
  },
  pot_not_allowed: {
    status: 403,
    says: 'The rails do not let money move into or out of this pot. Nothing was moved.',
    help: 'add the pot to the rails, or let all pots be moved',
  },
  per_move_cap: {
    status: 403,
    says: 'One move may be … at most. Nothing was moved.',
    help: 'move less, or raise the cap of a single move',
  },
  per_day_cap: {
    status: 403,
    says: 'Today … more may be moved, what is not confirmed yet counted as moved. Nothing was moved.',
    help: 'wait for tomorrow, or raise the cap of a day',
  },
  below_floor: {
    status: 403,
    says: 'The account has … and must keep …. Nothing was moved.',
    help: 'move less, or lower the floor; deposits that are not confirmed yet are counted as gone',
  },
  cooldown: {
    status: 429,
    says: 'The same move was made just now. To mean another one, give each a request_id of its own, or wait … s. Nothing was moved.',
    help: 'give every move you mean a `request_id` of its own; then a repetition is told apart from a second move',
  },
  outcome_unknown: {
    status: 409,
    says: 'The same move was asked for before (…) and nobody knows yet whether it took place. Nothing was moved.',
    help: 'wait for its outcome; with a `request_id` of its own another move is possible at once',
  },
  clock_differs: {
    status: 409,
    says: 'This machine’s clock and Monzo’s differ by … s, so nothing was moved. Set the clock right and ask again.',
    help: 'let the machine set its clock by itself (NTP)',
  },
} as const satisfies Record<string, Refusal>;

/** What becomes of transfers and of their ids. */
const transfers = {
  request_id_reused: {
    status: 409,
    says: 'The request id … was used before for another pot, account, direction or amount. Nothing was moved; give every move a request_id of its own.',
    help: 'a request id means one move for ever; take a new one',
  },
  unknown_event: {
    status: 404,
    says: 'There is no event …; give the event_id that an event of the bridge carried.',
    help: 'take `event_id` from the trigger of the automation',
  },
  not_at_bank: {
    status: 409,
    says: 'Monzo does not show this move fifteen minutes after it was last sent, so it did not take place. To make it after all, ask with another request_id.',
    help: 'ask again with another `request_id`',
  },
  decided: {
    status: 409,
    says: 'A person looked and said that the money did not move.',
    help: 'ask again with another `request_id`',
  },
  unknown_transfer: {
    status: 404,
    says: 'There is no transfer ….',
    help: 'the list of transfers shows which there are',
  },
  not_unresolved: {
    status: 409,
    says: 'The outcome of … is known; there is nothing to decide.',
    help: 'look at the transfer: the bridge found out by itself, or still does',
  },
} as const satisfies Record<string, Refusal>;

/** What Monzo itself answered; `bank_code` beside it is Monzo's own code where it gave one. */
const monzo = {
  insufficient_funds: {
    status: 409,
    says: 'Monzo refused because there is not enough money where it was to come from; try a smaller amount. Nothing was moved.',
    help: 'a smaller amount, or more money',
  },
  pot_secured: {
    status: 409,
    says: 'Monzo refused because the pot has added security, which only the Monzo app can pass; move the money there, or take the security off. Nothing was moved.',
    help: 'move the money in the Monzo app',
  },
  bank_refused: {
    status: 409,
    says: 'Monzo refused the move (…); look at the pot and the account in the Monzo app. Nothing was moved.',
    help: 'the code in brackets is Monzo’s own; try the same move in the Monzo app, which says more',
  },
  no_permission: {
    status: 403,
    says: 'Monzo does not permit this; approve the access request in the Monzo app.',
    help: 'approve the access in the Monzo app, or renew it there (Settings, Privacy & Security, Manage Apps)',
  },
  not_found: {
    status: 404,
    says: 'Monzo does not know what was asked for; check the id.',
    help: 'refresh, then look at what there is',
  },
  token_evicted: {
    status: 409,
    says: 'Monzo ended this login because the same OAuth client signed in elsewhere; sign in again.',
    help: 'give the other program an OAuth client of its own, then sign in again',
  },
  refresh_dead: {
    status: 409,
    says: 'Monzo does not renew this login any more; sign in again.',
    help: 'sign in again',
  },
  refresh_evicted: {
    status: 409,
    says: 'Monzo does not renew this login because the same OAuth client signed in elsewhere; sign in again.',
    help: 'give the other program an OAuth client of its own, then sign in again',
  },
  client_refused: {
    status: 409,
    says: 'Monzo does not accept the client id and secret; copy both anew.',
    help: 'replace the client secret',
  },
  verification_required: {
    status: 403,
    says: 'Monzo shows this only shortly after an approval in the Monzo app; sign in again to read it.',
    help: 'sign in again',
  },
} as const satisfies Record<string, Refusal>;

/** What passes by itself: the same may be asked again later. */
const passing = {
  unreachable: {
    status: 503,
    says: 'Monzo could not be reached; check the network if this lasts.',
    help: 'ask again; look at the network if it lasts',
  },
  timeout: {
    status: 503,
    says: 'Monzo did not answer in time; check again shortly.',
    help: 'ask again',
  },
  rate_limited: {
    status: 503,
    says: 'Monzo asked for fewer calls; the next one waits until Monzo allows it.',
    help: 'ask again in some minutes',
  },
  bank_down: {
    status: 503,
    says: 'Monzo has a problem of its own; try again later.',
    help: 'ask again later',
  },
  not_json: {
    status: 503,
    says: 'Monzo answered with something that is not its usual data; try again later.',
    help: 'ask again later; look at a proxy in between if it lasts',
  },
  breaker_open: {
    status: 503,
    says: 'Monzo failed several times in a row, so nothing was sent; try again shortly.',
    help: 'ask again in a minute',
  },
  token_dead: {
    status: 503,
    says: 'Monzo no longer accepts this access token; the login has to be renewed.',
    help: 'ask again; sign in again if it lasts',
  },
  internal: {
    status: 500,
    says: 'Something went wrong inside the bridge, and nobody knows how far the command had come; its log says more.',
    help: 'look at the log, and at the account before you ask again; report it with the log’s line',
  },
  home_assistant_away: {
    status: 503,
    says: '…',
    help: 'a device or an entity can only be understood while Home Assistant answers; use the Monzo id or the name',
  },
} as const satisfies Record<string, Refusal>;

/** The reasons by code, in the groups in which the help shows them: HTTP takes its status from here. */
export const refusalGroups = {
  'What was asked': asking,
  'Accounts and logins': targets,
  'Pots and amounts': pots,
  Rails: rails,
  Transfers: transfers,
  'What Monzo answered': monzo,
  'What passes by itself': passing,
} as const satisfies Record<string, Readonly<Record<string, Refusal>>>;

export const refusals: ReadonlyMap<string, Refusal> = new Map(
  Object.values<Readonly<Record<string, Refusal>>>(refusalGroups).flatMap((group) => Object.entries(group)),
);
