import type { Account, Grant, Model } from './model.ts';
import { insufficientPermissions } from './refusal.ts';

/** The caller's account with the id. Throws 403 for one not approved and for any other id, malformed ones included. */
export function ownAccount(model: Model, grant: Grant, id: string): Account {
  const account = model.accounts.get(id);
  if (!account?.ownerIds.includes(grant.userId)) throw insufficientPermissions();
  if (grant.approvedAccounts?.includes(id) === false) throw insufficientPermissions();
  return account;
}

/** Every so many-th answer about one account is a refusal, where the switch says so. */
const refusedEvery = 7;

/** Throws 403 now and then for a part of an account, as the switch `accountRefusal` has it. */
export function refuseNowAndThen(model: Model, part: string): void {
  if (model.switches.accountRefusal === 'never') return;
  const count = (model.listsAnswered.get(part) ?? 0) + 1;
  model.listsAnswered.set(part, count);
  if (count % refusedEvery === 0) throw insufficientPermissions();
}
