import { plainWords } from '../domain/bank-questions.ts';
import { monzoCategories } from '../domain/names.ts';

/** The bank's own words, the only ones that a recording keeps: everything that is not in these tables gets a stand-in. */

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** The names of fields, as recorded and documented. */
const fields = words(`
  account_balance account_id account_number account_type accounts address amount amount_is_pending approximate assets atm
  atm_fees_detailed attachments authenticated available_for_bills balance balance_including_flexible_savings barcode
  beneficiary_account_type bic body business_id can_add_to_tab can_be_excluded_from_breakdown can_be_made_subscription
  can_match_transactions_in_categorization can_split_the_bill categories category charity_id city client_id closed
  closed_account_app_access code counterparty country country_code country_code_alpha3 cover_image_url created currency
  current_account_id data decline_reason dedupe_id deleted description disable_feedback email emoji error
  error_description expires_at external_id fees file_type file_url formatted goal_amount group_id has_virtual_cards headers
  iban id image_url include_in_spending international is_flex is_load is_tax_pot isa_wrapper items labels latitude
  legal_entity local_amount local_currency local_exchange_rate local_spend locale_uk locked locked_until logo longitude
  marshal_count merchant merchant_feedback_uri message metadata monzo_branch_address_formatted name notes ok online
  originator owner_type owners parent_account_id params payment_details payments phone postcode pots preferred_first_name
  preferred_name product_id product_type proof_of_purchase_id quantity receipt region retryable round_up
  round_up_multiplier scheme service_user_number settled short_formatted sort_code source spend_today status status_code
  store_address store_name store_postcode style sub_items suggested_tags tab tax taxes total total_balance transaction
  transaction_id transactions type unexpected unformatted updated url usage_description usage_description_web user_id value
  webhook webhooks zoom_level
`);

/** Other programs may write keys of their own into the metadata: there, only these are the bank's. */
const metadataFields = words(`
  bacs_direct_debit_instruction_id bacs_record_id bills_pot_id coin_jar_transaction created_for_merchant
  created_for_transaction eligible_for_pot_cover enriched_from_settlement external_id faster_payment fps.trn fps_fpid
  fps_payment_id google_places_icon google_places_id google_places_name hide_amount hide_transaction hold_decision_id
  insertion is_pot_to_pot_transfer is_reversal ledger_committed_timestamp_earliest ledger_committed_timestamp_latest
  ledger_insertion_id mastercard_approval_type mastercard_auth_message_id mastercard_card_id
  mastercard_clearing_message_id mastercard_lifecycle_id mastercard_partial_amount_supported mcc money_transfer_id notes
  original_transaction_id p2p_initiator p2p_transfer_id payee_id pot_account_id pot_deposit_id pot_id pot_withdrawal_id
  provider provider_id retroactive_pot_id series_id series_iteration_count spender_first_name spender_full_name
  standin_correlation_id subscription_id suggested_name suggested_tags token_transaction_identifier
  token_unique_reference tokenization_method transaction_description_localised transaction_locale_country trigger
  triggered_by trip_id trn twitter_id user_id website
`);

const currencies = words(`
  AED AUD BGN BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF IDR ILS INR ISK JPY KRW KWD MXN MYR NOK NZD PLN RON SEK SGD THB TRY
  TWD USD ZAR
`);
const accountTypes = words(`
  uk_business uk_loan uk_monzo_flex uk_monzo_flex_backing_loan uk_prepaid uk_retail uk_retail_joint uk_rewards
`);

/** What may stand under a key. */
const values: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['account_type', accountTypes],
  ['category', monzoCategories],
  ['country_code', words('GB')],
  ['country_code_alpha3', words('GBR')],
  ['currency', currencies],
  [
    'decline_reason',
    words(`
      AUTHENTICATION_REJECTED_BY_CARDHOLDER AUTHENTICATION_VERIFICATION_FAILED CARD_BLOCKED CARD_CLOSED CARD_EXPIRED
      CARD_INACTIVE DECISIONING_ENGINE_HARD_DECLINE INSUFFICIENT_FUNDS INVALID_CVC INVALID_EXPIRY_DATE INVALID_PIN OTHER
      SCA_NOT_AUTHENTICATED_CARD_NOT_PRESENT STRONG_CUSTOMER_AUTHENTICATION_REQUIRED
    `),
  ],
  ['isa_wrapper', words('ISA')],
  ['legal_entity', words('monzo_uk monzo_eu')],
  ['local_currency', currencies],
  ['owner_type', words('business joint personal unknown')],
  ['product_type', words('flex loan rewards standard')],
  [
    'scheme',
    words(`
      3dsecure account_interest bacs faster_payments gps_mastercard instalment_loan ledger_adjustment mastercard
      monzo_flex monzo_paid overdraft p2p_payment payport_faster_payments rbs_cheque sepa signup_referral
      spread_the_cost topup uk_business_pot uk_cash_deposits_paypoint uk_retail_pot
    `),
  ],
  [
    'type',
    new Set([
      ...accountTypes,
      ...words('default flexible_savings instant_access transaction.created transaction.updated'),
    ]),
  ],
]);

