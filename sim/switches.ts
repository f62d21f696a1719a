/**
 * Everything about the bank that is not known for certain, as named switches. The first position of each is the default.
 * Tests that must hold under all positions iterate over the table.
 */
export const switchPositions = {
  /** The answer to an expired, evicted or unknown access token: it has changed over the years. */
  deadToken: ['unauthorized_401', 'bad_request_400'],
  /** Lifetime of an access token in seconds: as recorded, or as documented. */
  tokenLifetime: [107_999, 21_600],
  /** What using a replaced or evicted refresh token does to the current pair. */
  refreshReuse: ['fails_request', 'kills_family'],
  /** The answer to a refresh token that is not accepted. */
  refusedRefresh: ['unauthorized_401', 'bad_request_400', 'forbidden_403'],
  refreshLifetime: ['unlimited', 'thirty_days'],
  /** What becomes of the tokens when the person presses Deny in the app. */
  denial: ['stays_forbidden', 'revokes_tokens'],
  /** Whether the bank refuses a part of one account (403) now and then, although the login works. */
  accountRefusal: ['never', 'now_and_then'],
  /** Whether an account of a type that nobody knows lacks its pots or its balance, and what its owner is answered then. */
  oddAccount: ['as_others', 'no_pots_400', 'no_balance_404', 'no_pots_500', 'no_balance_500'],
  whoamiBeforeApproval: ['403', '200'],
  /** When the five minutes of full history start. */
  historyWindow: ['from_approval', 'from_login'],
  /** How many days back a list may begin once the five minutes are over, and what a longer one is answered with. */
  reachDays: [90, 88, 60, 30, 7],
  reachBeyond: ['refused_403', 'refused_400', 'cut'],
  /** Whether a later approval, without a new login, opens the full history again. */
  reapproval: ['keeps_history_shut', 'opens_history'],
  /** Whether `since` includes its instant; the last position compares whole seconds. */
  sinceTimestamp: ['inclusive', 'exclusive', 'exclusive_second'],
  /** Whether a list `since` a transaction begins after it or with it, or is not to be had. */
  sinceId: ['exclusive', 'inclusive', 'refused'],
  /** Whether a row is listed after the others of its instant, or before them: behind what has been listed already. */
  sameInstant: ['after', 'before'],
  beforeTimestamp: ['exclusive', 'inclusive'],
  limitAbove100: ['clamped', 'refused'],
  /** How many transactions a page holds at most, whatever was asked for. */
  longestPage: [100, 50, 30, 10],
  /** The order of a page; a page of the last position is the newest part of its range instead of the oldest. */
  pageOrder: ['oldest_first', 'turned', 'newest_first'],
  /** The answer to a pot transfer whose dedupe id was already used for the same transfer. */
  repeatedDedupe: ['ok_200', 'error_400'],
  /** The answer if the dedupe id was used before with another amount; money never moves twice. */
  dedupeOtherAmount: ['error_400', 'ok_200'],
  /** Whether lock, deletion and funds are checked after or before the dedupe id. */
  moveChecks: ['after_dedupe', 'before_dedupe'],
  dedupeMemory: ['forever', 'one_hour', 'one_day'],
  dedupeScope: ['per_person', 'global'],
  /** How lists and rows show `metadata.external_id` of pot moves; `changed` is another form of it, by turns. */
  externalId: ['as_recorded', 'absent', 'cut', 'changed'],
  /** What becomes of a pot move that was answered 200: `later` and `declined_later` are minutes later. */
  deferredMove: ['at_once', 'later', 'never', 'declined_later'],
  /** The answer for locked, deleted and secured pots, of which no recording exists. */
  guardedPot: ['bad_request_400', 'forbidden_403'],
  /** Whether lists of accounts, pots and webhooks are complete, or leave rows out now and then; see `lists.ts`. */
  lists: [
    'whole',
    'now_and_then_empty',
    'now_and_then_null',
    'now_and_then_half',
    'now_and_then_less_one',
    'every_other_empty',
  ],
  /** Whether a row of the lists of pots or accounts comes in a format that nobody has seen; see `lists.ts`. */
  shapelessPot: ['as_recorded', 'no_balance', 'texts', 'unnamed'],
  shapelessAccount: ['as_recorded', 'no_type', 'bare', 'unnamed'],
  /** How a list without rows is written. */
  emptyList: ['brackets', 'null', 'left_out'],
  /** By how many milliseconds `/balance` and `/pots` lag behind moves and rows. */
  balanceLag: [0, 3_000, 12_000, 40_000],
  potLag: [0, 3_000, 12_000],
  /** How long after 04:00 `spend_today` still counts from the day before, in milliseconds. */
  spendResetLag: [0, 600_000, 3_600_000],
  /** How many calls of one sign-in are answered before 429, which names no time; see `call-limit.ts`. */
  callLimit: ['none', 'sliding', 'sticky'],
  /** Whether a payment is charged on the row that held it, or on another one; then what becomes of the hold. */
  secondRow: ['none', 'kept', 'zeroed', 'vanished'],
  unknownRoute: ['not_found', 'no_handler'],
  /** Whether answers tell the time, or something on the way removes the `Date` or keeps one for up to an hour. */
  answerDate: ['true', 'absent', 'kept_for_an_hour'],
  merchantDates: ['present', 'absent'],
  /** Whether Faster Payments carry a merchant too, as some developers have seen. */
  merchantOf: ['cards', 'transfers_too'],
  /** Whether the owners of a joint account see the same, or each their own categories, or notes as well. */
  ownersView: ['same', 'own_categories', 'own_categories_and_notes'],
  /** Whether a row is found by its id: always, never, by no route at all, or only half an hour after it was made. */
  byId: ['works', 'unknown', 'no_handler', 'lags'],
  /** Which rows are refused by their id, although lists show them. */
  rowForbidden: ['never', 'some_rows', 'every_row'],
  /** When a row was last changed, as the bank says: no recording shows what it does at every change. */
  updated: ['as_recorded', 'frozen', 'ahead', 'goes_back'],
  /** When a payment took place, as the bank says; offline and corrected ones are dated back, so far that no list overlaps. */
  created: ['as_recorded', 'back_dated', 'ahead'],
  /** Whether `amount_is_pending` stays true once a pending payment was reversed. */
  reversedRow: ['final', 'pending'],
  webhookFailure: ['not_2xx', 'not_200'],
  webhookUrl: ['any', 'https_443'],
  webhooksOnFlex: ['accepted', 'refused'],
  /** In which form lists and answers show the address of a webhook; it is called as it was given. */
  webhookEcho: [
    'as_given',
    'lower_case',
    'trailing_slash',
    'percent_encoded',
    'port_written',
    'query_reordered',
    'punycode',
  ],
  /** When lists show a webhook that was registered, and no longer show one that was deleted; calls begin and end at once. */
  webhookList: ['at_once', 'later', 'never'],
  /** How many webhooks a client may have: more are refused, or push out the oldest. */
  webhookCap: ['none', '2_then_refused', '2_then_oldest_dropped'],
  /** Whether a webhook is removed once a call of it has failed for good. */
  webhooksDropped: ['never', 'after_failures'],
  /** For which new transactions webhooks are called. */
  webhookRows: ['every', 'cards_only'],
  webhooksAfterEviction: ['kept', 'dropped'],
  /** Which later changes of a transaction are posted again. */
  laterDeliveries: ['settlement', 'every_change', 'none'],
  /** The type of a later delivery; only `transaction.created` was ever recorded. */
  laterType: ['transaction.created', 'transaction.updated'],
} as const;

export type SwitchName = keyof typeof switchPositions;

/** One position for every switch. */
export type Switches = { [Name in SwitchName]: (typeof switchPositions)[Name][number] };

/** The default position of every switch, except for the given ones. */
export function switchesWith(changed: Partial<Switches> = {}): Switches {
  const defaults = Object.fromEntries(
    Object.entries(switchPositions).map(([name, positions]) => [name, positions[0]]),
  ) as unknown as Switches;
  return { ...defaults, ...changed };
}

/** The same switches, noting every position that the bank has acted by, as `name=position`. */
export function notingReads(switches: Switches, reached: Set<string>): Switches {
  return new Proxy(switches, {
    get: (target, name: SwitchName) => {
      const position = target[name];
      reached.add(`${name}=${position}`);
      return position;
    },
  });
}

/** Every position other than the default, as `[label, switches]`, for tests that run once per position. */
export function departures(
  names: readonly SwitchName[] = Object.keys(switchPositions) as SwitchName[],
): readonly (readonly [string, Partial<Switches>])[] {
  return names.flatMap((name) =>
    switchPositions[name].slice(1).map((position) => [`${name}=${position}`, { [name]: position }] as const),
  );
}
