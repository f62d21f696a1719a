/** The figures that are a matter of judgement, with their reasons. Durations are milliseconds. */

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

export const durations = { second, minute, hour, day } as const;

/** How often transactions are listed unless POLL_SECONDS is set: often without webhooks, as a safety net with them. */
export const listEvery = { withoutWebhooks: 120 * second, withWebhooks: 900 * second } as const;

/** Accounts, balances and pots rarely change without a transaction, which reads them again at once. */
export const householdEvery = 900 * second;

/**
 * What the bank does not show of one account, while it shows the rest, is asked for again: soon at first, then less often;
 * after a fault of the bank's own it may be back any minute. What it never showed, for so long, an account of this type does
 * not have: then once a day is enough.
 */
export const accountTroubles = {
  pause: { shortest: 5 * second, longest: 15 * minute },
  pauseAfterFailure: { shortest: 5 * second, longest: 5 * minute },
  absentAfter: hour,
  absentPause: day,
  /** After so many attempts in a row a refusal is no accident. */
  lastingAfter: 3,
} as const;

/**
 * How long what Home Assistant said of its users is believed: someone who lost their rights is out within a minute, and
 * someone who was given some need not wait.
 */
export const rightsHold = { given: minute, refused: 5 * second } as const;

/** If POLL_SECONDS is set below this, accounts, balances and pots are read as often as transactions. */
export const watchedBelow = 60 * second;

/**
 * A transaction may appear in the list after newer ones: the lists of the schedule go back this far to find it. So do those
 * for what a ring named and no list has shown, but by one page at most.
 */
export const listOverlap = 2 * hour;

/** The first list after a ring begins so many known rows before the newest. */
export const rowOverlap = 5;

/** The bank may compare instants by the second, and include the instant itself or not: lists from a time overlap by this. */
export const timeOverlap = second;

/**
 * A page of so few transactions is taken for a full one only where such a page was seen to be full. Where a list was seen
 * to end is asked again after some hours, because pages may become shorter.
 */
export const shortPage = 10;
export const listEndHolds = 6 * hour;

/**
 * Twice a day the last weeks are listed completely, because Monzo has no "changed since"; and once a week all that it shows,
 * because a payment may be charged back, or set to nothing, months later.
 */
export const sweep = { every: 12 * hour, reach: 30 * day, farEvery: 7 * day } as const;

/** A pending transaction is requested by id, less often as it ages, until it is final or this old. */
export const follow = { shortest: 15 * minute, longest: 6 * hour, share: 0.25, until: 30 * day } as const;

/** A transaction that Monzo does not show by its id, although lists do, is asked for in that way again after this long. */
export const byIdRest = 6 * hour;

/** Where it shows none by their ids, a ring for an unknown one causes a list of the last weeks, and no more than one in this time. */
export const longListRest = hour;

/** Monzo always lets the last 90 days be read (some measured 88 or 89); stay safely below. */
export const readableReach = 85 * day;

/**
 * Where the bank refuses that reach, the next of these is tried, and a longer one again after a week: nearly 60, 30, 14,
 * 7, 2 days and one, because a list begins a moment after it was asked for.
 */
export const reachSteps = [60, 30, 14, 7, 2, 1].map((days) => days * day - hour);
export const reachHolds = 7 * day;

/** The length of each window of the history, and the age of the bank's oldest accounts. */
export const history = { slice: 90 * day, reach: 12 * 365 * day } as const;

/** The pause before what could not be read of the history is tried again: the minutes after an approval are short. */
export const historyPause = { shortest: 5 * second, longest: 6 * hour } as const;

/** The longest that an event waits for the balance after its transaction. */
export const balanceFirst = 5 * second;

/** How often to look for the approval in the Monzo app: people give it within minutes, or a day later. */
export const approvalTries = { quick: 5 * second, quickFor: 10 * minute, slowest: 300 * second } as const;

/**
 * If a webhook announces a transaction before the list shows it, the list is read again, then the transaction is
 * requested by id. Whoever knows a webhook's address can ring as often as they like, so what rings cost is bounded: a
 * forged one costs seven calls (four lists, balance and pots beside the first, one by id), and a flood of them, within a
 * minute and for one account, 18 lists, balance and pots once, and 10 requests by id: 30 calls. What shows something new is
 * not counted. Of what a ring waits for, the longest pause is the most that a real one is delayed.
 */
