import { BankError } from '../monzo/transport.ts';

/** Whether the bank answered 403: of one account that says little, of the list of accounts that access is lost. */
export function isForbidden(thrown: unknown): boolean {
  if (!(thrown instanceof BankError)) return false;
  return thrown.fault === 'no_permission' || thrown.fault === 'verification_required';
}
