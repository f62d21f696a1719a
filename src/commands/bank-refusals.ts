import { BridgeError } from '../errors.ts';
import type { BankError } from '../monzo/transport.ts';

interface Rule {
  /** Behind the first word of Monzo's code, which only says which HTTP status it goes with. */
  readonly bankCode: RegExp;
  readonly code: string;
  readonly sentence: string;
}

/**
 * What Monzo's refusals of a pot move mean. `insufficient_funds` and `bad_param` were seen in the wild; what it says of
 * locked, secured and deleted pots nobody has published, so those are recognised by the word alone.
 */
const rules: readonly Rule[] = [
  {
    bankCode: /^insufficient_funds/,
    code: 'insufficient_funds',
    sentence:
      'Monzo refused because there is not enough money where it was to come from; try a smaller amount.',
  },
  {
    bankCode: /locked/,
    code: 'pot_locked',
    sentence: 'Monzo refused because the pot is locked; unlock it in the Monzo app, then ask again.',
  },
  {
    bankCode: /securi|secured/,
    code: 'pot_secured',
    sentence:
      'Monzo refused because the pot has added security, which only the Monzo app can pass; move the money there, or take the security off.',
  },
  {
    bankCode: /deleted|closed/,
    code: 'pot_deleted',
    sentence:
      'Monzo refused because the pot or the account does not exist any more; refresh and choose another.',
  },
  {
    bankCode: /^bad_param\.(source|destination)_account_id/,
    code: 'pot_account_mismatch',
    sentence: 'Monzo refused because the pot belongs to another account; refresh, and leave the account out.',
  },
];

/**
 * What a caller is told when Monzo refused a pot move at its only send. A code of Monzo's that nobody knows is told as
 * it is; `bank_code` says it in any case.
 */
export function moveRefusal(error: BankError): BridgeError {
  const [, rest = ''] = /^\w+\.(.*)$/.exec(error.bankCode ?? '') ?? [];
  const known = rules.find(({ bankCode }) => bankCode.test(rest)) ?? unlisted(error);
  return new BridgeError(known.code, `${known.sentence} Nothing was moved.`, {
    retryable: error.retryable,
    needsPerson: error.needsPerson,
    cause: error,
    details: { ...error.details, bank_code: error.bankCode },
  });
}

function unlisted({ fault, message, bankCode }: BankError): Pick<Rule, 'code' | 'sentence'> {
  if (fault !== 'bad_request') return { code: fault, sentence: message };
  const sentence = `Monzo refused the move (${bankCode ?? 'without a code'}); look at the pot and the account in the Monzo app.`;
  return { code: 'bank_refused', sentence };
}
