import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { createAnonymiser } from '../../src/monzo/anonymise.ts';
import { bankJsonText, parseBankJson } from '../../src/monzo/shape.ts';
import { leftOvers } from '../support/left-overs.ts';

/** What a person would not want a stranger to read. */
const personal = fc.oneof(
  fc.constantFrom(
    'Zoë O’Brien',
    'alexandra grünfeld',
    'JANE ROE',
    'Quentin Featherstonehaugh',
    '王小明的店',
    'Иван Петров',
    'أحمد علي',
    'Ｊａｎｅ Ｒｏｅ',
    '🥐 Söhne & Ashworth 🧁',
    'jane.roe+monzo@example.org',
    '+44 (0)7700 900123',
    '04-00-04',
    '12345678',
    '1234 5678',
    'GB33 BUKB 2020 1555 5555 55',
    'GB33BUKB20201555555555',
    '4929 1234 5678 9012',
    'EC2A 2AG',
    'Flat 2, 17 Appold Street, London',
    '#honeymoon #secret',
    '51.5073509,-0.1277583',
    '12/03/1985',
    '1985-03-12',
    'https://monzo-logos.example/twitter/JaneRoe?size=large',
    'https://bridge.example.org/hooks/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'https://maps.example/@51.5073509,-0.1277583,17z',
    'tx_0000A1aBC2Dbc34Ede5fEH',
    'user_00009nnnePeCZC5bqBeu5x:3773807b-29de-4b65-9c76-2876d91f2d61',
    'merch_000000abcABCDEFGdHIeJ0',
    'category_0000AHzLvcFBuOcELkER18',
    'deadbeef01',
    'janes_secret',
    'divorce',
    'J A N E',
    'j-o-h-n',
    'size 5, blue',
    'payday loan £1,234.56',
  ),
  fc.stringMatching(/^[A-Za-z]{6,14}( [A-Za-z]{6,14})?$/),
  fc.stringMatching(/^[0-9]{6,14}$/),
  fc.emailAddress(),
  fc.webUrl({ withQueryParameters: true }),
  fc.uuid(),
);

/** The same in another guise. */
const guised = fc
  .tuple(
    personal,
    fc.constantFrom<(text: string) => string>(
      (text) => text,
      (text) => text.toUpperCase(),
      (text) => text.toLowerCase(),
      (text) => text.normalize('NFD'),
      (text) => encodeURIComponent(text),
      (text) => encodeURIComponent(encodeURIComponent(text)),
      (text) => Buffer.from(text).toString('base64'),
      (text) => Buffer.from(text).toString('base64url'),
      (text) => text.replaceAll(' ', '-'),
      (text) => text.replaceAll(/[ -]/g, ''),
      (text) => `Paid to ${text}, thanks`,
      (text) => `https://shop.example/${encodeURIComponent(text)}?of=${encodeURIComponent(text)}`,
      (text) => JSON.stringify({ note: text }),
    ),
  )
  .map(([text, guise]) => guise(text));

const knownKeys =
  `id type status category scheme code error message description name notes amount balance created updated settled
  merchant counterparty metadata categories params address url logo emoji dedupe_id account_id owners labels attachments
  currency local_currency country_code decline_reason trigger faster_payment external_id`.split(/\s+/);
const name = fc.oneof({ arbitrary: fc.constantFrom(...knownKeys), weight: 3 }, guised);
const number = fc.oneof(
  fc.integer({ min: -20_000, max: 20_000 }),
  fc.integer({ min: 1_000_000, max: 9_999_999_999 }),
  fc.constantFrom(51.5073509, -0.1277583, 1.653504, 9_007_199_254_740_991),
);
const { hostile } = fc.letrec<{ hostile: unknown }>((tie) => ({
  hostile: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    guised,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('hostile'), { maxLength: 3 }),
    fc.dictionary(name, tie('hostile'), { maxKeys: 6 }),
  ),
}));
const answer = fc.record({
  transactions: fc.array(fc.dictionary(name, hostile, { maxKeys: 8 }), { maxLength: 3 }),
  accounts: fc.array(fc.dictionary(name, hostile, { maxKeys: 5 }), { maxLength: 2 }),
  webhooks: fc.array(fc.dictionary(name, hostile, { maxKeys: 3 }), { maxLength: 2 }),
});
const refusal = fc.record({ code: guised, message: guised, error_description: guised, params: hostile });

