import type { Transaction } from '../api/ledger.ts';
import type { Page } from '../page.ts';
import { nameIn } from '../store.ts';
import { bank } from '../texts/bank.ts';

/** The title of a row. Monzo describes a pot move by the pot's id, which says nothing where the pot was never seen. */
export function titleOf(page: Page, item: Transaction): string {
  if (item.pot_id === null || !item.kind.startsWith('pot_')) return nameOf(item);
  return potName(page, item) ?? (item.name === item.pot_id ? bank.kinds[item.kind] : nameOf(item));
}

/** A few rows have no name at all. */
export function nameOf({ name, kind }: Pick<Transaction, 'name' | 'kind'>): string {
  return name.trim() === '' ? bank.kinds[kind] : name;
}

/** The name that a pot has, or had. */
export function potName(
  { knowledge }: Page,
  { pot_id: potId, pot_name: kept }: Pick<Transaction, 'pot_id' | 'pot_name'>,
): string | null {
  return nameIn(knowledge, potId) ?? kept;
}
