import { z } from 'zod';
import { bankDetails, type Account, type Pot } from '../domain/account.ts';
import type { SeenBalance, Sighting } from '../domain/sighting.ts';
import {
  currency,
  flag,
  id,
  instant,
  minor,
  optional,
  orNull,
  text,
  unsaid,
  type ReadFields,
  type RowKind,
} from './shape.ts';

/** The rows of accounts, pots and balances. */

const owner = z
  .object(
    { user_id: optional(text, ''), preferred_first_name: orNull(text), preferred_name: orNull(text) },
    'an object',
  )
  .transform(({ user_id, preferred_first_name, preferred_name }) => ({
    userId: user_id,
    firstName: preferred_first_name ?? preferred_name ?? '',
  }));

/** Of a row in a list only the id is essential: what was known before takes the place of what cannot be read. */
export const accountRow: RowKind<Sighting<Account>> = {
  where: 'account',
  essentials: ['id'],
  schema: z
    .object(
      {
        id,
        type: unsaid(text),
        currency: unsaid(currency),
        closed: unsaid(flag),
        created: unsaid(instant),
        owners: unsaid(z.array(owner, 'a list')),
        sort_code: orNull(text),
        account_number: orNull(text),
      },
      'an object',
    )
    .transform(({ sort_code, account_number, ...account }) =>
      withoutUnsaid({ ...account, bankDetails: bankDetails(sort_code, account_number) ?? undefined }),
    ),
};

/** The account is the one that was asked for; the row's own field is not read. */
export const potRow: RowKind<SeenPot> = {
  where: 'pot',
  essentials: ['id'],
  schema: z
    .object(
      {
        id,
        name: unsaid(text),
        type: unsaid(text),
        currency: unsaid(currency),
        balance: unsaid(minor),
        // A pot without a goal has no such field, or wants nothing.
        goal_amount: orNull(minor),
        locked: unsaid(flag),
        deleted: unsaid(flag),
        created: unsaid(instant),
      },
      'an object',
    )
    .transform(({ goal_amount, ...pot }) =>
      withoutUnsaid({ ...pot, goal: goal_amount === 0 ? null : goal_amount }),
    ),
};

/** A pot without its account, which is the one that was asked for. */
type SeenPot = Sighting<Omit<Pot, 'accountId'>>;

/** A pot as the answer to a transfer describes it. */
export type MovedPot = Sighting<Pot> & Pick<Pot, 'accountId' | 'balance'>;

type Said<Fields> = { [Key in keyof Fields]: Exclude<Fields[Key], undefined> };

/** Without the fields that the bank left out, or that could not be read. */
function withoutUnsaid<Fields extends object>(fields: Fields): Said<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Said<Fields>;
}

export const balanceRow: RowKind<Omit<SeenBalance, 'spendSince'>> = {
  where: 'balance',
  essentials: ['balance'],
  schema: z
    .object(
      {
        balance: minor,
        currency: unsaid(currency),
        total_balance: orNull(minor),
        spend_today: orNull(minor),
      },
      'an object',
    )
    .transform(({ total_balance, spend_today, ...balance }) =>
      withoutUnsaid({ ...balance, totalBalance: total_balance, spendToday: spend_today }),
    ),
};

/** Owners of whom only some could be read say nothing: names would change with them. */
export function accountOf({ row, lost }: ReadFields<Sighting<Account>>): Sighting<Account> {
  const { owners: _, ...others } = row;
  return lost.has('owners') ? others : row;
}

/** A goal that could not be read is not the same as none. */
export function potOf({ row, lost }: ReadFields<SeenPot>): SeenPot {
  const { goal: _, ...others } = row;
  return lost.has('goal_amount') ? others : row;
}