const yesOrNo = words('true false');
const metadataValues: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ...[
    'faster_payment',
    'hide_amount',
    'hide_transaction',
    'is_pot_to_pot_transfer',
    'is_reversal',
    'mastercard_partial_amount_supported',
  ].map((key) => [key, yesOrNo] as const),
  ['mastercard_approval_type', words('full')],
  ['tokenization_method', words('apple_pay google_pay')],
  ['trigger', words('coin_jar ifttt user')],
]);

/** What refusals say, word by word. */
export const refusalWords: ReadonlySet<string> = words(`
  A Access An Bad DELETE Field For Forbidden GET Insufficient Internal Invalid No Not PATCH POST PUT Rate The Time Too
  Token Unauthorized a access account account_id accounts an and are as at authenticate authenticated authorization
  authorized bad be before being by can cannot client code could current current_account_id days enabled error evicted
  expired failed field for forbidden found from funds handler has have header id in insufficient internal invalid is it
  limit limited many missing must no not of on or param parameter permissions ping pots range rate redirect refresh
  request required retry scope server service since source than that the this time timeout to token too transaction
  transactions unauthorised unauthorized unknown uri user valid verification was webhook webhooks whoami with within you
  your
`);

/** What Monzo's ids begin with: it says what is meant, not which one. */
export const idPrefixes: ReadonlySet<string> = words(`
  acc account anonuser bacsddinstr bacsrcd bacsddi card category entryset grp holddecision loan mcauthmsg mccard
  mcclearingmsg mclifecycle merch monzoflex monzoflexbackingloan oauth2client payment pot potdep potdeposit potwdr receipt
  rewardsoptin txr tx user webhook
`);

/** Of what kind the keys of an object are. */
export type KindOfMap = 'fields' | 'metadata' | 'categories' | 'foreign';

/** The kind of the object that stands under a key. What is inside of something foreign is foreign. */
export function kindUnder(key: string, outer: KindOfMap): KindOfMap {
  if (outer === 'metadata' || outer === 'foreign') return 'foreign';
  if (key === 'metadata' || key === 'categories') return key;
  return key === 'params' ? 'foreign' : 'fields';
}

const keysByKind: Readonly<Record<KindOfMap, ReadonlySet<string>>> = {
  fields,
  metadata: metadataFields,
  categories: monzoCategories,
  foreign: new Set(),
};

/** All names that may stay as keys somewhere. */
export const keysOfBank: ReadonlySet<string> = new Set(
  Object.values(keysByKind).flatMap((keys) => [...keys]),
);

/** Whether a key is the bank's. */
export function isKeyOfBank(key: string, kind: KindOfMap): boolean {
  return keysByKind[kind].has(key);
}

/** The parts of the names of fields: what a new field may have in common with those. A first name that is a word too is left out. */
export const partsOfFields: ReadonlySet<string> = new Set(
  [...fields].flatMap((field) => field.split('_')).filter((part) => !/^(?:bill|tab|in|at)$/.test(part)),
);

/** The known words of a new field; empty where it is not written as fields are. */
export function wordsOfNewField(key: string, kind: KindOfMap): ReadonlySet<string> {
  return kind === 'fields' && /^[a-z][a-z0-9]*(?:_[a-z0-9]+)+$/.test(key) ? partsOfFields : new Set();
}

/** All texts that may stay as values somewhere. */
export const valuesOfBank: ReadonlySet<string> = new Set(
  [...values.values(), ...metadataValues.values()].flatMap((texts) => [...texts]),
);

/** A type of account that is new, and made of words of banking alone. */
const newType = /^(?:uk|eu|us)(?:_[a-z]+){1,5}$/;

/** Whether a text is one of the bank's words, where it stands under this key. */
export function isWordOfBank(text: string, key: string, kind: KindOfMap): boolean {
  if (kind === 'metadata') return metadataValues.get(key)?.has(text) === true;
  if (kind !== 'fields') return false;
  const isNewType = key === 'type' && newType.test(text) && plainWords(text) === text;
  return isNewType || values.get(key)?.has(text) === true;
}

/** Maps of which some words stay as keys, for telling which. */
export const toldMaps: ReadonlySet<KindOfMap> = new Set(['categories']);

/** Objects whose times are those of what the bank did for the person: the time between them says something about the bank. */
const timedMaps = words('transactions transaction data pots');
const times = words('created updated settled locked_until');
const metadataTimes = words('ledger_committed_timestamp_earliest ledger_committed_timestamp_latest');

/** Whether a time keeps its distance from the others. Those of people, accounts and merchants are known elsewhere too. */
export function keepsDistance(key: string, map: string, kind: KindOfMap): boolean {
  return kind === 'metadata' ? metadataTimes.has(key) : timedMaps.has(map) && times.has(key);
}
