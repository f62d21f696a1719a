import { z } from 'zod';
import { recording } from '../limits.ts';
import { historyStates, loginStates, remedyNames, reminderDays } from '../domain/login.ts';
import { isWebAddress } from '../domain/values.ts';
import { inDigits, instant, listOf } from './elements.ts';

/** Logins, how a person is connected, and who is signed in to the page. */

const name = z.string().trim().min(1).max(64);
const secret = z.string().trim().min(1).max(1_024).regex(/^\S+$/, 'must not contain spaces');
const webAddress = z
  .string()
  .trim()
  .max(2_048)
  .refine(
    (text) => isWebAddress(text) && !text.includes('#'),
    'must be an address that starts with http:// or https://, without #',
  );

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
    due: z.boolean().describe(`whether it is time to renew it: ${reminderDays} days before it lapses`),
  }),
  learnt: z
    .array(z.string())
    .describe('what Monzo was seen to do for this login and does not promise, a sentence each'),
  history: z.object({
    state: z.enum(historyStates),
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
    'must hold a name or a client_secret',
  );

export const pastedAddressSchema = z.strictObject({ url: z.string().trim().min(1).max(8_192) });
export const removalSchema = z.strictObject({
  keep_history: z
    .enum(['true', 'false'])
    .default('false')
    .describe('whether to keep the transactions that only this login could see'),
});

export const authorisationSchema = z.object({
  id: z.string(),
  authorize_url: z.string(),
  redirect_uri: z.string(),
});

export const signInSchema = z
  .strictObject({
    code: z.string().trim().min(1).max(256).optional().describe('from the one-time link, after #code='),
    token: z.string().trim().min(1).max(1_024).optional().describe('the admin token'),
  })
  .refine(
    ({ code, token }) => (code === undefined) !== (token === undefined),
    'must hold either a code or a token',
  );

export const sessionSchema = z.object({
  signed_in: z.boolean(),
  how: z.enum(['session', 'token', 'ingress']).nullable(),
});

export const pageSessionSchema = z.object({
  id: z.string(),
  browser: z.string().describe('as it names itself, in short, such as "Firefox on Windows"'),
  created: instant,
  last_used: instant,
  current: z.boolean().describe('whether it is the one that asks'),
});

export const pageSessionsSchema = listOf(pageSessionSchema);

export const linkSchema = z.object({
  url: z
    .string()
    .describe('signs one browser in, once, within ten minutes: the best address that is complete'),
  links: z
    .array(z.string())
    .describe(
      'the same at every address of the page, the best first; `<this machine>` stands for what is not known',
    ),
  qr: z
    .string()
    .nullable()
    .describe('the link that another device in the home can open; null where none is known'),
  advice: z.string().nullable().describe('what a person should know or do about these addresses'),
});

export const recordingQuerySchema = z.strictObject({
  days: inDigits(z.number().int().min(1).max(recording.mostDays))
    .default(recording.days)
    .describe('how many days of transactions'),
});

export const recordingSchema = z.object({
  recording: z.string().describe('a YAML file; a person reads it before it is shared'),
  answers: z.int().describe('how many answers of Monzo are in it'),
  complete: z.boolean().describe('whether Monzo answered until everything was asked for'),
});

export const redirectSchema = z.object({
  kind: z.enum(['home_assistant', 'own_callback', 'my_home_assistant']),
  redirect_uri: z.string().describe('the address to register with the OAuth client'),
  paste_back: z.boolean().describe('whether the person has to paste the address on the bridge’s page'),
  sentence: z.string(),
});

export const setupSchema = z.object({
  redirects: z.array(redirectSchema).describe('those that can work for this browser, the best first'),
  developer_url: z.string(),
  time_zone: z.string().describe('the time zone of days and months'),
});

export const loginListSchema = listOf(loginSchema);

export type LoginItem = z.output<typeof loginSchema>;
export type SignInItem = z.output<typeof signInSchema>;
export type SetupItem = z.output<typeof setupSchema>;
export type PageSessionItem = z.output<typeof pageSessionSchema>;
export type LinkItem = z.output<typeof linkSchema>;
export type SessionItem = z.output<typeof sessionSchema>;
export type AuthorisationItem = z.output<typeof authorisationSchema>;
export type NewLogin = z.input<typeof newLoginSchema>;
export type LoginPatch = z.input<typeof loginPatchSchema>;
export type RedirectItem = z.output<typeof redirectSchema>;
