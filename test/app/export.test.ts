import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get as request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it, test } from 'node:test';
import { z } from 'zod';
import { transactionSchema } from '../../src/contract/bank-data.ts';
import { listOf } from '../../src/contract/elements.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openStore } from '../../src/store/store.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex, household } from '../../sim/household.ts';
import { untilHistoryIsRead } from '../support/history.ts';
import { fillLedger, words } from '../support/large-ledger.ts';
import { clockAt, sampleKey } from '../support/store-samples.ts';
import { quiet } from '../support/until.ts';
import { createWorld, start, type World } from '../support/world.ts';

const bell = String.fromCodePoint(7);
const turned = '\u202E';
const hostile = {
  merchant: '=HYPERLINK("https://evil.example","click")',
  description: `\t${bell} @SUM(1+9)*cmd|' /C calc'!A0 <script>alert(1)</script>${turned}gnp.exe "quoted", ${'x'.repeat(10_000)}`,
  notes: '-2+3\r\n=1+1',
};

function bankWithStranger(now: () => number) {
  const bank = household({ now, random: seededRandom(1) });
  bank.addHistory(alex.current, { days: 60, perDay: 4 });
  const id = bank.purchase(alex.current, { amount: 666, ...hostile, category: '+entertainment' });
  bank.annotate(id, hostile.notes);
  return bank;
}

/** The cells of a CSV text as RFC 4180 has it. */
function cellsOf(csv: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === '\r\n') rows.push([]);
    if (end === '') break;
  }
  return rows.slice(0, -1);
}

describe('the export', () => {
  let world: World;
  before(async () => {
    world = await createWorld({ bank: bankWithStranger });
    await world.connect('alex');
    await untilHistoryIsRead(world);
  });
  after(() => world[Symbol.asyncDispose]());

  const listed = async (query: string) => {
    const items: z.output<typeof transactionSchema>[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const place = cursor === '' ? '' : `&cursor=${cursor}`;
      const answer = await world.api(`/api/transactions?limit=100&${query}${place}`);
      const page = listOf(transactionSchema).parse(await answer.json());
      items.push(...page.items);
      cursor = page.next;
    }
    return items;
  };

  it('as JSON holds exactly what the list shows, with every filter', async () => {
    for (const query of [
      '',
      `account=${alex.current}&q=corner`,
      'min=5&max=9.99&kind=card_payment',
      'q=nothing-like-it',
    ]) {
      const answer = await world.api(`/api/transactions/export?format=json&${query}`);
      assert.equal(answer.status, 200);
      assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
      assert.equal(
        answer.headers.get('content-disposition'),
        'attachment; filename="monzo-transactions-2026-11-02.json"',
      );
      assert.deepEqual(z.array(transactionSchema).parse(await answer.json()), await listed(query));
    }
  });

  it('as CSV has a line for each transaction, amounts as numbers, and a name for every column', async () => {
    const answer = await world.api('/api/transactions/export?format=csv');
    assert.match(answer.headers.get('content-type') ?? '', /^text\/csv; charset=utf-8/);
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.deepEqual([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
    const [head = [], ...rows] = cellsOf(bytes.subarray(3).toString());
    const items = await listed('');
    const column = (name: string) => rows.map((row) => row[head.indexOf(name)]);
    assert.deepEqual(
      column('id'),
      items.map(({ id }) => id),
    );
    assert.deepEqual(
      column('amount').map(Number),
      items.map(({ amount }) => amount),
    );
    assert.ok(rows.every((row) => row.length === head.length));
    assert.equal(new Set(head).size, head.length);
  });

  it('holds nothing that a spreadsheet would run, and loses no text', async () => {
    const answer = await world.api('/api/transactions/export?format=csv&q=quoted');
    const [head = [], row = [], ...rest] = cellsOf((await answer.text()).replace(/^\uFEFF/, ''));
    assert.deepEqual(rest, []);
    const cell = (name: string) => row[head.indexOf(name)] ?? '';
    assert.equal(cell('name'), `'${hostile.merchant}`);
    assert.equal(cell('category'), "'+entertainment");
    assert.equal(cell('notes'), "'-2+3 =1+1");
    assert.match(
      cell('description'),
      /^'@SUM\(1\+9\)\*cmd\|' \/C calc'!A0 <script>.*gnp\.exe "quoted", x{10000}$/,
    );
    assert.equal(cell('amount'), '-6.66');
    for (const one of row.filter((text) => !/^-?\d+(\.\d+)?$/.test(text))) {
      assert.doesNotMatch(one, /^\s*[=+\-@\t\r]/);
      assert.doesNotMatch(one, /[\p{Cc}\u202E]/u);
    }
  });

  it('refuses a wrong query before the file begins, and needs a token', async () => {
    for (const query of [
      '',
      'format=xlsx',
      'format=csv&limit=5',
      'format=csv&min=ten',
      'format=csv&since=soon',
    ]) {
      const answer = await world.api(`/api/transactions/export?${query}`);
      assert.deepEqual(
        [answer.status, answer.headers.get('content-type')],
        [400, 'application/problem+json'],
      );
    }
    const stranger = await fetch(`${world.app().uiUrl}/api/transactions/export?format=csv`);
    assert.equal(stranger.status, 401);
  });
});

test('a slow reader of a large file does not make the bridge buffer it, and nothing is read for one that left', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-export-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const store = openStore({ directory, clock: clockAt(0), secretKey: sampleKey });
  fillLedger(store, { rows: 30_000, accounts: [alex.current], until: start, reach: 300 * 86_400_000 });
  store.close();
  await using world = await createWorld({ directory });
  const { uiUrl, adminToken } = world.app();
  const headers = { authorization: `Bearer ${adminToken}` };
  const open = (query: string) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const url = `${uiUrl}/api/transactions/export?format=json${query}`;
      request(url, { headers }, resolve).on('error', reject);
    });
  const slow = await open('');
  for (let turn = 0; turn < 200; turn += 1) await world.api('/api/transactions?limit=1');
  const early = slow.socket.bytesRead;
  const all = await text(slow);
  assert.equal((JSON.parse(all) as unknown[]).length, 30_000);
  assert.ok(early < all.length / 2, `${early} of ${all.length} bytes were sent to somebody who took none`);
  const failing = await open('');
  await quiet();
  const database = openDatabase(join(directory, 'monzo-bridge.sqlite'));
  database.execute('ALTER TABLE bank_transaction RENAME TO elsewhere');
  let part = '';
  failing.setEncoding('utf8').on('data', (piece: string) => (part += piece));
  const [thrown] = (await once(failing, 'error')) as [Error];
  assert.match(String(thrown), /aborted|ECONNRESET/, 'the part of a file does not look whole');
  assert.match(part, /\r\n"THIS FILE IS NOT COMPLETE: [^\r\n]+"\r\n$/, 'also where a proxy hides that');
  database.execute('ALTER TABLE elsewhere RENAME TO bank_transaction');
  database.close();
  (await open(`&q=${words.common}`)).destroy();
  assert.equal((await world.api('/api/transactions?limit=1')).status, 200);
});