export const doorbell = {
  listAgainAfter: [2 * second, 10 * second, 60 * second],
  /** Rings within this time share one list. */
  together: second,
  /** A ring for what a list has shown moments before: what has changed since may wait so long. */
  echo: 2 * second,
  echoWithin: minute,
  /** From one list to the next, by how many within a minute showed nothing new. */
  pauses: [0, 250, second, 2 * second, 4 * second],
  /** Transactions that no list has shown yet, as many as there may be in a burst; and known ones that wait to be read. */
  mostAwaited: 1_000,
  mostOld: 50,
  /** Requests by id: of what no list has shown, and of known transactions that had not changed. */
  mostLooks: 5,
  mostReads: 5,
  per: minute,
  /** A list of one page goes back over known rows, as many as this share of it. */
  reach: 0.9,
  /** How many rows a page has where no full one was seen. */
  page: 100,
} as const;

/** How often webhooks at the bank are compared with the desired ones; more often after a failure. */
export const webhooksEvery = { inOrder: day, troubled: 6 * hour } as const;

/** The pause after comparing webhooks failed with what may pass, longer each time. */
export const webhookFailurePause = { shortest: 5 * minute, longest: webhooksEvery.troubled } as const;

/**
 * A webhook that was just registered may be listed late: for `listedWithin` a list without it proves nothing, and then they
 * are compared once more. One that is gone is registered again after these rests, by how often that happened `within` a day.
 */
export const webhookLoss = {
  listedWithin: hour,
  within: day,
  rests: [0, 0, day, 7 * day],
} as const;

/**
 * So many new transactions of an account in a row that no ring announced mean that its webhook does not work. Rings may
 * come minutes late; what is dated within `margin` of a gap in the listening proves nothing, since clocks differ.
 */
export const silence = { rows: 3, fairTime: 10 * minute, margin: minute } as const;

/**
 * The test of the public address: Monzo's own patience with an answer is not known; Home Assistant passes a call on after it
 * has answered. A person needs no more than one test in a few seconds.
 */
export const addressTest = { answer: 10 * second, arrival: 2 * second, apart: 5 * second } as const;

/** Tokens are renewed this long before they expire. */
export const refreshMargin = 10 * minute;

/**
 * Tokens that the bank refuses may be good again after a mistake of its own. They are tried again after five minutes, then
 * less and less often, in the end once a day, about four weeks in all: each attempt with a refresh token that is really
 * dead might cost whoever else has a live one.
 */
export const refusedTokens = { shortest: 5 * minute, longest: day, most: 36 } as const;

/** How long an OAuth state is valid: the magic link may be opened late, on another device. */
export const authorisationLifetime = hour;

/** The pause after failed readings, longer each time; a bank that is back is noticed within a minute. */
export const failurePause = { shortest: 5 * second, longest: 60 * second } as const;

/** The longest that removing a login waits for the sign-out at Monzo. */
export const signOutTimeout = 10 * second;

/** Brokers acknowledge within milliseconds; a message without an answer for so long is lost. */
export const acknowledgement = 10 * minute;

/**
 * How many messages wait for a broker's acknowledgement: never more than an MQTT 5 broker names (Mosquitto 20), because it
 * ends the connection on one more, and never more than pays. Where it names none MQTT 5 allows 65,535; 3.1.1 has no way to
 * name any, and its brokers are the smaller ones.
 */
export const messagesUnderway = { most: 100, unnamed: { 5: 32, 4: 16 } } as const;

/** How many events are under way to a sink at once: fast in a burst, and the most that a crash can repeat. */
export const eventsUnderway = 100;

/** Outcomes that arrive within so many milliseconds are stored together, up to so many: as long as others are under way. */
export const settledTogether = { within: 20, most: eventsUnderway / 2 } as const;

/**
 * How long an event must have waited before it is told as undelivered: one that passes through would be two messages and two
 * rows in Home Assistant's history. While some wait, their number is told no more often.
 */
export const undeliveredAfter = 5 * second;

