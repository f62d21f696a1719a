import { z } from 'zod';
import type { Account, Balance, Pot } from '../domain/bank.ts';
import type { RowKind } from './rows.ts';
import { currency, flag, id, instant, minor, optional, orNull, text } from './shape.ts';
import type { Instant } from '../domain/values.ts';

/** A webhook as the bank has it registered. */
export interface Webhook {
  readonly id: string;
  readonly accountId: string;
  readonly url: string;
}

/** A pair of OAuth tokens. Without a refresh token the client is not confidential and the login ends by itself. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  readonly expiresAt: Instant;
  /** Empty where a renewal did not name the person. */
  readonly userId: string;
  readonly clientId: string | null;
  readonly scope: string | null;
}

export interface Whoami {
  readonly authenticated: boolean;
  readonly userId: string | null;
  readonly clientId: string | null;
}

const kind = z.string('text').min(1, 'text');

/** Until the bank says otherwise a currency is sterling: its oldest accounts name none. */
const currencyOrSterling = optional(currency, 'GBP');

const owner = z
  .object(
    { user_id: optional(text, ''), preferred_first_name: orNull(text), preferred_name: orNull(text) },
    'an object',
  )
  .transform(({ user_id, preferred_first_name, preferred_name }) => ({
    userId: user_id,
    firstName: preferred_first_name ?? preferred_name ?? '',
  }));

export const accountRow: RowKind<Account> = {
  where: 'account',
  essentials: ['id', 'type'],
  schema: z.object(
    {
      id,
      type: kind,
      currency: currencyOrSterling,
      closed: optional(flag, false),
      created: optional(instant, 0),
      owners: optional(z.array(owner, 'a list'), []),
    },
    'an object',
  ),
};

/** The account is the one that was asked with; the row's own word is not read. */
export const potRow: RowKind<Omit<Pot, 'accountId'>> = {
  where: 'pot',
  essentials: ['id', 'balance'],
  schema: z
    .object(
      {
        id,
        name: optional(text, ''),
        type: optional(text, 'default'),
        currency: currencyOrSterling,
        balance: minor,
        goal_amount: orNull(minor),
        locked: optional(flag, false),
        deleted: optional(flag, false),
        created: optional(instant, 0),
      },
      'an object',
    )
    .transform(({ goal_amount, ...pot }) => ({ ...pot, goal: goal_amount })),
};

export const balanceRow: RowKind<Omit<Balance, 'spendSince'>> = {
  where: 'balance',
  essentials: ['balance', 'currency'],
  schema: z
    .object(
      { balance: minor, currency, total_balance: orNull(minor), spend_today: optional(minor, 0) },
      'an object',
    )
    .transform(({ total_balance, spend_today, ...balance }) => ({
      ...balance,
      totalBalance: total_balance,
      spendToday: spend_today,
    })),
};

export const webhookRow: RowKind<Webhook> = {
  where: 'webhook',
  essentials: ['id', 'account_id', 'url'],
  schema: z
    .object({ id, account_id: id, url: text }, 'an object')
    .transform(({ account_id, ...webhook }) => ({ ...webhook, accountId: account_id })),
};

/** Goes into a header, so it may hold nothing that ends one. */
const secret = z.string('a token').regex(/^[\u{21}-\u{7e}]{1,16384}$/u, 'a token');
const seconds = z.custom<number>(
  (value) => Number.isSafeInteger(value) && Number(value) > 0,
  'a number of seconds',
);

/** Where the bank does not say how long a token lives: short, so that it is renewed soon. */
const unknownLifetime = 3_600;
const longestLifetime = 400 * 24 * 3_600;

/** A renewal that was read too strictly would lose the login, for the old pair is already dead. */
export const tokenRow: RowKind<Omit<Tokens, 'expiresAt'> & { readonly lifetime: number }> = {
  where: 'token',
  essentials: ['access_token'],
  schema: z
    .object(
      {
        access_token: secret,
        refresh_token: orNull(secret),
        expires_in: optional(seconds, unknownLifetime),
        user_id: optional(text, ''),
        client_id: orNull(text),
        scope: orNull(text),
      },
      'an object',
    )
    .transform((row) => ({
      accessToken: row.access_token,
      refreshToken: row.refresh_token,
      lifetime: Math.min(row.expires_in, longestLifetime) * 1_000,
      userId: row.user_id,
      clientId: row.client_id,
      scope: row.scope,
    })),
};

export const whoamiRow: RowKind<Whoami> = {
  where: 'token',
  essentials: ['authenticated'],
  schema: z
    .object({ authenticated: flag, user_id: orNull(text), client_id: orNull(text) }, 'an object')
    .transform((row) => ({
      authenticated: row.authenticated,
      userId: row.user_id,
      clientId: row.client_id,
    })),
};
