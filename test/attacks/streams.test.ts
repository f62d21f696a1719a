import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get as request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { auditRowSchema } from '../../src/contract/money-data.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openStore } from '../../src/store/store.ts';
import { clockAt, sampleKey } from '../support/store-samples.ts';
import { quiet, until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

/** Together more than any system keeps for a reader that takes nothing; of letters that are more bytes than characters. */
const rows = 1_400;
const sentence = 'é'.repeat(5_000);

function filledDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-streams-'));
  const store = openStore({ directory, clock: clockAt(0), secretKey: sampleKey, isFlushed: false });
  for (let at = 0; at < rows; at += 1)
    store.audit.append(at, { door: 'http', user: null, action: 'pause', decision: 'done', sentence });
  store.close();
  return directory;
}

describe('a file on a real connection', () => {
  let directory: string;
  let world: World;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });

  before(async () => {
    directory = filledDirectory();
    world = await createWorld({ directory });
  });
  after(async () => {
    agent.destroy();
    await world[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  const open = (path: string) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const { uiUrl, adminToken } = world.app();
      const headers = { authorization: `Bearer ${adminToken}` };
      request(`${uiUrl}${path}`, { headers, agent }, resolve).on('error', reject);
    });
  /** What arrives over HTTP/1.0, where only the end of the connection is the end of the file. */
  const openOld = async (path: string) => {
    const { uiUrl, adminToken } = world.app();
    const { hostname, port } = new URL(uiUrl);
    const socket = connect({ host: hostname, port: Number(port) });
    const told = { error: '', isWhole: false, bytes: 0 };
    socket.on('error', ({ message }) => (told.error = message));
    socket.on('end', () => (told.isWhole = true));
    socket.write(`GET ${path} HTTP/1.0\r\nHost: ${hostname}\r\nAuthorization: Bearer ${adminToken}\r\n\r\n`);
    await quiet();
    return { socket, told };
  };
  const renamed = (from: string, to: string) => {
    const database = openDatabase(join(directory, 'monzo-bridge.sqlite'));
    database.execute(`ALTER TABLE ${from} RENAME TO ${to}`);
    database.close();
  };

  for (const format of ['csv', 'json'])
    it(`as ${format} ends for readers who take nothing for a while, again and again on one connection`, async () => {
      for (let time = 0; time < 3; time += 1) {
        const slow = await open(`/api/audit/export?format=${format}`);
        await quiet();
        let whole = '';
        void text(slow).then((all) => (whole = all));
        await until('the file ends', () => whole !== '', { patience: 20_000 });
        if (format === 'json') assert.equal(z.array(auditRowSchema).parse(JSON.parse(whole)).length, rows);
        else assert.equal(whole.match(/\r\n/g)?.length, rows + 1);
      }
    });

  it('that fails in the middle does not look whole, over HTTP/1.1 and 1.0, and is logged', async () => {
    const slow = await open('/api/audit/export?format=csv');
    const { socket, told } = await openOld('/api/audit/export?format=csv');
    await quiet();
    renamed('audit', 'elsewhere');
    await assert.rejects(text(slow), /aborted|ECONNRESET/);
    assert.equal(slow.complete, false);
    socket.resume();
    await until('the old connection is over', () => socket.destroyed);
    assert.deepEqual([told.isWhole, told.error], [false, 'read ECONNRESET']);
    assert.ok(world.logLines.some((line) => line.includes('/api/audit/export')));
    const refused = await world.api('/api/audit/export?format=csv');
    assert.deepEqual([refused.status, refused.headers.get('content-disposition')], [500, null]);
    renamed('elsewhere', 'audit');
  });

  it('that is cut off because the bridge stops does not look whole either', async () => {
    const slow = await open('/api/audit/export?format=json');
    const { socket, told } = await openOld('/api/audit/export?format=csv');
    await world.restart();
    await assert.rejects(text(slow), /aborted|ECONNRESET/);
    socket.resume();
    await until('the old connection is over', () => socket.destroyed);
    assert.deepEqual([told.isWhole, told.error], [false, 'read ECONNRESET']);
  });
});
