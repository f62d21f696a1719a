import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createWorld, type World } from '../support/world.ts';
import { describedApi } from '../support/described-problems.ts';
import type { Schema } from '../attacks/fuzz/fuzzer.ts';

interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path';
  readonly required?: boolean;
  readonly schema: Schema;
  readonly example?: string | number;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema; readonly example?: unknown }>>;
  };
}

interface Mistake {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  /** What the sentence names. */
  readonly field: string;
}

const { paths, components } = describedApi() as unknown as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

function resolved(schema: Schema): Schema {
  const { $ref } = schema;
  return $ref === undefined ? schema : (components.schemas[$ref.replace('#/components/schemas/', '')] ?? {});
}

/** Values that a parameter does not take, as an address has them. */
function wrongTexts(
  schema: Schema & { readonly maxLength?: number; readonly pattern?: string },
): readonly string[] {
  const { type, minimum, maximum, maxLength, pattern, enum: choices } = resolved(schema) as typeof schema;
  return [
    ...(type === 'integer' ? ['abc', '1.5', '', '1e1', '0x1', ' 1'] : []),
    ...(minimum === undefined ? [] : [String(minimum - 1)]),
    ...(maximum === undefined ? [] : [String(maximum + 1)]),
    ...(maxLength === undefined || maxLength > 1_000 ? [] : ['x'.repeat(maxLength + 1)]),
    ...(pattern === undefined && choices === undefined ? [] : ['!']),
  ];
}

/** Values that a member of a body does not take. */
function wrongValues(schema: Schema & { readonly maxLength?: number; readonly minLength?: number }) {
  const { type, maxLength, minLength, enum: choices, minimum, maximum } = resolved(schema) as typeof schema;
  if (type === undefined) return [];
  return [
    type === 'object' ? 7 : { no: 'such' },
    ...(type === 'array' ? [[7]] : []),
    ...(maxLength === undefined ? [] : ['x'.repeat(maxLength + 1)]),
    ...(minLength === undefined ? [] : ['']),
    ...(choices === undefined ? [] : ['nonsense']),
    ...(minimum === undefined ? [] : [minimum - 1]),
    ...(maximum === undefined ? [] : [maximum + 1]),
  ];
}

/** The path with an example in the place of each of its parameters but one. */
function filled(
  path: string,
  parameters: readonly Parameter[],
  other?: readonly [name: string, value: string],
) {
  return path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    if (other?.[0] === name) return encodeURIComponent(other[1]);
    return String(parameters.find((one) => one.name === name)?.example ?? 'x');
  });
}

function queryMistakes(
  path: string,
  method: string,
  { parameters = [], requestBody }: Operation,
): readonly Mistake[] {
  const inQuery = parameters.filter((one) => one.in === 'query');
  const required = inQuery.filter((one) => one.required === true);
  const address = (pairs: readonly (readonly [string, string])[]) =>
    `${filled(path, parameters)}?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`;
  const right = required.map(({ name, example }) => [name, String(example)] as const);
  const beside = (name: string) => right.filter(([other]) => other !== name);
  return [
    ...inQuery.flatMap(({ name, schema, example = 'x' }) => [
      ...wrongTexts(schema).map((wrong) => ({
        path: address([...beside(name), [name, wrong]]),
        field: name,
      })),
      {
        path: address([...beside(name), [name, String(example)], [name, String(example)]]),
        field: `${name} in the query must be given once`,
      },
    ]),
    ...required.map(({ name }) => ({
      path: address(beside(name)),
      field: `${name} in the query is missing`,
    })),
    ...(path.startsWith('/api/') ? [{ path: address([...right, ['no_such', '1']]), field: 'no_such' }] : []),
  ].map((mistake) => ({ ...mistake, method, body: requestBody?.content['application/json']?.example }));
}

