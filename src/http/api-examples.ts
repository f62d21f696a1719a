import type { Described, DescribedSchema, Media, Operation } from './described.ts';

/** An example of every request and answer of the API, made of one value for each name. */

/** Adds the examples to the description. What is sent has what must be in it, or else its first member. */
export function addExamples(document: Described): void {
  for (const methods of Object.values(document.paths))
    for (const operation of Object.values(methods)) addTo(operation, document);
}

function addTo({ requestBody, parameters = [], responses }: Operation, document: Described): void {
  const { schemas } = document.components;
  const sent = requestBody?.content['application/json'];
  if (sent) sent.example = valueOf({ schemas, isSent: true }, sent.schema, '');
  for (const parameter of parameters)
    parameter.example ??= valueOf({ schemas, isSent: true }, parameter.schema, parameter.name);
  for (const [status, { content = {} }] of Object.entries(responses))
    for (const [type, media] of Object.entries(content)) {
      if (!isJson(type, media)) continue;
      const example = valueOf({ schemas, isSent: false }, media.schema, '');
      media.example = status === '202' ? unconfirmed(example) : example;
    }
}

/** The same answer where Monzo has not confirmed it. */
function unconfirmed(example: unknown): unknown {
  if (typeof example !== 'object' || example === null) return example;
  const sentence = 'Monzo has not confirmed this yet. Do not repeat it.';
  const open = { status: 'unknown', money_moved: 'unknown', transaction_id: null, sentence };
  const given = Object.entries(open).filter(([name]) => name in example);
  return { ...example, ...Object.fromEntries(given) };
}

function isJson(type: string, { schema }: Media): boolean {
  return type === 'application/json' && Object.keys(schema).length > 0;
}

const accountId = 'acc_00009YZ1aBcDeFgHiJkLmN';
const potId = 'pot_00009YZ2aBcDeFgHiJkLmN';
const transactionId = 'tx_00009YZ3aBcDeFgHiJkLmN';
const loginId = 'login_x7k2m9q4w1';
const at = '2026-03-01T12:30:00.000Z';