/**
 * Events older than `after` are sent in small groups with a pause between them, so that after a long outage an
 * automation in Home Assistant, which queues ten runs by default, is not flooded.
 */
export const lateEvents = { after: minute, atOnce: 10, rest: second } as const;

/** How long payloads are kept after every sink has received them; also how long an unused sink is kept. */
export const eventsKept = {
  longest: 30 * day,
  lookEvery: 6 * hour,
  atOnce: 500,
  breath: second,
  askTimeEvery: minute,
} as const;

/**
 * Which events may be lost over MQTT without a token. A broker publishes the will of a vanished client after one and a
 * half keep-alives, and Home Assistant's keep-alive is 60 s by default: events sent in the 90 s before its will are
 * unconfirmed. After a birth without a will before it, those of the last ten minutes are.
 */
export const unconfirmedFor = {
  beforeWill: 90 * second,
  withoutWill: 10 * minute,
  withoutBirth: 24 * hour,
} as const;

/**
 * With a token: an event entity shows an event within milliseconds. An available entity that does not show so many
 * events in a row is treated as missing, so that it does not block all events.
 */
export const confirmation = { timeout: 10 * second, misses: 5 } as const;

/**
 * Home Assistant's automations listen only once it has started, and its MQTT client subscribes to their triggers a moment
 * later: an event in between is shown by the entity and triggers nothing. On a busy machine five seconds were too short.
 */
export const afterStart = 15 * second;

/**
 * With a token the bridge looks whether the triggers are attached, which took a busy machine half a minute, and waits for
 * that no longer than `atMost`. No machine starts Home Assistant within `shortestStart`, and after `longestStart` every one
 * has.
 */
export const attaching = {
  lookEvery: second,
  answer: 5 * second,
  atMost: 2 * minute,
  shortestStart: 5 * second,
  longestStart: 10 * minute,
} as const;

/**
 * A broker takes 90 seconds to notice that Home Assistant has died. Where no will has come by then, its birth message shows
 * that only the bridge's own connection to it is interrupted.
 */
export const birthHolds = 2 * minute;

/** From so many interrupted connections to Home Assistant on, within so many milliseconds, they are told. */
export const flapping = { cuts: 4, within: 10 * minute } as const;

/**
 * An event that reaches Home Assistant this long after its transaction was delayed by an outage: the slowest reading is
 * every quarter of an hour. One summary covers all of them, once no other has come for a moment.
 */
export const outage = { after: 20 * minute, quiet: 10 * second } as const;

/**
 * The caller of a transfer is answered within twenty seconds whatever the bank does. A slow call is abandoned: sending
 * again is safe, and the list shows the outcome too. `reading` is also the greatest age of the balance that the floor is
 * checked against.
 */
export const transferTimeouts = {
  answering: 18 * second,
  reading: 5 * second,
  sending: 8 * second,
  looking: 60 * second,
} as const;

/** Whoever asks for anything but money is answered within twenty seconds; a reading that is still under way then goes on. */
export const answeredWithin = 18 * second;

/** A transfer is searched for from this long before its first send, because the bank's clock may differ from ours. */
export const transferLookBack = hour;

/** A part that is closing gets this long: renewing tokens, which is waited for, may rightly take 20 seconds. */
export const closingPatience = 25 * second;

/**
 * At a start the database is checked before it is used. SQLite checks about 600 MB a second from memory, and a small
 * computer's card is a hundred times slower: a larger database is checked in a process of its own, which is waited for
 * no longer than `patience`, after a kill `patienceAfterKill`. The check goes on then while the bridge runs.
 */
export const integrity = {
  atOnceBelow: 16 * 1024 * 1024,
  patience: 3 * second,
  patienceAfterKill: 20 * second,
} as const;

/**
 * What the bank may answer: a page has at most 100 rows, the largest row ever recorded has 4 KB and is nested five deep,
 * so these leave ten times as much room. Parsing more would hold up everything else.
 */
export const largestAnswer = { bytes: 4 * 1024 * 1024, depth: 64 } as const;

/** How often the health looks who has access to the data directory: a snapshot is taken several times for each event. */
export const permissionsEvery = 10 * second;

/**
 * So many rows are kept in memory as they were read last, at up to 4 KB each, so that a list of known ones costs little:
 * a page of each of five accounts.
 */