function pathMistakes(path: string, method: string, parameters: readonly Parameter[]): readonly Mistake[] {
  return parameters
    .filter((one) => one.in === 'path')
    .flatMap(({ name, schema }) =>
      wrongTexts(schema).map((wrong) => ({
        method,
        path: filled(path, parameters, [name, wrong]),
        field: `${name} in the path`,
      })),
    );
}

function bodyMistakes(
  path: string,
  method: string,
  { parameters = [], requestBody }: Operation,
): readonly Mistake[] {
  const media = requestBody?.content['application/json'];
  if (media === undefined) return [];
  const { properties = {}, required = [] } = resolved(media.schema);
  // What an amount must be depends on the pot's currency, so the pot is looked up first.
  const checked = (name: string) => name !== 'amount';
  const right = (media.example ?? {}) as Readonly<Record<string, unknown>>;
  const without = (name: string) =>
    Object.fromEntries(Object.entries(right).filter(([other]) => other !== name));
  return [
    ...Object.entries(properties).flatMap(([name, schema]) =>
      (checked(name) ? wrongValues(schema) : []).map((wrong) => ({
        body: { ...right, [name]: wrong },
        field: name,
      })),
    ),
    ...required.map((name) => ({
      body: without(name),
      field: `${name}${isCommand(path) ? '' : ' in the body'} is missing`,
    })),
    { body: { ...right, no_such: 1 }, field: 'no_such' },
    { body: [right], field: 'must be a JSON object' },
  ].map((mistake) => ({ ...mistake, method, path: filled(path, parameters) }));
}

function isCommand(path: string): boolean {
  return path.startsWith('/api/commands/');
}

/** Words of the schema library, and of our own where it knew nothing better. */
const unhelpful = /Invalid|Expected|received|of the form that|of the type|undefined|NaN|\^|\\d/;

describe('a mistake in a request', () => {
  let world: World;
  before(async () => {
    world = await createWorld();
    await world.connect('alex');
  });
  after(() => world[Symbol.asyncDispose]());

  for (const [path, operations] of Object.entries(paths))
    for (const [method, operation] of Object.entries(operations))
      it(`${method} ${path} is named with its field and what would be right`, async () => {
        const { parameters = [] } = operation;
        const mistakes = [
          ...queryMistakes(path, method, operation),
          ...pathMistakes(path, method, parameters),
          ...bodyMistakes(path, method, operation),
        ];
        for (const { path: asked, body, field } of mistakes) {
          const headers = { 'content-type': 'application/json' };
          const sent = body === undefined ? {} : { headers, body: JSON.stringify(body) };
          const answer = await world.api(asked, { method: method.toUpperCase(), ...sent });
          const { code, detail } = (await answer.json()) as {
            readonly code?: string;
            readonly detail?: string;
          };
          const what = `${method} ${asked.slice(0, 120)} ${JSON.stringify(body)?.slice(0, 200)}: ${detail}`;
          assert.deepEqual([answer.status, code], [400, 'bad_request'], what);
          assert.ok(detail?.includes(field), what);
          assert.match(detail ?? '', /must|is missing/, what);
          const sentences = (detail ?? '').match(/[^.]+\.(?= |$)/g) ?? [];
          assert.equal(new Set(sentences.map((one) => one.trim())).size, sentences.length, what);
          assert.doesNotMatch(detail ?? '', unhelpful, what);
        }
      });

  it('a method that an address does not take is answered with those that it takes', async () => {
    for (const [path, operations] of Object.entries(paths)) {
      const taken = Object.keys(operations).map((method) => method.toUpperCase());
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((one) => !taken.includes(one))) {
        const answer = await world.api(filled(path, []), { method });
        const { code } = (await answer.json()) as { readonly code?: string };
        assert.deepEqual([answer.status, code], [405, 'method_not_allowed'], `${method} ${path}`);
        const allowed = (answer.headers.get('allow') ?? '').split(', ').filter((one) => one !== 'HEAD');
        assert.deepEqual(new Set(allowed), new Set(taken), path);
      }
    }
  });
});
