import type { Model, Transaction } from './model.ts';
import type { Switches } from './switches.ts';

type View = Pick<Transaction, 'category' | 'notes' | 'metadata'>;

/** What the second owner of a joint account sees of a row that the first one has put in order. */
const secondOwners: Readonly<Record<Switches['ownersView'], (row: Transaction) => View>> = {
  same: (row) => row,
  own_categories: (row) => ({ ...row, category: 'family' }),
  own_categories_and_notes: ({ metadata: { notes: _notes, ...metadata } }) => ({
    category: 'family',
    notes: '',
    metadata,
  }),
};

/** Category and notes of a row as a person sees them; nobody's own where no person asks. Remembers which rows differ. */
export function viewOf(model: Model, row: Transaction, userId: string | undefined): View {
  const owners = model.accounts.get(row.accountId)?.ownerIds ?? [];
  if (userId === undefined || owners.length < 2) return row;
  const secondOwner = secondOwners[model.switches.ownersView];
  const view = owners.indexOf(userId) > 0 ? secondOwner(row) : row;
  if (view !== row) model.seenDifferently.add(row.id);
  return view;
}
