import type { Instant } from './values.ts';

/**
 * What no source says about the bank, and what it may do. A question with a list of positions is answered by those alone;
 * one with `words` by words of banking, each of them known here, so that no text of the bank's is ever repeated.
 */
interface BankQuestion {
  readonly asks: string;
  readonly positions: readonly string[] | 'words';
}

export const bankQuestions = {
  token_lifetime: {
    asks: 'For how long an access token is said to work',
    positions: ['not_said', 'under_6_hours', '6_hours', 'under_30_hours', '30_hours', 'longer'],
  },
  token_scope: { asks: 'The scope of tokens', positions: 'words' },
  dead_access_token: { asks: 'What answers an access token that does not work', positions: ['400', '401'] },
  refused_refresh: {
    asks: 'What answers a refresh token that does not work',
    positions: ['400', '401', '403'],
  },
  old_refresh_token: {
    asks: 'Whether a refresh token works after thirty days without use',
    positions: ['works', 'refused'],
  },
  token_before_approval: {
    asks: 'Whether a token may end before it was ever approved',
    positions: ['ended'],
  },
  redirect_address: {
    asks: 'To which kind of address a sign-in comes back',
    positions: ['https', 'http_loopback', 'http_private_network', 'http_elsewhere'],
  },
  refusals: { asks: 'How calls are refused: call, status, code', positions: 'words' },
  refusal_bodies: { asks: 'The members of a refusal', positions: 'words' },
  retry_after: { asks: 'How a 429 says when to come back', positions: ['not_said', 'seconds', 'date'] },
  answer_headers: {
    asks: 'Which headers answers carry',
    positions: [
      'age',
      'cf-ray',
      'deprecation',
      'etag',
      'opentracing-id',
      'ratelimit',
      'ratelimit-limit',
      'ratelimit-policy',
      'retry-after',
      'sunset',
      'trace-id',
      'warning',
      'x-ratelimit-limit',
      'x-ratelimit-remaining',
      'x-ratelimit-reset',
      'x-request-id',
    ],
  },
  answer_date: { asks: 'Whether answers tell the time', positions: ['true', 'absent', 'kept'] },
  account_types: { asks: 'Which types of accounts there are', positions: 'words' },
  account_parts: { asks: 'What answers for each type of account: type, part, status', positions: 'words' },
  account_refusal: {
    asks: 'Whether a part of one account is refused while the login works',
    positions: ['now_and_then'],
  },
  lists: {
    asks: 'Whether lists leave out rows that a later one shows again',
    positions: ['empty', 'null', 'one_left_out', 'several_left_out'],
  },
  empty_list: { asks: 'How a list without rows is written', positions: ['brackets', 'null', 'left_out'] },
  rows: { asks: 'Where rows differ from those recorded: row, member, JSON type', positions: 'words' },
  balance_lag: {
    asks: 'How far a balance lags behind what has moved',
    positions: ['up_to_10_seconds', 'up_to_30_seconds', 'up_to_a_minute', 'longer'],
  },
  pot_lag: {
    asks: 'How far the balances of pots lag behind what has moved',
    positions: ['up_to_10_seconds', 'up_to_30_seconds', 'up_to_a_minute', 'longer'],
  },
  spend_reset: {
    asks: 'When the amount spent today begins anew',
    positions: ['at_04', 'minutes_later', 'about_an_hour_later', 'hours_later'],
  },
  schemes: { asks: 'Which schemes transactions have', positions: 'words' },
  decline_reasons: { asks: 'Why transactions are declined', positions: 'words' },
  merchant_dates: { asks: 'Whether merchants carry their dates', positions: ['present', 'absent'] },
  transfer_merchant: { asks: 'Whether bank transfers carry a merchant', positions: ['present', 'absent'] },
  page_order: {
    asks: 'The order of a page of transactions',
    positions: ['oldest_first', 'turned', 'newest_first'],
  },
  longest_page: {
    asks: 'How many transactions a full page holds',
    positions: ['100', '50', '30', '10', 'another_number'],
  },
  since_time: {
    asks: 'Whether `since` with a time includes that time',
    positions: ['inclusive', 'exclusive', 'exclusive_second'],
  },
  since_id: {
    asks: 'Whether `since` with an id includes that transaction',
    positions: ['inclusive', 'exclusive', 'refused'],
  },
  before_time: { asks: 'Whether `before` includes its time', positions: ['inclusive', 'exclusive'] },
  same_instant: {
    asks: 'Where a transaction is listed among others of its instant',
    positions: ['after', 'before'],
  },
  reach: {
    asks: 'How many days back a list may begin at any time',
    positions: [
      'listed_at_7',
      'listed_at_30',
      'listed_at_60',
      'listed_at_85',
      'refused_at_7',
      'refused_at_30',
      'refused_at_60',
      'refused_at_85',
    ],
  },
  reach_beyond: { asks: 'What answers a list that goes back too far', positions: ['403', '400', 'cut'] },
  full_history: {
    asks: 'When the five minutes of full history begin',
    positions: ['from_approval', 'from_login'],
  },
  reapproval: {
    asks: 'Whether a later approval opens the full history again',
    positions: ['opens_history', 'keeps_history_shut'],
  },
  new_rows: {
    asks: 'How late lists show a transaction',
    positions: ['on_time', 'seconds_late', 'minutes_late', 'hours_late', 'days_late', 'dated_ahead'],
  },
  by_id: {
    asks: 'Whether a listed transaction is found by its id',
    positions: ['works', 'unknown', 'no_handler', 'lags', 'refused'],
  },
  updated: {
    asks: 'What `updated` does when a transaction changes',
    positions: ['goes_on', 'frozen', 'ahead', 'goes_back'],
  },
  owners_view: {
    asks: 'Whether the owners of a joint account see the same',
    positions: ['same', 'own_categories', 'own_categories_and_notes'],
  },
  reversed_row: {
    asks: 'Whether a reversed payment stays pending',
    positions: ['final', 'pending'],
  },
  charge: {
    asks: 'Whether a payment is charged on the row that held it',
    positions: ['same_row', 'another_row'],
  },
  hold_after_charge: {
    asks: 'What becomes of a hold that another row has charged',
    positions: ['kept', 'zeroed', 'vanished'],
  },
  repeated_move: {
    asks: 'What answers a move that is sent again with its dedupe id',
    positions: ['accepted', 'refused'],
  },
  move_checks: {
    asks: 'Whether funds and locks are checked before the dedupe id',
    positions: ['before_dedupe'],
  },
  move_id: {
    asks: 'How lists show the dedupe id of a move',
    positions: ['whole', 'absent', 'cut', 'changed'],
  },
  move_shown: {
    asks: 'When a move that was accepted takes place',
    positions: ['at_once', 'minutes_later', 'declined_later', 'not_within_an_hour'],
  },
  webhook_address: {
    asks: 'Which addresses of webhooks are accepted',
    positions: ['https', 'http', 'another_port', 'refused_https', 'refused_http', 'refused_another_port'],
  },
  webhook_echo: {
    asks: 'In which form the address of a webhook comes back',
    positions: [
      'as_given',
      'lower_case',
      'trailing_slash',
      'percent_encoded',
      'port_written',
      'query_reordered',
      'as_a_browser_writes_it',
      'another',
    ],
  },
  webhook_list: {
    asks: 'When lists show a webhook that was registered',
    positions: ['at_once', 'later', 'not_within_an_hour'],
  },
  webhook_gone: {
    asks: 'After what a webhook is gone that nobody deleted',
    positions: ['another_was_registered', 'new_sign_in', 'neither'],
  },
  webhook_after_sign_in: { asks: 'Whether webhooks outlast a new sign-in', positions: ['kept'] },
  ring_types: { asks: 'Which types of webhook calls there are', positions: 'words' },
  ring_schemes: { asks: 'For which schemes webhooks are called', positions: 'words' },
  later_rings: {
    asks: 'What a webhook is called for after the first time',
    positions: ['settlement', 'other_change', 'no_change'],
  },
} as const satisfies Readonly<Record<string, BankQuestion>>;

