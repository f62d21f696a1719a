import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { sentences } from '../../src/http/api-sentences.ts';
import { commandShapes, type CommandName } from '../../src/contract/command-data.ts';
import { apiRefusals, commandRefusals } from '../../src/refusals/refuse.ts';
import { describedApi } from '../support/described-problems.ts';
import { createWorld, type World } from '../support/world.ts';

const root = join(import.meta.dirname, '..', '..');

/** Only other doors than HTTP refuse with these, or an address under a method that is no operation. */
const ofOtherDoors: ReadonlySet<string> = new Set([
  'method_not_allowed',
  'unknown_command',
  'not_allowed',
  'reading_not_allowed',
  'answer_not_taken',
  'retained_request',
  'expired_request',
  'too_many_requests',
  'needs_mqtt_5',
]);

/** Told in what a login needs, or with status 202, and refused to nobody. */
const neverRefused: ReadonlySet<string> = new Set([
  'code_refused',
  'redirect_refused',
  'accepted_not_seen',
  'not_shown',
  'undecidable',
]);

describe('the description of the API', () => {
  it('passes the linter', () => {
    const redocly = join(root, 'node_modules', '@redocly', 'cli', 'bin', 'cli.js');
    const quiet = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
    const options = { cwd: root, env: { ...process.env, ...quiet }, stdio: 'pipe' } as const;
    execFileSync(process.execPath, [redocly, 'lint', 'docs/openapi.json'], options);
  });

  it('gives every operation a name of its own, its errors, and an example of what it takes and answers', () => {
    const { paths } = describedApi() as unknown as { readonly paths: Readonly<Record<string, object>> };
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods) as Operation[]);
    const ids = operations.map(({ operationId }) => operationId);
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(
      Object.keys(sentences).filter((id) => !ids.includes(id)),
      [],
    );
    for (const { operationId, requestBody, responses } of operations) {
      for (const status of ['400', '421', '500', '503'])
        assert.ok(responses[status], `${operationId} ${status}`);
      const contents = [requestBody, ...Object.values(responses)].map((one) => one?.content ?? {});
      for (const { 'application/json': json } of contents)
        if (json) assert.notEqual(json.example, undefined, operationId);
    }
  });

  it('names its schemas instead of repeating them', () => {
    const inlined = JSON.stringify(describedApi().paths).match(/"properties":\{(?!"code":)/g) ?? [];
    assert.deepEqual(inlined, []);
  });

  it('names every code that a request over HTTP can be refused with, and no other', () => {
    const described = new Set(JSON.stringify(describedApi()).match(/(?<=#\/components\/examples\/)\w+/g));
    const groups = Object.values({ ...commandRefusals, ...apiRefusals });
    const codes = new Set(groups.flatMap((group) => Object.keys(group)));
    const silent = new Set([...ofOtherDoors, ...neverRefused]);
    assert.deepEqual([...codes.difference(described)].toSorted(), [...silent].toSorted());
    assert.deepEqual([...described.difference(codes)], []);
  });
});

interface Operation {
  readonly operationId: string;
  readonly requestBody?: Body;
  readonly responses: Readonly<Record<string, Body>>;
}

interface Body {
  readonly content?: Readonly<Record<string, { readonly example?: unknown }>>;
}

describe('commands over HTTP', () => {
  let world: World;
  before(async () => {
    world = await createWorld();
    await world.connect('alex');
  });
  after(() => world[Symbol.asyncDispose]());

  const run = (name: string, body?: unknown) =>
    world.api(`/api/commands/${name}`, {
      method: 'POST',
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });

  it('answer what they are described to answer, and nothing else', async () => {
    const [account] = world.app().view().accounts;
    const [pot] = world.app().view().pots;
    const id = world.bank.purchase(account?.id ?? '', { amount: 350, merchant: 'Corner Shop' });
    const bodies: Readonly<Record<Exclude<CommandName, 'decide_transfer'>, unknown>> = {
      refresh: undefined,
      transactions: { limit: 5 },
      summary: undefined,
      register_webhook: undefined,
      unregister_webhook: {},
      feed_item: { account: account?.id, title: 'Bins' },
      annotate: { transaction_id: id, notes: 'Milk' },
      add_receipt: { transaction_id: id, items: [{ description: 'Milk', amount_minor: 350 }] },
      receipt: { transaction_id: id },
      remove_receipt: { transaction_id: id },
      pot_transfer: { pot: pot?.id, transfer_type: 'deposit', amount: '1.00', request_id: 'one' },
      pause: undefined,
      resume: undefined,
    };
    for (const [name, body] of Object.entries(bodies)) {
      const response = await run(name, body);
      const answer: unknown = await response.json();
      assert.equal(response.status, 200, JSON.stringify(answer));
      z.strictObject(commandShapes[name as CommandName].answer.shape).parse(answer);
    }
    const trial = { pot: pot?.id, transfer_type: 'withdraw', amount: 1, dry_run: true };
    z.strictObject(commandShapes.pot_transfer.answer.shape).parse(
      await (await run('pot_transfer', trial)).json(),
    );
  });
});
