import { z } from 'zod';
import { loginStates, remedyNames } from '../domain/login.ts';
import { transactionKinds } from '../domain/transaction.ts';
import { isWebAddress } from '../domain/web-address.ts';

/** The shapes of the private API; what callers send is checked by them, and the OpenAPI document is made of them. */

export const instant = z.string().describe('RFC 3339, UTC');
export const major = z.number().describe('in major units, such as pounds');
export const minor = z.int().describe('in minor units, such as pence');
const name = z.string().trim().min(1).max(64);
const secret = z.string().trim().min(1).max(1_024).regex(/^\S+$/, 'no spaces allowed');
const webAddress = z
  .string()
  .trim()
  .max(2_048)
  .refine(
    (text) => isWebAddress(text) && !text.includes('#'),
    'expected an address that starts with http:// or https://, without #',
  );

/** Lists are `{"items":[…],"next":cursor|null}`. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}

export const problemSchema = z.looseObject({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  code: z.string().describe('stable, for programs'),
  detail: z.string().describe('a sentence, for people'),
});

export const loginSchema = z.object({
  id: z.string(),
  name: z.string(),
  user_id: z.string().nullable(),
  state: z.enum(loginStates),
  needs: z.string().nullable().describe('what a person has to do now'),
  fault: z.string().nullable().describe('what went wrong, for programs; null while nothing has'),
  remedy: z.enum(remedyNames).nullable().describe('what helps, for programs'),
  redirect_uri: z.string(),
  created: instant,
  last_success: instant.nullable(),
  webhooks: z.object({ wanted: z.int(), actual: z.int() }),
  consent: z.object({
    approved_at: instant.nullable(),
    expires_about: instant.nullable(),
    due: z.boolean().describe('whether it is time to renew it, ten days before it lapses'),
  }),
  history: z.object({
    state: z.enum(['not_started', 'running', 'complete', 'partial']),
    read: z.int(),
    missing: z.string().nullable(),
  }),
});

export const newLoginSchema = z.strictObject({
  name,
  client_id: secret,
  client_secret: secret,
  redirect_uri: webAddress.optional(),
});

export const loginPatchSchema = z
  .strictObject({ name: name.optional(), client_secret: secret.optional() })
  .refine(
    (patch) => patch.name !== undefined || patch.client_secret !== undefined,
    'give a name or a client_secret',
  );

export const pastedAddressSchema = z.strictObject({ url: z.string().trim().min(1).max(8_192) });
export const removalSchema = z.strictObject({ keep_history: z.enum(['true', 'false']).default('false') });
export const idSchema = z.object({ id: z.string().max(128) });

export const authorisationSchema = z.object({
  id: z.string(),
  authorize_url: z.string(),
  redirect_uri: z.string(),
});

export const signInSchema = z
  .strictObject({
    code: z.string().trim().min(1).max(256).optional().describe('from the one-time link, behind #code='),
    token: z.string().trim().min(1).max(1_024).optional().describe('the admin token'),
  })
  .refine(({ code, token }) => (code === undefined) !== (token === undefined), 'give a code or a token');

export const sessionSchema = z.object({
  signed_in: z.boolean(),
  how: z.enum(['session', 'token', 'ingress']).nullable(),
});

export const linkSchema = z.object({
  url: z.string().describe('signs one browser in, once, within ten minutes'),
});

const redirectSchema = z.object({
  kind: z.enum(['home_assistant', 'own_callback', 'my_home_assistant']),
  redirect_uri: z.string().describe('the line to register with the OAuth client'),
  paste_back: z.boolean().describe('whether the person has to bring the address back'),
  sentence: z.string(),
});

export const setupSchema = z.object({
  redirects: z.array(redirectSchema).describe('what can work for this browser, the best first'),
  developer_url: z.string(),
  time_zone: z.string().describe('in which days and months are counted'),
});

export const accountSchema = z.object({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  currency: z.string(),
  balance: major.nullable(),
  balance_minor: minor.nullable(),
  total_balance: major.nullable(),
  total_balance_minor: minor.nullable(),
  spent_today: major.nullable(),
  spent_today_minor: minor.nullable(),
  spent_since: instant.nullable(),
  available: z.boolean(),
  logins: z.array(z.string()),
});

export const potSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  name: z.string(),
  currency: z.string(),
  balance: major,
  balance_minor: minor,
  goal: major.nullable(),
  goal_minor: minor.nullable(),
  locked: z.boolean(),
  available: z.boolean(),
});

export const limit = (fallback: number) => z.coerce.number().int().min(1).max(500).default(fallback);
export const verbatim = z.record(z.string(), z.unknown());

const place = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const eventQuerySchema = z
  .strictObject({
    after: place
      .optional()
      .describe('only what is behind this place, the oldest first; left out, from the beginning'),
    before: place.optional().describe('instead: only what is before this place, the newest first'),
    limit: limit(100),
  })
  .refine(
    ({ after, before }) => after === undefined || before === undefined,
    'expected after or before, not both',
  );

const bankEventSchema = z.object({
  seq: z.int(),
  event_id: z.string(),
  type: z.enum(['transaction.created', 'transaction.settled', 'transaction.amended', 'transaction.reversed']),
  kind: z.enum(transactionKinds),
  account_id: z.string(),
  transaction_id: z.string(),
  at: instant,
  recovered: z.boolean(),
  delay_s: z.number(),
  amount: major,
  amount_minor: minor,
  currency: z.string(),
  merchant: z.string().nullable(),
  description: z.string(),
  category: z.string(),
  balance: major.nullable(),
  balance_minor: minor.nullable(),
  total_balance: major.nullable(),
  total_balance_minor: minor.nullable(),
  data: verbatim.describe("Monzo's object as it was then, to the letter"),
});

const transferEventSchema = z.object({
  seq: z.int(),
  event_id: z.string(),
  type: z.enum(['transfer_completed', 'transfer_failed']),
  account_id: z.string(),
  at: instant,
  transfer_id: z.string(),
  request_id: z.string().nullable(),
  money_moved: z.enum(['yes', 'no']),
});

export const eventSchema = z.union([bankEventSchema, transferEventSchema]);

export const healthState = z.enum(['ok', 'degraded', 'needs_user', 'down']);

export const verdictSchema = z.object({ state: healthState });
export const healthSchema = verdictSchema.extend({
  version: z.string(),
  parts: z.array(z.object({ part: z.string(), state: healthState, sentence: z.string().nullable() })),
});

const counted = z.int();
const known = z.string().describe('stands for a login, account or pot; the same one every time');

export const callSchema = z.object({
  method: z.string(),
  path: z.string().describe('without ids'),
  outcome: z.string().describe('the status, or what went wrong'),
  count: counted,
});

export const diagnosticsSchema = z.object({
  created: instant,
  versions: z.record(z.string(), z.string()),
  settings: z
    .array(z.object({ name: z.string(), value: z.union([z.string(), z.number(), z.boolean()]).nullable() }))
    .describe('those that are set; without the value where that could say something about you'),
  logins: z.array(
    z.object({
      login: known,
      state: loginSchema.shape.state,
      needs_person: z.boolean(),
      approved_days_ago: z.int().nullable(),
      last_success: instant.nullable(),
      history: loginSchema.shape.history.shape.state,
      calls: z.object({ total: counted, last_hour: counted, last_day: counted }),
      bank: z.enum(['closed', 'half_open', 'open']).describe('the breaker of its calls'),
    }),
  ),
  accounts: z.array(
    z.object({ account: known, type: z.string(), available: z.boolean(), logins: z.array(known) }),
  ),
  counts: z.object({
    accounts: counted,
    pots: counted,
    transactions: counted.nullable().describe('null where the ledger could not be read'),
    last_event: counted,
  }),
  sinks: z.array(
    z.object({
      name: z.string(),
      cursor: counted,
      undelivered: counted,
      unproven: counted,
      parked_count: counted,
    }),
  ),
  health: z.array(z.object({ part: z.string(), state: healthState })),
  shapes: z.array(
    z.object({
      where: z.string(),
      path: z.string(),
      expected: z.string(),
      got: z.string(),
      count: counted,
      first_seen: instant,
      last_seen: instant,
    }),
  ),
  calls: z.array(callSchema),
  doorbells: z.object({ rings: counted, awaited: counted, unconfirmed: counted }),
});

export type SignInItem = z.output<typeof signInSchema>;
export type RedirectItem = z.output<typeof redirectSchema>;
export type DiagnosticsItem = z.output<typeof diagnosticsSchema>;
export type LoginItem = z.output<typeof loginSchema>;
export type AccountItem = z.output<typeof accountSchema>;
export type PotItem = z.output<typeof potSchema>;
export type EventItem = z.output<typeof eventSchema>;
export type HealthItem = z.output<typeof healthSchema>;

export const commandNameSchema = z.object({ name: z.string().regex(/^[a-z_]{1,40}$/) });
export const commandBodySchema = z
  .unknown()
  .describe('an object with the arguments of the command, or nothing where it needs none');
export const commandAnswerSchema = z.looseObject({ status: z.enum(['done', 'unknown']) });
