import type { AccountView, View } from '../domain/view.ts';
import { BridgeError } from '../errors.ts';

/**
 * The account that a person means by its Monzo id or its unique name, whatever the case of its letters. Throws
 * `unknown_account` with the names there are, and `ambiguous_account` with the ids to choose from.
 */
export function accountNamed({ accounts }: View, named: string): AccountView {
  const byId = accounts.find(({ id }) => id === named);
  if (byId) return byId;
  const wanted = named.trim().toLowerCase();
  const found = accounts.filter(({ name }) => name.toLowerCase() === wanted);
  const [only, second] = found;
  if (only && !second) return only;
  if (only) {
    const ids = found.map(({ id }) => id).join(', ');
    throw new BridgeError('ambiguous_account', `Several accounts are called so; give the id: ${ids}.`);
  }
  const names = accounts.map(({ name }) => name).join(', ');
  throw new BridgeError('unknown_account', `There is no such account. There are: ${names || 'none yet'}.`);
}
