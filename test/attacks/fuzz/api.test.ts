import assert from 'node:assert/strict';
import { Agent, request, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { seededRandom } from '../../../sim/fake-clock.ts';
import { accounts } from '../../support/real-bridge.ts';
import { describedCodes } from '../../support/described-problems.ts';
import { seedOf, sizeOf } from '../../support/size.ts';
import { commandBodies, commandNames } from './command-bodies.ts';
import { createFuzzer, type Fuzzer, type Schema } from './fuzzer.ts';
import { createTally, pots, startVictim, type Victim } from './victim.ts';

interface Parameter {
  readonly in: 'query' | 'path' | 'header';
  readonly name: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | null;
}

interface Document {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly parameters?: readonly Parameter[];
            readonly requestBody?: {
              readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
            };
          }
        >
      >
    >
  >;
}

const atOnce = 8;
/** Whoever has no answer after so long hangs. Far longer than any machine takes. */
const longest = 120_000;
/** A body of so many bytes is read by every route. */
const surelyTaken = 16 * 1_024;
/** Commands are a third of all requests: they are what changes something. */
const shareOfCommands = 1 / 3;
const fewestOfEach = 3;
/** What costs calls of the bank or looks at everything, and so must have been reached and answered. */
const answeredWell = [
  'POST /api/logins/{id}/recording 2xx',
  'GET /api/bank-positions 2xx',
  'POST /api/checks 2xx',
];
const names = [...commandNames(), 'resume', 'resume', 'resume'];

function operationsOf({ paths }: Document): readonly Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      body: requestBody?.content['application/json']?.schema ?? null,
    })),
  );
}

/** Attacks must not end what they are about: the removal of a login that exists, and of its secret. */
const spared: ReadonlySet<string> = new Set(['DELETE /api/logins/{id}', 'PATCH /api/logins/{id}']);

function requestOf({ method, path, parameters, body }: Operation, fuzzer: Fuzzer): Attack {
  const isSpared = spared.has(`${method} ${path}`);
  const valueOf = ({ name, schema }: Parameter) => {
    return String(fuzzer.value(schema, isSpared ? `unknown ${name}` : name));
  };
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const parameter = parameters.find((one) => one.in === 'path' && one.name === name);
    return encoded(parameter ? valueOf(parameter) : '');
  });
  const query = parameters
    .filter((one) => one.in === 'query' && (one.required === true || fuzzer.happens(0.4)))
    .map((one) => `${encoded(one.name)}=${encoded(valueOf(one))}`);
  return {
    method,
    path: query.length === 0 ? filled : `${filled}?${query.join('&')}`,
    body: body === null ? null : fuzzer.document(fuzzer.value(body, '')),
  };
}

function commandOf(fuzzer: Fuzzer): Attack {
  const name = fuzzer.one(names);
  const schema = commandBodies[name] ?? {};
  return { method: 'POST', path: `/api/commands/${name}`, body: fuzzer.document(fuzzer.value(schema, '')) };
}

/** Percent-encoded; what is not well-formed goes as the bytes of the replacement character, or raw where it can. */
function encoded(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replaceAll('%EF%BF%BD', '%ED%A0%80');
}

const agent = new Agent({ keepAlive: true, maxSockets: atOnce });

interface Attack {
  readonly method: string;
  readonly path: string;
  readonly body: string | Buffer | null;
}

interface Sent {
  readonly status: number;
  readonly code: string | null;
}

function codeIn({ headers }: IncomingMessage, text: string): string | null {
  if (headers['content-type'] !== 'application/problem+json') return null;
  return (JSON.parse(text) as { readonly code: string }).code;
}

/** The status, and the code of a problem. A stream that never ends by itself is left after its first bytes. */
function send(uiUrl: string, token: string, attack: Attack): Promise<Sent> {
  const { method, path, body } = attack;
  return new Promise((resolve, reject) => {
    const isEndless = path.startsWith('/api/live');
    const sent = request(
      uiUrl + path,
      {
        method,
        agent: isEndless ? false : agent,
        signal: AbortSignal.timeout(longest),
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === null ? {} : { 'content-type': 'application/json' }),
        },
      },
      (response) => {
        const status = response.statusCode ?? 0;
        if (isEndless && status === 200) {
          response.once('data', () => {
            resolve({ status, code: null });
            response.destroy();
          });
          response.once('error', () => resolve({ status, code: null }));
          return;
        }
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => (text += part));
        response.once('end', () => resolve({ status, code: codeIn(response, text) }));
        response.once('error', reject);
      },
    );
    sent.once('error', (thrown) => {
      // Whoever sends too much is cut off, at times before they have read why.
      if (Buffer.byteLength(body ?? '') > surelyTaken) resolve({ status: 413, code: 'too_large' });
      // The bridge closed it, idle or after a request that it cut off, while the next request was on its way.
      else if (sent.reusedSocket) resolve(send(uiUrl, token, attack));
      else reject(new Error(`${method} ${path.slice(0, 200)}`, { cause: thrown }));
    });
    sent.end(body ?? undefined);
  });
}

async function knownTo({ bridge, opened }: Victim): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const logins = (await (await bridge.api('/api/logins')).json()) as {
    readonly items: readonly { readonly id: string }[];
  };
  const transactions = [...opened.bank.model.transactions.keys()].slice(0, 20);
  const ids = [...logins.items.map(({ id }) => id), ...transactions];
  return {
    id: ids,
    login: logins.items.map(({ id }) => id),
    account: accounts,
    pot: [...Object.values(pots), 'Holiday', 'Bike'],
    transaction_id: transactions,
    request_id: ['one', 'two', 'three', 'four', 'five'],
    name: names,
  };
}

test('nothing sent to the private API with a valid token makes a 5xx, a hang or wrong books', async (t) => {
  const random = seededRandom(seedOf('requests to the API'));
  const requests = sizeOf('requests to the API', { short: 1_500, long: 20_000 });
  t.after(() => agent.destroy());
  const victim = await startVictim(t);
  const { bridge } = victim;
  const document = (await (await bridge.api('/api/openapi.json')).json()) as Document;
  const fuzzer = createFuzzer(random, await knownTo(victim), document.components.schemas);
  const operations = operationsOf(document);
  const tally = createTally();
  const owing = new Set(answeredWell);
  const defects: string[] = [];
  // Every operation at least so often, however many there are, and the others by chance.
  const owed = Array.from({ length: fewestOfEach }, () => operations).flat();
  const attack = async () => {
    const next = owed.shift();
    const isCommand = next === undefined && fuzzer.happens(shareOfCommands);
    const operation = next ?? fuzzer.one(operations);
    const made = isCommand ? commandOf(fuzzer) : requestOf(operation, fuzzer);
    const { status, code } = await send(bridge.uiUrl, bridge.adminToken, made);
    const described = code === null ? null : describedCodes(made.method, made.path, status);
    if (described?.includes(code) === false)
      defects.push(`${status} ${code} ${made.method} ${made.path.slice(0, 200)} is not described`);
    tally.count(`${made.method} ${isCommand ? made.path : operation.path}`, `${Math.floor(status / 100)}xx`);
    if (!isCommand) owing.delete(`${operation.method} ${operation.path} ${Math.floor(status / 100)}xx`);
    if (status >= 500)
      defects.push(`${status} ${made.method} ${made.path} ${String(made.body).slice(0, 300)}`);
  };
  for (let sent = 0; sent < requests; sent += atOnce)
    await Promise.all(Array.from({ length: atOnce }, attack));
  tally.print();
  assert.deepEqual(defects, []);
  assert.deepEqual([...owing], [], 'never answered well');
  await victim.assertUnharmed();
});