export type QuestionName = keyof typeof bankQuestions;

export const questionNames = Object.keys(bankQuestions) as readonly QuestionName[];

/** What may be noted for a question: one of its positions, or any text, of which the known words remain. */
export type PositionOf<Name extends QuestionName> =
  (typeof bankQuestions)[Name]['positions'] extends infer Positions
    ? Positions extends readonly (infer Position)[]
      ? Position
      : string
    : never;

export type NotePosition = <Name extends QuestionName>(question: Name, position: PositionOf<Name>) => void;

/** How the bank was first seen to behave. */
export interface BankPosition {
  readonly question: QuestionName;
  readonly position: string;
  readonly firstSeen: Instant;
}

/** For `balance_lag` and `pot_lag`, from milliseconds. */
export function lagOf(ms: number): PositionOf<'balance_lag'> {
  if (ms <= 10_000) return 'up_to_10_seconds';
  if (ms <= 30_000) return 'up_to_30_seconds';
  return ms <= 60_000 ? 'up_to_a_minute' : 'longer';
}

/** Every word that may be repeated of what the bank says. A first name that is a word too is left out. */
const words: ReadonlySet<string> = new Set(
  `
  get put post patch delete oauth2 token logout ping whoami accounts account balance balances pots pot deposit withdraw transactions
  transaction webhooks webhook feed id 200 201 204 400 401 402 403 404 405 406 408 409 410 412 413 415 422 423 425 429 451
  500 501 502 503 504
  code message error errors description retryable marshal count unexpected params trace details reason status type title
  bad request unauthorized unauthorised forbidden not found no handler response precondition failed rate limited internal service
  timeout unknown access refresh expired evicted invalid insufficient permissions permission funds verification required
  missing param parameter time range client could authenticate enabled disabled authorization authorisation grant redirect uri url
  dedupe duplicate repeated used already locked deleted closed frozen blocked added security secured protected approval approve
  approved denied declined allowed supported too many limit exceeded amount currency since before owner current source destination
  user member conflict unprocessable unavailable maintenance upgrade deprecated gone
  third party developer app pre verified ext
  uk us eu gb retail joint business personal monzo flex backing loan loans rewards prepaid plus premium perks extra student
  youth child children kids teen teens under minor junior parent family 11 13 15 16 17 18 foreign savings saver isa cash stocks shares
  investment investments pension mortgage credit card cards debit overdraft instalment installment instant easy fixed term
  mastercard visa amex payport faster payments payment bacs chaps sepa swift p2p topup top up 3dsecure 3ds secure gps paid interest
  signup referral rbs cheque cheques deposits paypoint post office spread the cost ledger adjustment money international transfer
  transfers wise apple google pay wallet pay open banking standing order direct debits refund fee fees charge charges reversal
  chargeback cashback tax bill bills salary bonus round ups virtual sub request requests split shared tab spend spending income
  card closed inactive pin sca authenticated present strong customer authentication rejected by cardholder hard decline
  decisioning engine other expiry date cvc cvv magstripe contactless offline merchant country gambling
  created updated settled reversed amended of to from on in for at and or is was with without new
  name names style goal cover image product isa wrapper multiplier available has charity until round up owners sort number
  details legal entity alpha3 assets branch address formatted country total including flexible today local exchange
  notes metadata labels attachments category categories load include originator can be excluded breakdown made
  subscription match categorization pending atm detailed counterparty scheme group key
  string boolean object array null absent
  `
    .trim()
    .split(/\s+/),
);

const mostTokens = 24;

/** A text of the bank's as far as it consists of words of banking; everything else becomes a question mark. */
export function plainWords(text: string): string {
  const tokens = text.toLowerCase().match(/[\p{L}\p{N}]+|[._ ]|[^\p{L}\p{N}._ ]+/gu) ?? [];
  return tokens
    .slice(0, mostTokens)
    .map((token) => (words.has(token) || /^[._ ]$/.test(token) ? token : '?'))
    .join('')
    .replaceAll(/\?[?._ ]*\?/g, '?')
    .trim();
}

/** What of a position may be kept and shown; null for what answers no question here. */
export function shownPosition(question: string, position: string): string | null {
  if (!Object.hasOwn(bankQuestions, question)) return null;
  const { positions }: BankQuestion = bankQuestions[question as QuestionName];
  if (positions === 'words') return plainWords(position) || null;
  return positions.includes(position) ? position : null;
}