/** By the name of a member or parameter; `_minor` beside an amount follows from it. */
const values: Readonly<Record<string, unknown>> = {
  account: accountId,
  account_id: accountId,
  account_balance: 1_218.5,
  accounts: { [accountId]: { floor: { GBP: '200' } } },
  action: 'pot_transfer',
  amount: -3.5,
  approved_at: at,
  asked: { pot: potId, amount_minor: 2_500 },
  asks: 'Is a settled transaction shown with the time at which it settled?',
  at,
  authorize_url: 'https://auth.monzo.com/?client_id=oauth2client_00009YZ4aBcDeFgHiJkLmN',
  balance: 1_218.5,
  before: '2026-04-01',
  browser: 'Firefox on Windows',
  categories: { groceries: -3.5 },
  category: 'groceries',
  category_name: 'Groceries',
  client_id: 'oauth2client_00009YZ4aBcDeFgHiJkLmN',
  client_secret: 'mnzconf.your-secret',
  code: null,
  commands: ['monzo-bridge login reload alex'],
  created: at,
  currency: 'GBP',
  data: { id: transactionId, amount: -350 },
  day: '2026-03-01',
  decision: 'done',
  decimal_places: 2,
  description: 'CORNER SHOP LONDON GBR',
  door: 'http',
  developer_url: 'https://developers.monzo.com/',
  expected: 'text',
  event_id: `${transactionId}:created`,
  expires_about: '2026-05-30T12:30:00.000Z',
  first_seen: at,
  flow: 'spending',
  floor: { '*': '0' },
  goal: 1_000,
  got: 'null',
  held: 0,
  host: 'bridge.example.org',
  id: transactionId,
  ids: ['monzo_bridge_pot_00009YZ2aBcDeFgHiJkLmN'],
  image_url: 'https://example.org/bin.png',
  income: 0,
  key: 'groceries',
  last_at: at,
  last_seen: at,
  last_used: at,
  learnt: [],
  limit: 50,
  known_from: '2025-09-01',
  last_day: '2026-02-14',
  links: ['http://192.168.1.20:8099/#code=one-time-code'],
  local_amount: -3.5,
  local_currency: 'GBP',
  login: loginId,
  login_id: loginId,
  logins: [loginId],
  low_balance: { [accountId]: '100' },
  max: '100',
  merchant: 'Corner Shop',
  method: 'GET',
  min: '5',
  month_since: '2026-03-01T00:00:00.000Z',
  name: 'Corner Shop',
  month: '2026-03',
  net: 3.5,
  next: null,
  notes: 'Bread and milk',
  outcome: '200',
  part: 'mqtt',
  path: '/transactions',
  per_day: { '*': '300' },
  per_move: { '*': '100' },
  position: 'get balance 403 forbidden.insufficient_permissions',
  pot: potId,
  pot_balance: 475,
  pot_id: null,
  pot_name: null,
  pots: [potId],
  q: 'coffee',
  raw: { id: transactionId, amount: -350 },
  recording: '# A recording of what Monzo answers, anonymised',
  redirect_uri: 'http://127.0.0.1:8098/oauth/callback',
  refunded: 0,
  request_id: 'holiday-2026-03',
  scheme: 'mastercard',
  sentence: 'Monzo answers.',
  seq: 42,
  settings: [{ name: 'LOG_LEVEL', value: 'debug' }],
  since: '2026-03-01',
  spent: 3.5,
  time_zone: 'Europe/London',
  tag: 'work',
  tags: ['work'],
  title: 'The bins go out tonight',
  total_balance: 1_693.5,
  type: 'uk_retail',
  transaction_id: transactionId,
  transfer: 'transfer_x7k2m9q4w1',
  transfer_id: 'transfer_x7k2m9q4w1',
  updated: at,
  url: 'https://example.org/bins',
  usual: 4.2,
  usual_months: ['2026-02'],
  user_id: 'user_00009YZ5aBcDeFgHiJkLmN',
  version: '1.0.0',
  where: 'transaction',
  why: 'Home Assistant refused it.',
  yaml: 'monzo_refresh: …',
  versions: { bridge: '1.0.0' },
};

/** Where the same name means something else, by what it belongs to. */
const valuesIn: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  Account: { id: accountId, name: 'Current account', type: 'uk_retail', low_balance: false },
  AccountRead: { id: accountId, name: 'Current account', type: 'uk_retail', low_balance: false },
  AccountRails: { floor: { GBP: '200' } },
  Category: { id: 'groceries', name: 'Groceries', custom: false, named: false },
  CategoryName: { name: 'Allotment' },
  Link: { url: 'http://192.168.1.20:8099/#code=one-time-code' },
  Login: { id: loginId, name: 'Alex' },
  LoginChange: { name: 'Alex' },
  NewLogin: { name: 'Alex' },
  OptionalEntities: { low_balance: { [accountId]: '100' } },
  PageSession: { id: 'session_x7k2m9q4w1' },
  PastedAddress: { url: 'http://127.0.0.1:8098/oauth/callback?code=…&state=…' },
  Former: { kind: 'pot', id: potId, name: 'Holiday', closed: true },
  Pot: { id: potId, name: 'Holiday', balance: 475 },
  PotRead: { id: potId, name: 'Holiday', balance: 475 },
  DeletedDevices: { id: 'monzo_pot_00009YZ2aBcDeFgHiJkLmN', kind: 'pot', name: 'Holiday' },
  PotTransferAnswer: { amount: 25, sentence: 'Moved: 25.00 GBP into the pot.' },
  Redirect: { sentence: 'The bridge takes you back itself.' },
  PotTransferRequest: { amount: '25.00' },
  FittingTransaction: { amount: -25 },
  SignIn: { code: 'one-time-code' },
  Spending: { name: 'Groceries' },
  Transfer: { id: 'transfer_x7k2m9q4w1', amount: 25 },
  TransferDetail: { id: 'transfer_x7k2m9q4w1', amount: 25 },
  SummaryAnswer: { name: 'Alex' },
  Activity: { id: loginId, name: 'Alex' },
};

