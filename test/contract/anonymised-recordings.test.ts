import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { createAnonymiser } from '../../src/monzo/anonymise.ts';
import { isJsonObject } from '../../src/monzo/shape.ts';
import { leftOvers } from '../support/left-overs.ts';
import { checkByWire } from './recorded-answers.ts';
import { shapeDifferences } from './shape.ts';

const root = join(import.meta.dirname, '..', '..');
const recordings = process.env['MONZO_BRIDGE_RECORDINGS'] ?? join(root, '..', 'shared', 'recordings');
const directory = existsSync(recordings) ? recordings : join(root, 'test', 'fixtures', 'monzo');

/** All bodies in a file, whatever its wrapping. */
function bodiesIn(name: string): readonly unknown[] {
  const text = readFileSync(join(directory, name), 'utf8');
  if (name.endsWith('.yaml')) {
    const { interactions } = parse(text) as { interactions: readonly { response: { content: string } }[] };
    return interactions.map(({ response }) => JSON.parse(response.content) as unknown);
  }
  const parsed: unknown = JSON.parse(text);
  if (Array.isArray(parsed)) return parsed.map((entry: { readonly body: unknown }) => entry.body);
  return [isJsonObject(parsed) && 'status_code' in parsed ? parsed['data'] : parsed];
}

for (const name of globSync('**/*.{json,yaml}', { cwd: directory }))
  test(`${name} can be anonymised: nothing is left of it, and it is read as before`, () => {
    const bodies = bodiesIn(name);
    const anonymiser = createAnonymiser({ key: new Uint8Array(32).fill(7), values: bodies });
    const shown = bodies.map((body) => anonymiser.json(body));
    const isRefusals = bodies.every((body) => isJsonObject(body) && typeof body['code'] === 'string');
    if (!isRefusals) assert.deepEqual(leftOvers(bodies, shown), []);
    for (const [index, body] of bodies.entries()) {
      assert.deepEqual(shapeDifferences(body, shown[index]), []);
      assert.deepEqual(shapeDifferences(shown[index], body), []);
      if (!isRefusals) checkByWire(shown[index]);
    }
  });

test('the sentence of a refusal stays, and what it quotes of a person does not', () => {
  const body = {
    code: 'bad_request.invalid_time_range',
    message: "The field 'current_account_id' is required for Zoe Ashworth, not acc_0000A1aBC2Dbc34E",
    params: { tag: 'jane_s_own' },
    voucher: { code: 'janes-discount', type: 'voucher' },
  };
  const shown = createAnonymiser({ key: new Uint8Array(32), values: [body] }).json(body);
  assert.ok(isJsonObject(shown));
  assert.equal(shown['code'], body.code);
  assert.match(
    String(shown['message']),
    /^The field 'current_account_id' is required for [A-Z][a-z]+ [A-Z][a-z]+, not acc_/,
  );
  assert.doesNotMatch(JSON.stringify(shown), /Zoe|Ashworth|A1aBC2Dbc34E|jane|tag|voucher/);
});
