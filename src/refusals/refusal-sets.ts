import { monzo, passing } from './bank-refusals.ts';
import { pots, rails, targets } from './command-refusals.ts';
import type { RefusalCode } from './refuse.ts';
import type { RefusalGroup } from './sentence.ts';

/** What can be refused together: each set belongs to one thing that a request or a command may need. */

type Codes = readonly RefusalCode[];

/** An account that is named. */
export const accountRefusals: Codes = [
  'unknown_account',
  'ambiguous_account',
  'account_closed',
  'home_assistant_away',
];

/** A pot that is named. */
export const potRefusals: Codes = ['unknown_pot', 'ambiguous_pot', 'pot_deleted', 'home_assistant_away'];

/** A category that is named. */
export const categoryRefusals: Codes = ['unknown_category', 'ambiguous_category'];

/** A question to the ledger. */
export const readingRefusals: Codes = ['busy', 'reading_failed'];

/** Something that is written. */
export const writingRefusals: Codes = ['disk_full', 'disk_read_only', 'database_busy'];

/** The tokens of a login, and what renews them. */
const tokenRefusals: Codes = [
  'no_tokens',
  'no_refresh_token',
  'renewal_interrupted',
  'sign_in_interrupted',
  'vault_unreadable',
  'tokens_unreadable',
  'client_secret_unreadable',
];

/** A call to the bank. */
export const bankRefusals: Codes = [...tokenRefusals, ...codesIn(monzo), ...codesIn(passing)];

/** A move of money. */
export const moveRefusals: Codes = [
  ...codesIn(targets),
  ...codesIn(pots),
  ...codesIn(rails),
  'unknown_event',
  'request_id_reused',
  'not_at_bank',
  'decided',
  ...bankRefusals,
];

function codesIn<Group extends RefusalGroup>(group: Group) {
  return Object.keys(group) as Extract<keyof Group, RefusalCode>[];
}
