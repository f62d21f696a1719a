import swagger, { type SwaggerTransform, type SwaggerTransformObject } from '@fastify/swagger';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { nameSchemas } from '../contract/schema-names.ts';
import type { RefusalCode } from '../refusals/refuse.ts';
import type { Api, ProblemAnswer } from './api.ts';
import { addExamples } from './api-examples.ts';
import { addProblems } from './api-problems.ts';
import { sentences } from './api-sentences.ts';
import { refsIn, type Described, type DescribedSchema, type Operation } from './described.ts';
import { sessionCookie } from './guard.ts';

/** The description of the private API (OpenAPI): made of the routes and their shapes, and completed here. */

/** By the name that each route gives as its tag. */
const tags: Readonly<Record<string, string>> = {
  bank: 'Accounts, pots, transactions, and sums and balances over time',
  commands: 'The same names, arguments and answers as over MQTT and in Home Assistant',
  money: 'Transfers, the limits that they must stay inside, and the audit',
  events: 'The event log, and how far each receiver of events has come',
  logins: 'Connecting people, and keeping them connected',
  'home assistant': 'What the bridge does in Home Assistant',
  session: 'Signing in to the page',
  state: 'The health of the bridge, its figures, and this description',
};

const server = {
  url: 'http://{host}:{port}',
  description: 'The private listener',
  variables: {
    host: { default: '127.0.0.1', description: 'MONZO_BRIDGE_UI_HOST' },
    port: { default: '8099', description: 'MONZO_BRIDGE_UI_PORT' },
  },
};

/** Has the routes that are added after this described in `app.swagger()`. */
export async function describeApi(app: Api, version: string): Promise<void> {
  nameSchemas();
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'monzo-bridge',
        version,
        summary: 'Monzo for Home Assistant, MQTT and HTTP',
        description:
          'The private API. Amounts are in major units; `_minor` beside them in minor units. Errors are problem documents (RFC 9457): `code` is for programs, `detail` a sentence for people.',
        contact: { name: 'The makers of monzo-bridge' },
        license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      },
      servers: [server],
      tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          admin: { type: 'http', scheme: 'bearer', description: 'the admin token' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: sessionCookie,
            description: 'the session of a browser that signed in to the page',
          },
        },
      },
      security: [{ admin: [] }, { session: [] }],
    },
    transform: withRefusals,
    transformObject: completed,
  });
}

interface Shaping {
  readonly zodSchema: z.core.$ZodType;
  readonly jsonSchema: { type?: unknown; default?: unknown };
}

/**
 * The package's own way leaves out of a choice whatever is only worked out later, such as a number that becomes text, and what
 * stands for a number in an address that is left out.
 */
const zodToJsonConfig = {
  override: ({ zodSchema: { _zod: made }, jsonSchema }: Shaping) => {
    const { type, defaultValue } = made.def as Partial<z.core.$ZodDefaultDef>;
    if (made.def.type === 'undefined') jsonSchema.type = 'null';
    if (type === 'default') jsonSchema.default = defaultValue;
  },
};
const shapeOf = createJsonSchemaTransform({ zodToJsonConfig });
const withShapes = createJsonSchemaTransformObject({ zodToJsonConfig });

/** Keeps what a route can refuse through the making of its JSON Schema, which knows nothing of that. */
const withRefusals: SwaggerTransform = (route) => {
  const made = shapeOf(route);
  const { response } = (route.schema ?? {}) as { readonly response?: { readonly default?: ProblemAnswer } };
  const refusals: readonly RefusalCode[] = response?.default?.refusals ?? [];
  return { ...made, schema: { ...made.schema, 'x-refusals': refusals } };
};

const completed: SwaggerTransformObject = (made) => {
  const document = structuredClone(withShapes(made)) as unknown as Described;
  nameOnce(document);
  for (const operation of operationsOf(document)) describe(operation, document.components.schemas);
  tidy(document);
  addExamples(document);
  addProblems(document);
  return document;
};

function operationsOf({ paths }: Described): readonly Operation[] {
  return Object.values(paths).flatMap((methods) => Object.values(methods));
}

function describe(operation: Operation, schemas: Described['components']['schemas']): void {
  const { operationId, tags: own, parameters = [], requestBody, responses } = operation;
  operation.description ??= sentences[operationId] ?? '';
  const named = ({ $ref = '' }: DescribedSchema) => schemas[$ref.replace('#/components/schemas/', '')];
  for (const parameter of parameters) parameter.description ??= named(parameter.schema)?.description ?? '';
  for (const response of Object.values(responses))
    if (response.description === 'Default Response') response.description = 'The answer.';
  const body = named(requestBody?.content['application/json']?.schema ?? {});
  // A command takes no body for an empty one.
  if (requestBody && own.includes('commands') && body?.required === undefined) requestBody.required = false;
}

/** Shapes come in two forms, as they are sent and as they are answered: one is enough where they are alike or one is not used. */
function nameOnce(document: Described): void {
  const { schemas } = document.components;
  const used = usedIn(document);
  for (const name of Object.keys(schemas)) {
    const sent = `${name}Input`;
    const isAlike =
      JSON.stringify(schemas[name]) === JSON.stringify(schemas[sent])?.replaceAll('Input"', '"');
    if (schemas[sent] === undefined || (used.has(name) && !isAlike)) continue;
    if (used.has(sent) && !used.has(name)) schemas[name] = schemas[sent];
    if (!used.has(sent)) continue;
    rename(document, `#/components/schemas/${sent}`, `#/components/schemas/${name}`);
  }
  const needed = usedIn(document);
  for (const name of Object.keys(schemas)) if (!needed.has(name)) delete schemas[name];
}

/** The names of the schemas that the operations use, directly or through others. */
function usedIn({ paths, components: { schemas } }: Described): ReadonlySet<string> {
  const used = new Set<string>();
  const add = (part: unknown): void => {
    for (const { $ref } of refsIn(part)) {
      const name = $ref.replace('#/components/schemas/', '');
      if (used.has(name)) continue;
      used.add(name);
      add(schemas[name]);
    }
  };
  add(paths);
  return used;
}

function rename(document: Described, from: string, to: string): void {
  for (const reference of refsIn(document)) if (reference.$ref === from) reference.$ref = to;
}

/** What says nothing: the range of whole numbers that JavaScript holds exactly. */
function tidy(part: unknown): void {
  if (typeof part !== 'object' || part === null) return;
  const schema = part as DescribedSchema;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  for (const inner of Object.values(part)) tidy(inner);
}