/** Also where they may be left out: an example without them would mislead. */
const advised: ReadonlySet<string> = new Set(['request_id']);

interface Making {
  readonly schemas: Readonly<Record<string, DescribedSchema>>;
  readonly isSent: boolean;
  /** The named schema that is being filled in. */
  readonly within?: string;
}

const prefix = '#/components/schemas/';

function valueOf(making: Making, schema: DescribedSchema, name: string): unknown {
  const { $ref, anyOf } = schema;
  const known = knownValue(making, name);
  if (known !== undefined && fits(known, making, schema)) return known;
  if ($ref !== undefined) {
    const within = $ref.slice(prefix.length);
    return valueOf({ ...making, within }, making.schemas[within] ?? {}, name);
  }
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (anyOf) return isOptionalText(anyOf) ? null : valueOf(making, anyOf[0] ?? {}, name);
  if (isOf(schema, 'object')) return objectOf(making, schema);
  if (isOf(schema, 'array')) return schema.items ? [valueOf(making, schema.items, name)] : [];
  return plainValueOf(schema);
}

function isOptionalText(anyOf: readonly DescribedSchema[]): boolean {
  return anyOf.some((one) => isOf(one, 'string')) && anyOf.some((one) => isOf(one, 'null'));
}

function plainValueOf(schema: DescribedSchema): unknown {
  if (isOf(schema, 'null')) return null;
  if (isOf(schema, 'boolean')) return false;
  if (isOf(schema, 'integer') || isOf(schema, 'number')) return Math.max(schema.minimum ?? 0, 1);
  return isOf(schema, 'string') ? 'text' : null;
}

function objectOf(making: Making, { properties, required = [], additionalProperties }: DescribedSchema) {
  if (properties === undefined)
    return typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0
      ? { bridge: valueOf(making, additionalProperties, '') }
      : {};
  const names = Object.keys(properties);
  const needed = names.filter((name) => required.includes(name) || (making.isSent && advised.has(name)));
  const shown = needed.length === 0 && making.isSent ? names.slice(0, 1) : needed;
  return Object.fromEntries(shown.map((name) => [name, valueOf(making, properties[name] ?? {}, name)]));
}

function knownValue({ within = '' }: Making, name: string): unknown {
  const own = valuesIn[within] ?? {};
  const find = (key: string) => (Object.hasOwn(own, key) ? own[key] : values[key]);
  const [, major] = /^(.*)_minor$/.exec(name) ?? [];
  const amount = major === undefined ? undefined : find(major);
  return typeof amount === 'number' ? Math.round(amount * 100) : find(name);
}

/** Whether a value is of the schema's kind: the same name can be an id here and a list there. */
function fits(value: unknown, making: Making, schema: DescribedSchema): boolean {
  if (schema.$ref !== undefined)
    return fits(value, making, making.schemas[schema.$ref.slice(prefix.length)] ?? {});
  if (schema.anyOf) return schema.anyOf.some((one) => fits(value, making, one));
  if (schema.enum) return schema.enum.includes(value);
  if (schema.type === undefined) return true;
  if (Array.isArray(value)) return isOf(schema, 'array') && fits(value[0], making, schema.items ?? {});
  if (value === null) return isOf(schema, 'null');
  if (typeof value === 'object') return isOf(schema, 'object') && schema.properties === undefined;
  return (
    isOf(schema, typeof value) ||
    (typeof value === 'number' && Number.isInteger(value) && isOf(schema, 'integer'))
  );
}

function isOf({ type }: DescribedSchema, wanted: string): boolean {
  return typeof type === 'string' ? type === wanted : (type ?? []).includes(wanted);
}
