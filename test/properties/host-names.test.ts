import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { createHostTest } from '../../src/http/guard.ts';

/** Which names the private listener answers to. A browser is stood for by the address parser that all of them share. */

const isOurs = createHostTest(['bank.example.org', 'Bridge.Example.NET']);
const named = ['bank.example.org', 'bridge.example.net'];
const homeDomains = ['localhost', 'local', 'home.arpa', 'internal'];

/** The rule of the documents, on a host name as a browser has it after parsing. */
function mayAnswer(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '');
  if (isIP(name.replace(/^\[|\]$/g, '')) !== 0 || named.includes(name)) return true;
  const labels = name.split('.');
  if (labels.includes('')) return false;
  return labels.length === 1 || homeDomains.some((domain) => name.endsWith(`.${domain}`));
}

const anyCase = (text: fc.Arbitrary<string>) =>
  fc.tuple(text, fc.boolean()).map(([found, isUpper]) => (isUpper ? found.toUpperCase() : found));
const label = anyCase(fc.stringMatching(/^[a-z0-9]([a-z0-9_-]{0,8}[a-z0-9])?$/));
const strange = fc.constantFrom(
  'xn--bcher-kva',
  'bücher',
  'ｌｏｃａｌ',
  '127',
  '0x7f',
  '1',
  '0',
  '010',
  '2130706433',
  'localhost',
  'com',
  '',
);
const domain = fc.constantFrom(...homeDomains, ...named, 'example.com', 'evil.example', 'lan', 'localhost');
const address = fc.oneof(
  fc.ipV4(),
  fc.ipV4Extended(),
  fc.ipV6().map((text) => `[${text}]`),
);
const joined = fc
  .tuple(fc.array(fc.oneof(label, strange), { maxLength: 3 }), fc.option(anyCase(domain)))
  .map(([labels, last]) => [...labels, ...(last === null ? [] : [last])].join('.'));
const host = fc.oneof(
  joined,
  address,
  joined.chain((name) => domain.map((last) => `${name}.${last}`)),
);
const tail = fc.tuple(
  fc.constantFrom('', '', '.', '..'),
  fc.oneof(
    fc.constant(''),
    fc.nat({ max: 65_535 }).map((port) => `:${port}`),
  ),
);
const before = fc.constantFrom(
  '',
  '',
  '',
  'localhost@',
  'user:local@',
  'bank.example.org@',
  'a.local\\',
  ' ',
);
const header = fc.tuple(before, host, tail).map(([user, name, [dots, port]]) => user + name + dots + port);

it('what a browser sends is let in exactly by the documented rule', () => {
  fc.assert(
    fc.property(header, (typed) => {
      const sent = URL.parse(`http://${typed}/`);
      if (sent === null) return;
      assert.equal(isOurs(sent.host), mayAnswer(sent.hostname), `${typed} as ${sent.host}`);
    }),
    { numRuns: 2_000 },
  );
});

it('nothing is let in that means another host to a browser or a proxy', () => {
  fc.assert(
    fc.property(fc.oneof(header, fc.string({ maxLength: 30 })), (raw) => {
      if (!isOurs(raw)) return;
      assert.match(raw, /^(\[[\da-f:.]+\]|[\w.-]+)(:\d+)?$/i);
      const meant = URL.parse(`http://${raw}/`);
      assert.ok(meant === null || mayAnswer(meant.hostname), raw);
    }),
    { numRuns: 2_000 },
  );
});

it('a name of ours below a public one is not ours', () => {
  const ours = fc.oneof(fc.constantFrom(...homeDomains, ...named, 'bridge', '192.168.1.20'), label);
  fc.assert(
    fc.property(ours, fc.constantFrom('example.com', 'evil.org', 'nip.io'), tail, (name, last, [, port]) => {
      assert.equal(isOurs(`${name}.${last}${port}`), false);
    }),
  );
});

const refused = [
  undefined,
  '',
  '.',
  '..',
  '.local',
  'a..local',
  'evil.local.example.com',
  'local.example.com',
  'example.com.',
  '0x7f.1',
  '0x7f000001',
  '0x',
  '2130706433',
  '127.1',
  '127.0.0.01',
  'a.local.1',
  '[::::]',
  '[::1',
  '::1',
  '[127.0.0.1]',
  '[fe80::1%25eth0]',
  'localhost@evil.example',
  'evil.example#.local',
  'evil.example/.local',
  'evil.example\\.local',
  'evil.example .local',
  'localhost, evil.example',
  'localhost:80:80',
  'localhost:',
  'ｌｏｃａｌ',
];

it('is strict with what no browser sends', () => {
  for (const raw of refused) assert.equal(isOurs(raw), false, String(raw));
});

it('knows every way to write a name of ours', () => {
  for (const raw of [
    'bridge',
    'BRIDGE:8099',
    'pi-4.local',
    'Pi-4.LOCAL.:8099',
    'nas.home.arpa',
    'bridge.internal:80',
    'addon_monzo_bridge:8099',
    'xn--bcher-kva.local',
    '[::1]:8099',
    '[FE80::1]',
    '[::ffff:192.168.1.20]',
    '192.168.1.20:8099',
    'BANK.example.org.:443',
    'bridge.example.net',
  ])
    assert.equal(isOurs(raw), true, raw);
});
