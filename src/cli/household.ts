import { meantBy } from '../commands/targets.ts';
import {
  accountSchema,
  formerListSchema,
  potSchema,
  type AccountItem,
  type FormerItem,
  type PotItem,
} from '../contract/bank-data.ts';
import { listOf } from '../contract/elements.ts';
import { accountTypeName } from '../domain/account.ts';
import { loginSchema, type LoginItem } from '../contract/login-data.ts';
import { refuse } from '../refusals/refuse.ts';
import type { Client } from './api-client.ts';
import { CommandFailure } from './terminal.ts';

/** The accounts and pots of the bridge, so that people read and write names in place of ids. */
export interface Household {
  readonly accounts: readonly AccountItem[];
  readonly pots: readonly PotItem[];
  /** The name of an account or pot, and how it is where it is shown no more; the id of one that was never shown. */
  readonly nameOf: (id: string) => string;
  /**
   * The id behind an account's name or id; a name of what is shown no more counts where nothing else has it. Throws
   * `unknown_account`, `ambiguous_account`.
   */
  readonly accountId: (named: string) => string;
}

/** Why an account or pot is shown no more, for people to read. */
export function whyFormer({ closed }: Pick<FormerItem, 'closed'>): string {
  return closed ? 'closed' : 'no longer connected';
}

/** Asks for accounts and pots. Throws a CommandFailure. */
export async function householdOf(client: Client): Promise<Household> {
  const [{ items: accounts }, { items: pots }, { items: former }] = await Promise.all([
    client.json(listOf(accountSchema), { path: '/api/accounts' }),
    client.json(listOf(potSchema), { path: '/api/pots' }),
    client.json(formerListSchema, { path: '/api/former' }),
  ]);
  const names = new Map([
    ...former.map((one) => [one.id, `${one.name} (${whyFormer(one)})`] as const),
    ...[...accounts, ...pots].map(({ id, name }) => [id, name] as const),
  ]);
  return {
    accounts,
    pots,
    nameOf: (id) => names.get(id) ?? id,
    accountId: (named) => {
      const shown = accounts.map((account) => ({ ...account, plain: accountTypeName(account) }));
      const gone = former.filter(({ kind }) => kind === 'account');
      const meant = [meantBy(shown, named), meantBy(gone, named)].find(({ length }) => length > 0) ?? [];
      const [only, ...others] = meant;
      if (only && others.length === 0) return only.id;
      const choices = (only ? meant : shown).map(({ id, name }) => ({ id, name }));
      throw refuse(only ? 'ambiguous_account' : 'unknown_account', { choices });
    },
  };
}

const loginList = listOf(loginSchema);

export async function allLogins(client: Client): Promise<readonly LoginItem[]> {
  return (await client.json(loginList, { path: '/api/logins' })).items;
}

/** The login with this id or, if unique, this name, whatever its case and its emoji. Throws `unknown_login`, `ambiguous_login`. */
export async function loginNamed(client: Client, idOrName: string): Promise<LoginItem> {
  const logins = await allLogins(client);
  const meant = meantBy(logins, idOrName);
  const [only] = meant;
  if (only && meant.length === 1) return only;
  throw only
    ? new CommandFailure('ambiguous_login', `Several logins have the name ${idOrName}; use the id instead.`)
    : new CommandFailure('unknown_login', unknownLogin(idOrName, logins));
}

function unknownLogin(named: string, logins: readonly LoginItem[]): string {
  const names = logins.map(({ name }) => name).join(', ');
  return `There is no login ${named}. ${names === '' ? 'Connect one with: monzo-bridge login add' : `There are: ${names}.`}`;
}