/** As it goes into the file. */
function recorded(value: unknown, key: Uint8Array) {
  const normal = parseBankJson(JSON.stringify(value));
  const anonymiser = createAnonymiser({ key, values: [normal] });
  const shown = parseBankJson(bankJsonText(anonymiser.json(normal)));
  return { normal, shown };
}

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('a recording of answers full of personal things', () => {
  it('has none of them left, wherever they stood and however they were written', () => {
    fc.assert(
      fc.property(fc.oneof(answer, hostile), key, (value, secret) => {
        const { normal, shown } = recorded(value, secret);
        assert.deepEqual(leftOvers(normal, shown), []);
      }),
      { numRuns: 400 },
    );
  });

  it('has no group of digits that there was, also by chance', () => {
    const value = { notes: ['192.168.123.124', '4929 123 567 901', '07700 900 123', '07700900123'] };
    for (let seed = 0; seed < 256; seed += 1) {
      const { normal, shown } = recorded(value, new Uint8Array(32).fill(seed));
      assert.deepEqual(leftOvers(normal, shown), []);
      const [, , spelled, plain] = (shown as typeof value).notes;
      assert.equal(spelled?.replaceAll(' ', ''), plain, 'one number, written in two ways');
    }
  });

  it('has none of them left of what a refusal says', () => {
    fc.assert(
      fc.property(refusal, key, (value, secret) => {
        const { normal, shown } = recorded(value, secret);
        const text = JSON.stringify(shown).replaceAll(/\b(?:Bad|an?|and|to|the|id|error)\b/g, '');
        for (const one of ['Zoë', 'JANE', 'Featherstonehaugh', '900123', 'BUKB', 'A1aBC2Dbc34E', 'divorce'])
          if (JSON.stringify(normal).includes(one)) assert.ok(!text.includes(one), one);
      }),
      { numRuns: 200 },
    );
  });
});

const jane = 'Jane Featherstonehaugh';

/** One personal thing at one place. */
const places: Readonly<Record<string, unknown>> = {
  'a type': { accounts: [{ type: 'featherstonehaugh_trust' }] },
  'a type like those of accounts': { accounts: [{ type: 'uk_retail_featherstonehaugh' }] },
  'a status': { status: 'featherstonehaugh' },
  'a category': { transactions: [{ category: 'featherstonehaugh' }] },
  'a category as a key': { transactions: [{ categories: { featherstonehaugh: -100 } }] },
  'a key': { transactions: [{ featherstonehaugh: 1 }] },
  'a key of several words': { featherstonehaugh_notes: 'x' },
  'a key in the metadata': { metadata: { featherstonehaugh: 'x', is_featherstonehaugh: 'x' } },
  'what lies deeper in the metadata': {
    metadata: { notes: { type: 'featherstonehaugh', featherstonehaugh: { status: jane } } },
  },
  'a code that is none of a refusal': { voucher: { code: 'featherstonehaugh', error: 'featherstonehaugh' } },
  'the code of a refusal': {
    code: 'bad_request.featherstonehaugh',
    message: jane,
    error: 'featherstonehaugh',
  },
  'what a refusal is about': { code: 'bad_request', params: { featherstonehaugh: { code: jane } } },
  'a currency': { currency: 'Featherstonehaugh' },
};

describe('a recording hides a name', () => {
  for (const [place, value] of Object.entries(places))
    it(`that is ${place}`, () => {
      const shown = createAnonymiser({ key: new Uint8Array(32).fill(4), values: [value] }).json(value);
      assert.doesNotMatch(JSON.stringify(shown), /jane|featherstonehaugh/i);
    });

  it('and nothing else of what lies deeper in the metadata, even where it is a word of the bank', () => {
    const value = {
      metadata: { notes: { type: 'uk_retail', scheme: 'mastercard', metadata: { trigger: 'user' } } },
    };
    const shown = createAnonymiser({ key: new Uint8Array(32).fill(4), values: [value] }).json(value);
    assert.deepEqual(JSON.stringify(shown).match(/type|uk_retail|scheme|mastercard|trigger|user|metadata/g), [
      'metadata',
    ]);
  });

  it('and a place on earth, which comes out anywhere', () => {
    const value = { latitude: 51.5073509, longitude: -0.1277583 };
    const seen = Array.from({ length: 40 }, (_, seed) => {
      const { json } = createAnonymiser({ key: new Uint8Array(32).fill(seed), values: [value] });
      return (json(value) as typeof value).latitude;
    });
    assert.ok(seen.every((latitude) => latitude > 0 && latitude < 90));
    assert.ok(seen.some((latitude) => latitude > 55) && seen.some((latitude) => latitude < 45));
  });

  it('and the gaps of a card descriptor, which count how long it was', () => {
    const value = { description: 'CORNER SHOP              LONDON    GBR' };
    const { json } = createAnonymiser({ key: new Uint8Array(32).fill(2), values: [value] });
    assert.match((json(value) as typeof value).description, /^[A-Z]+ [A-Z]+ {3}[A-Z]+ {3}[A-Z]+$/);
  });

  it('and shows neither its length nor which characters of an id were digits', () => {
    const value = { name: 'Featherstonehaugh', ids: ['tx_0000A1aBC2Dbc34E', 'tx_00009nnneP'] };
    const seen = Array.from({ length: 12 }, (_, seed) => {
      const { json } = createAnonymiser({ key: new Uint8Array(32).fill(seed), values: [value] });
      const shown = JSON.stringify(json(value));
      const kinds = (shown.match(/tx_\w+/g) ?? []).map((id) =>
        id.slice(3).replaceAll(/\d/g, '0').replaceAll(/[a-z]/g, 'a').replaceAll(/[A-Z]/g, 'A'),
      );
      return { length: /"name":"(\w+)"/.exec(shown)?.[1]?.length, kinds: String(kinds) };
    });
    assert.ok(new Set(seen.map(({ length }) => length)).size > 3);
    assert.ok(new Set(seen.map(({ kinds }) => kinds)).size > 9);
    assert.ok(seen.every(({ length = 99 }) => length < 'Featherstonehaugh'.length));
  });
});
