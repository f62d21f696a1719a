import type { BridgeError, ErrorAnswers } from '../errors.ts';
import type { BankError } from '../monzo/transport.ts';
import { refuse, withDetails } from '../refusals/refuse.ts';

interface Rule {
  /** Behind the first word of Monzo's code, which only says which HTTP status it goes with. */
  readonly bankCode: RegExp;
  readonly refusal: (answers: ErrorAnswers) => BridgeError;
}

/**
 * What Monzo's refusals of a pot move mean. `insufficient_funds` and `bad_param` were seen in the wild. Monzo documents no
 * codes for locked, secured and deleted pots, so those are recognised by the word alone.
 */
const rules: readonly Rule[] = [
  { bankCode: /^insufficient_funds/, refusal: (answers) => refuse('insufficient_funds', {}, answers) },
  { bankCode: /locked/, refusal: (answers) => refuse('pot_locked', { by: 'monzo' }, answers) },
  { bankCode: /securi|secured/, refusal: (answers) => refuse('pot_secured', {}, answers) },
  { bankCode: /deleted|closed/, refusal: (answers) => refuse('pot_deleted', { by: 'monzo' }, answers) },
  {
    bankCode: /^bad_param\.(source|destination)_account_id/,
    refusal: (answers) => refuse('pot_account_mismatch', { by: 'monzo' }, answers),
  },
];

/**
 * What a caller is told when Monzo refused a pot move at its only send. An unknown code of Monzo's is told as it is;
 * the detail `bank_code` holds it in any case.
 */
export function moveRefusal(error: BankError): BridgeError {
  const { bankCode, retryable, needsPerson, fault } = error;
  const [, rest = ''] = /^\w+\.(.*)$/.exec(bankCode ?? '') ?? [];
  const details = { money_moved: 'no', ...error.details, bank_code: bankCode };
  const answers = { retryable, needsPerson, cause: error, details };
  const known = rules.find((rule) => rule.bankCode.test(rest));
  if (known) return known.refusal(answers);
  return fault === 'bad_request'
    ? refuse('bank_refused', { bankCode }, answers)
    : withDetails(error, details);
}
