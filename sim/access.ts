import type { Account, Grant, Model } from './model.ts';
import { insufficientPermissions, refusal } from './refusal.ts';

/** The caller's account with the id. Throws 403 for one not approved and for any other id, malformed ones included. */
export function ownAccount(model: Model, grant: Grant, id: string): Account {
  const account = model.accounts.get(id);
  if (!account?.ownerIds.includes(grant.userId)) throw insufficientPermissions();
  if (grant.approvedAccounts?.includes(id) === false) throw insufficientPermissions();
  return account;
}

/** Throws for what an account of an unknown type lacks, as the switch `oddAccount` has it. */
export function refuseOdd(model: Model, path: string, accountId: string): void {
  const [, part, status] = /^no_(\w+)_(\d+)$/.exec(model.switches.oddAccount) ?? [];
  if (model.accounts.get(accountId)?.type !== oddType || path !== `/${part}`) return;
  throw refusal(oddCodes[status ?? ''] ?? 'not_found', 'This account has none');
}

/** Stands for every type of which no recording exists. */
const oddType = 'uk_foreign_currency';
const oddCodes: Readonly<Record<string, string>> = {
  400: 'bad_request.bad_param.account_id',
  404: 'not_found',
  500: 'internal_service',
};

/** Every so many-th answer about one account is a refusal, where the switch says so. */
const refusedEvery = 7;

/** Throws 403 now and then for a part of an account, as the switch `accountRefusal` has it. */
export function refuseNowAndThen(model: Model, part: string): void {
  if (model.switches.accountRefusal === 'never') return;
  const count = (model.listsAnswered.get(part) ?? 0) + 1;
  model.listsAnswered.set(part, count);
  if (count % refusedEvery === 0) throw insufficientPermissions();
}
