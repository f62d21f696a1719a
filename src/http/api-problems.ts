import { writingRefusals } from '../refusals/refusal-sets.ts';
import { refusals, type RefusalCode } from '../refusals/refuse.ts';
import { patternsOf } from '../refusals/sentence.ts';
import type { Answer, Described, DescribedSchema, Operation } from './described.ts';

/** Which problem documents each operation of the API can answer with, by status, from the catalogue of refusals. */

const { STATUS_CODES } = process.getBuiltinModule('node:http');

type Codes = readonly RefusalCode[];

/** Of every request. */
const always: Codes = ['bad_request', 'wrong_host', 'internal', 'stopping'];

/** Of a request that only some may make. */
const guarded: Codes = [
  'unauthorised',
  'cross_origin',
  'administrators_only',
  'unknown_user',
  'too_many_attempts',
  'user_not_checked',
];

/** Of a request that may have a body, and may change something. */
const changing: Codes = ['too_large', 'unsupported_media_type', ...writingRefusals];

/** The answers that most operations have in common, by status and codes: their names. */
const usual: ReadonlyMap<string, string> = new Map(
  [
    { what: 'Change', codes: [...always, ...guarded, ...changing] },
    { what: 'Read', codes: [...always, ...guarded] },
  ].flatMap(({ what, codes }) =>
    [...byStatus(codes)].map(
      ([status, own]) =>
        [`${status} ${own.join()}`, `${status === 503 ? what : 'Refused'}${status}`] as const,
    ),
  ),
);

const reference = '#/components/schemas/Problem';

/** Adds the problems of each operation, and an example of each. */
export function addProblems(document: Described): void {
  const { components } = document;
  const examples: Record<string, { readonly summary: string; readonly value: unknown }> = {};
  const shared: Record<string, Answer> = {};
  for (const [method, operation] of operationsWithMethod(document)) {
    const { responses, security } = operation;
    const isOpen = security?.length === 0;
    const own = (operation['x-refusals'] ?? []) as Codes;
    delete operation['x-refusals'];
    const common = [...always, ...(isOpen ? [] : guarded), ...(method === 'get' ? [] : changing)];
    for (const [status, codes] of byStatus([...new Set([...common, ...own])])) {
      for (const code of codes) examples[code] ??= exampleOf(code);
      const name = usual.get(`${status} ${codes.join()}`);
      if (name !== undefined) shared[name] ??= problemAnswer(status, codes);
      responses[status] = name ? { $ref: `#/components/responses/${name}` } : problemAnswer(status, codes);
    }
    delete responses['default'];
  }
  components.responses = shared;
  components.examples = examples;
}

function* operationsWithMethod({ paths }: Described): Generator<readonly [method: string, Operation]> {
  for (const methods of Object.values(paths)) yield* Object.entries(methods);
}

function byStatus(codes: Codes): ReadonlyMap<number, Codes> {
  const grouped = Map.groupBy(codes, (code) => refusals.get(code)?.status ?? 500);
  return new Map([...grouped].filter(([status]) => status >= 400).toSorted(([one], [other]) => one - other));
}

function problemAnswer(status: number, codes: Codes): Answer {
  const schema: DescribedSchema = {
    allOf: [{ $ref: reference }, { properties: { code: { type: 'string', enum: codes } } }],
  };
  const examples = Object.fromEntries(
    codes.map((code) => [code, { $ref: `#/components/examples/${code}` }] as const),
  );
  return {
    description: `${STATUS_CODES[status] ?? 'Error'}: ${codes.map((code) => `\`${code}\``).join(', ')}.`,
    content: { 'application/problem+json': { schema, examples } },
  };
}

/** With … for what a sentence says of the single case. */
function exampleOf(code: RefusalCode) {
  const row = refusals.get(code);
  const status = row?.status ?? 500;
  return {
    summary: row?.help ?? code,
    value: {
      type: 'about:blank',
      title: STATUS_CODES[status] ?? 'Error',
      status,
      code,
      detail: (row ? patternsOf(row)[0] : undefined) ?? '',
    },
  };
}
