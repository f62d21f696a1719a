/** Every figure that two people could argue about, with its reason. Durations are milliseconds. */

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

export const durations = { second, minute, hour, day } as const;

/** How transactions are listed when nobody set a cadence: quick without webhooks, a safety net with them. */
export const listEvery = { withoutWebhooks: 120 * second, withWebhooks: 900 * second } as const;

/** Accounts, balances and pots change rarely by themselves; a purchase reads them again at once. */
export const householdEvery = 900 * second;

/** A cadence set below this also sets how often the household is read: somebody is watching. */
export const watchedBelow = 60 * second;

/** Rows may show up in a list a little after later ones did; listing this far back finds them. */
export const listOverlap = 2 * hour;

/** Twice a day the last weeks are listed whole: Monzo has no "changed since". */
export const sweep = { every: 12 * hour, reach: 30 * day } as const;

/** A pending row is asked for by id, ever more seldom, until it is final or this old. */
export const follow = { shortest: 15 * minute, longest: 6 * hour, share: 0.25, until: 30 * day } as const;

/** The last ninety days are always readable, by other people's measurements 88 or 89: stay inside. */
export const readableReach = 85 * day;

/** How the history is cut into windows, and how old the bank's oldest accounts can be. */
export const history = { slice: 90 * day, reach: 12 * 365 * day } as const;

/** A purchase is announced with its balance, but not kept waiting for it longer than this. */
export const balanceFirst = 5 * second;

/** Approval in the Monzo app: people tap within minutes, or tomorrow. */
export const approvalTries = { quick: 5 * second, quickFor: 10 * minute, slowest: 300 * second } as const;

/** A ring ahead of the bank's own lists is listed for again, then asked for by id; forged ones are bounded by all of it. */
export const doorbell = {
  listAgainAfter: [2 * second, 10 * second, 60 * second],
  /** Rings due this close together share one list. */
  together: second,
  mostAwaited: 50,
  mostLooks: 5,
  looksPer: minute,
} as const;

/** Webhooks at the bank are compared with what is wanted this often; sooner where something is not as wanted. */
export const webhooksEvery = { inOrder: day, troubled: 6 * hour } as const;

/** Tokens are renewed this long before they end. */
export const refreshMargin = 10 * minute;

/** An OAuth state is good for an hour: the magic link may be opened late, on another device. */
export const authorisationLifetime = hour;

/** After a failed reading the next one waits, longer every time, but a bank that is back is noticed within a minute. */
export const troubleRest = { shortest: 5 * second, longest: 60 * second } as const;

/** A login that is removed takes leave of Monzo, but nobody waits longer than this for it. */
export const signOutPatience = 10 * second;

/** Brokers acknowledge within milliseconds; one that leaves a message without an answer for so long has lost it. */
export const acknowledgement = 10 * minute;

/** So many events are on their way to a sink at once: fast in a burst, and after a crash no more than these repeat. */
export const eventsUnderway = 100;

/**
 * Events that go out later than `after` come in small groups with a rest between them: after a long outage an
 * automation in Home Assistant, which queues ten runs unless told otherwise, is not flooded.
 */
export const lateEvents = { after: minute, atOnce: 10, rest: second } as const;

/** Payloads of events stay this long after every sink is done with them; so long may a sink be out of use, too. */
export const eventsKept = { longest: 30 * day, lookEvery: 6 * hour, atOnce: 500, breath: second } as const;

/**
 * What Home Assistant gets over MQTT without a token. A broker tells of a client that vanished after one and a half
 * keep-alives, and Home Assistant's is 60 s unless its owner changed it: what was sent in that time before its will is
 * lost. A birth that no will announced makes the last ten minutes doubtful.
 */
export const doubt = { beforeLoss: 90 * second, withoutLoss: 10 * minute } as const;

/**
 * With a token: an event entity shows an event within milliseconds. An available entity that does not show so many
 * events in a row is treated as missing, so that it does not hold up all events for ever.
 */
export const confirmation = { timeout: 10 * second, misses: 5 } as const;

/**
 * Automations attach their triggers only when Home Assistant has started, and its MQTT client subscribes to them a moment
 * later: an event in between is shown by the entity and triggers nothing. On a busy machine five seconds were too short.
 */
export const afterStart = 15 * second;

/**
 * An event that reaches Home Assistant this long after its transaction was delayed by an outage: the slowest reading is
 * every quarter of an hour. One summary covers all of them, once no other has come for a moment.
 */
export const outage = { after: 20 * minute, quiet: 10 * second } as const;

/**
 * Whoever asks for a money move is answered within twenty seconds whatever the bank does. A call that takes longer than
 * others is not waited for: sending again is safe, and a list tells as well. `reading` is also how old the balance may be
 * that a floor is judged by.
 */
export const moneyPatience = {
  answering: 18 * second,
  reading: 5 * second,
  sending: 8 * second,
  looking: 60 * second,
} as const;

/** A transfer is looked for from so long before it was first sent: the bank's clock is not ours. */
export const transferLookBack = hour;