export const rowsInMemory = 500;

/**
 * Connections to the bank: how long one may take to come about, how long it is kept open without a call (routers forget
 * quiet ones after five minutes or more), how soon its quiet is broken by a probe, and how many are kept.
 */
export const bankConnections = {
  connecting: 10 * second,
  idle: 4 * minute,
  probed: minute,
  most: 8,
} as const;

/** The longest that a `Retry-After` is kept to: a mistaken one may name years, and the bank asks again where it means it. */
export const longestRetryAfter = 15 * minute;

/**
 * How many calls the bank answered within this time before it asked for fewer: the only report there is counts thirty in
 * five minutes. The number is doubled day by day, because nobody knows for how long it holds. A move of money, which
 * costs at most five calls, never waits for others then.
 */
export const callsCounted = { within: 5 * minute, fewest: 20, doubledAfter: day, keptForMoney: 5 } as const;

/** A person who asks for a reading is not held up by the bank's `Retry-After`, unless they ask again within this time. */
export const askedAgainAfter = 10 * second;

/**
 * Where a caller may have its answer over MQTT. Brokers close the connection on a topic beyond their limits: Mosquitto has
 * 200 levels, EMQX 128, hosted ones as little as 256 bytes. The base topic has a few levels of its own.
 */
export const longestResponseTopic = { bytes: 256, levels: 16 } as const;

/**
 * What the bridge announces to an MQTT 5 broker, which drops what is larger without a word. Requests are at most 64 KiB; the
 * largest message that the bridge must get back is its own discovery document: each device has its own, below 64 KiB.
 */
export const mqttIncoming = { packetBytes: 1024 * 1024, receiveMaximum: 64 } as const;

/**
 * Requests over MQTT: a move of money may take 18 s, and a household asks for a handful at once. What is beyond is refused;
 * so many refusals and answers to "pause" are sent beside the queue, further ones go without an answer.
 */
export const mqttRequests = { atOnce: 16, waiting: 240, beside: 16, toldFor: 10 * minute } as const;

/** How deep the objects and lists of a request are nested: none of ours needs more than five levels. */
export const deepestRequest = 32;

/**
 * A 3.1.1 broker that refuses retained messages or QoS 1 closes the connection without a word. After so many connections in
 * a row that ended `atOnce`, the bridge asks for less; once that has lasted, it tries again what it left out, and believes
 * what it sees for a day.
 */
export const brokerTrials = {
  silentEnds: 3,
  atOnce: 5 * second,
  after: 30 * second,
  lasts: 10 * second,
  again: day,
} as const;

/**
 * When Home Assistant has come to the broker, everything is sent again, a few messages at a time: first the discovery
 * documents, then, once Home Assistant has subscribed to what they name, the states. The first pause is left to chance, so
 * that not every bridge comes at once. Where the broker keeps nothing and Home Assistant never announces itself, the same
 * happens `unasked`.
 */
export const sentAgain = {
  shortest: second,
  longest: 3 * second,
  atOnce: 20,
  rest: 200,
  subscribing: 2 * second,
  removing: 5 * second,
  unasked: 5 * minute,
} as const;

/** A bridge that lives answers another one within so many milliseconds; one that was refused asks again this often. */
export const rivalAnswers = 5 * second;
export const rivalAskedEvery = 30 * second;

/** A broker hands its retained messages to a new subscriber within moments, a slow one within seconds. */
export const retainedArriveWithin = 5 * second;

/**
 * With a token the bridge sees Home Assistant come to the broker; its birth follows within seconds, on a busy machine a
 * minute. Where none was ever seen, that is told once the entities have been used for a while.
 */
export const birthDue = { after: 3 * minute, neverSeen: 15 * minute } as const;

/**
 * Memory that has grown by so many bytes is given back after a second in which the process did almost nothing. It takes about
 * 35 ms, as long as a ring that comes just then has to wait.
 */
export const givenBack = { lookEvery: second, busyAbove: 0.02, grownBy: 12_000_000 } as const;

/** Read by its person before it is shared, so short; asked for within less time than the command line waits. */
export const recording = { days: 7, mostDays: 85, rows: '30', bareRows: '3', accounts: 10, within: 40_000 };
