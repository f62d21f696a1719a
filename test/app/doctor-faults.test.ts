import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { connected, doctor, onTerminal, portOf, stopped } from '../support/doctor.ts';
import { temporaryDirectory } from '../support/process.ts';
import { createWorld } from '../support/world.ts';

/** What real machines do to a bridge, and the one check that has to say so. */

const minute = 60_000;

describe('the doctor of a stopped bridge finds in the data directory', () => {
  const replaced = (name: string, act: (path: string) => void) => (directory: string) => {
    rmSync(join(directory, name), { force: true, recursive: true });
    act(join(directory, name));
  };
  const pipe = (path: string) => void execFileSync('mkfifo', ['-m', '600', path]);
  const kept =
    (text: string) =>
    (path: string): void =>
      writeFileSync(path, text, { mode: 0o600 });
  const faults: readonly (readonly [
    name: string,
    check: string,
    sentence: RegExp,
    act: (directory: string) => void,
  ])[] = [
    [
      'a secret key that is too short',
      'secret_key',
      /at least 16 characters/,
      replaced('secret-key', kept('abc')),
    ],
    [
      'another secret key',
      'secret_key',
      /cannot be read with this secret key\. Put back/,
      replaced('secret-key', kept('ab'.repeat(32))),
    ],
    [
      'no secret key beside stored secrets',
      'secret_key',
      /^The file secret-key is missing in .*Put it back before the next start/,
      replaced('secret-key', () => {}),
    ],
    [
      'a secret key that is a directory',
      'data_directory',
      /secret-key is not a file/,
      replaced('secret-key', (path) => mkdirSync(path, { mode: 0o700 })),
    ],
    [
      'an admin token that is too short',
      'admin_token',
      /fewer than 32 characters/,
      replaced('admin-token', kept('abc')),
    ],
    [
      'an admin token that is a named pipe',
      'data_directory',
      /admin-token is not a file/,
      replaced('admin-token', pipe),
    ],
    [
      'a database that is a named pipe',
      'data_directory',
      /monzo-bridge\.sqlite is not a file/,
      replaced('monzo-bridge.sqlite', pipe),
    ],
    ...['monzo-bridge.sqlite', 'secret-key', 'admin-token', 'lock'].map(
      (file) =>
        [
          `a link to nothing with the name ${file}`,
          'data_directory',
          new RegExp(`${file} is a link to nothing`),
          replaced(file, (path) => symlinkSync('/nonexistent/file', path)),
        ] as const,
    ),
    [
      'a database that is a directory',
      'data_directory',
      /monzo-bridge\.sqlite is not a file/,
      replaced('monzo-bridge.sqlite', (path) => mkdirSync(path, { mode: 0o700 })),
    ],
    [
      'a link that leads in a circle',
      'data_directory',
      /lock is a link to nothing/,
      replaced('lock', (path) => symlinkSync(path, path)),
    ],
    [
      'a directory that is a link to nothing',
      'data_directory',
      /is a link to nothing\. Bring back/,
      replaced('.', (path) => symlinkSync('/nonexistent/directory', path)),
    ],
  ];
  for (const [name, check, sentence, act] of faults)
    it(name, async (t) => {
      const { world, ports } = await stopped(t);
      act(world.directory);
      const { code, found, red, inState } = await doctor(world, ports, { cwd: '/' });
      assert.deepEqual(red, [check, 'process']);
      assert.match(found(check).sentence, sentence);
      const blocks = found(check).state === 'down';
      assert.equal(/cannot start before what is named above/.test(found('process').sentence), blocks);
      const unseen = ['page', 'public_address', 'login', 'accounts', 'webhooks'];
      const hidden = check === 'data_directory' ? ['database', 'secret_key', 'rails', ...unseen] : unseen;
      assert.deepEqual(
        hidden.filter((one) => inState('unknown').every((check) => check !== one)),
        [],
      );
      assert.equal(code, 1);
      // A start that is kept from it names the same remedy.
      if (check === 'data_directory')
        await assert.rejects(world.restart(), { message: found(check).sentence });
    });

  it('nothing wrong where there is none yet', async (t) => {
    const { world, ports } = await stopped(t);
    const directory = temporaryDirectory(t);
    const empty = await doctor(world, { ...ports, MONZO_BRIDGE_DATA_DIR: directory });
    assert.deepEqual(empty.red, ['process']);
    for (const check of ['admin_token', 'database', 'secret_key'])
      assert.match(empty.found(check).sentence, /^There is none yet: the first start creates it\.$/);
    assert.match(empty.found('rails').sentence, /there is no database yet/);
    const none = await doctor(world, { ...ports, MONZO_BRIDGE_DATA_DIR: join(directory, 'none') });
    assert.deepEqual(none.red, ['process']);
    assert.match(
      none.found('data_directory').sentence,
      /run this where it runs, or set MONZO_BRIDGE_DATA_DIR/,
    );
    assert.match(none.found('process').sentence, /Start it with: monzo-bridge start$/);
  });
});

it('a running bridge whose secret key was replaced before its start says so itself', async (t) => {
  const { world } = await stopped(t);
  writeFileSync(join(world.directory, 'secret-key'), 'ab'.repeat(32), { mode: 0o600 });
  await world.restart();
  const { red, found } = await doctor(world, portOf(world));
  await world.stop();
  assert.match(found('secret_key').sentence, /cannot be read with this secret key/);
  assert.deepEqual(
    red.filter((check) => check !== 'login'),
    ['secret_key'],
  );
});

/** Whoever has the port of the bridge; `asked` keeps what it was sent. */
async function strangerAt(t: TestContext, answer: RequestListener) {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { asked, port: String(typeof address === 'object' && address !== null ? address.port : 0) };
}

describe('the doctor knows who answers in place of the bridge', () => {
  const strangers: readonly (readonly [name: string, answer: RequestListener, says: RegExp])[] = [
    ['a web page', (_, response) => response.end('<html>'), /^Another program .*\(status 200\)/],
    ['JSON of its own', (_, response) => response.end('{"status":"UP"}'), /^Another program/],
    ['404', (_, response) => response.writeHead(404).end('no'), /^Another program .*\(status 404\)/],
    [
      'a sign-in page elsewhere',
      (_, response) => response.writeHead(302, { location: '/login' }).end(),
      /^Another program .*\(status 302\)/,
    ],
    ['nothing but an end', (_, response) => response.destroy(), /broke off before it answered/],
    [
      'without an end',
      (_, response) => {
        const more = (): void => {
          while (response.write('x'.repeat(65_536)));
          response.once('drain', more);
        };
        more();
      },
      /^Another program .*\(status 200\)/,
    ],
  ];
  for (const [name, answer, says] of strangers)
    it(`that answers with ${name}, and is sent no token`, async (t) => {
      const { world, ports } = await stopped(t);
      const { asked, port } = await strangerAt(t, answer);
      const { red, found } = await doctor(world, { ...ports, MONZO_BRIDGE_UI_PORT: port });
      assert.deepEqual(red, ['process']);
      assert.match(found('process').sentence, says);
      assert.match(found('process').sentence, /set MONZO_BRIDGE_UI_PORT to a free port/);
      assert.deepEqual(
        asked.map(({ headers }) => headers.authorization),
        [undefined],
      );
    });

  it('that never answers', async (t) => {
    const { world, ports } = await stopped(t);
    const fetch = async () => Promise.reject(new DOMException('late', 'TimeoutError'));
    const { red, found } = await doctor(world, ports, { fetch });
    assert.deepEqual(red, ['process']);
    assert.match(found('process').sentence, /does not answer within ten seconds.*which does not run/);
  });

  it('and who holds the directory meanwhile', async (t) => {
    await using world = await connected();
    const { port } = await strangerAt(t, (_, response) => response.end('<html>'));
    const { red, found } = await doctor(world, { MONZO_BRIDGE_UI_PORT: port });
    assert.deepEqual(red, ['process']);
    assert.match(found('process').sentence, /\(process \d+ on host .*\) listens elsewhere/);
  });

  it('when it is the bridge of another directory', async (t) => {
    await using world = await connected();
    const directory = temporaryDirectory(t);
    writeFileSync(join(directory, 'admin-token'), 'x'.repeat(32), { mode: 0o600 });
    const env = { ...portOf(world), MONZO_BRIDGE_DATA_DIR: directory };
    const { red, found } = await doctor(world, env);
    assert.deepEqual(red, ['process']);
    assert.match(
      found('process').sentence,
      /A bridge answers at .*, but not that of .*Set MONZO_BRIDGE_DATA_DIR/,
    );
  });

  it('when the token is another than that of the bridge', async () => {
    await using world = await connected();
    const env = { ...portOf(world), MONZO_BRIDGE_ADMIN_TOKEN: 'x'.repeat(32) };
    const { red, found } = await doctor(world, env);
    assert.deepEqual(red, ['admin_token']);
    assert.match(found('admin_token').sentence, /does not accept this token/);
    assert.equal(found('process').state, 'ok');
    assert.match(found('login').sentence, /^Not tried from here/);
  });

  it('when it is of another version', async () => {
    await using world = await connected();
    const strange = { check: 'of_later', about: null, state: 'ok', sentence: 'x', commands: [] };
    const answers: Readonly<Record<string, unknown>> = {
      '/healthz': { state: 'ok' },
      '/api/health': { version: '99.0.0', state: 'ok', parts: [] },
      '/api/checks': { version: '99.0.0', checks: [strange] },
    };
    const fetch: typeof globalThis.fetch = async (address) =>
      Response.json(answers[new URL(new Request(address).url).pathname]);
    const { red, found } = await doctor(world, portOf(world), { fetch });
    assert.deepEqual(red, ['process']);
    assert.match(found('process').sentence, /is of another version 99\.0\.0.*restart the bridge/);
    const process = { ...strange, check: 'process', sentence: 'It runs.' };
    const older: typeof fetch = async (address) =>
      new Request(address).url.endsWith('/healthz')
        ? Response.json({ state: 'ok' })
        : Response.json({ version: '0.0.1', checks: [process] });
    const after = await doctor(world, portOf(world), { fetch: older });
    assert.deepEqual(after.red, ['process']);
    assert.match(after.found('process').sentence, /^It runs\. It answers at .*restart the bridge/);
  });
});

it('a bridge that runs is asked also where its directory is out of order', async () => {
  await using world = await connected();
  writeFileSync(join(world.directory, 'options.json'), '');
  rmSync(join(world.directory, 'options.json'));
  mkdirSync(join(world.directory, 'options.json'), { mode: 0o700 });
  const { red, found } = await doctor(world, portOf(world));
  assert.deepEqual(red, ['data_directory']);
  assert.match(found('process').sentence, /^Version /);
});

describe('the doctor does not take a stranger’s word for the bank’s', () => {
  it('nor its time for Monzo’s, in whichever form it answers', async (t) => {
    const { world, ports } = await stopped(t);
    const strangers = [
      { kind: 'html', status: 200 },
      { kind: 'status_after', status: 200, body: 'empty' },
      { kind: 'status_after', status: 200, body: 'no_code' },
      { kind: 'status_after', status: 401, body: 'no_code' },
      { kind: 'status_after', status: 404, body: 'empty' },
      { kind: 'status_after', status: 407, code: 'proxy_authentication_required' },
    ] as const;
    for (const stranger of strangers) {
      world.faults.clear();
      world.faults.add(stranger);
      const { red, found } = await doctor(world, ports);
      assert.deepEqual(red, ['process', 'bank'], JSON.stringify(stranger));
      assert.match(found('bank').sentence, /^Something else than Monzo answers/);
      assert.equal(found('clock').state, 'unknown');
    }
    for (const status of [400, 401, 403]) {
      world.faults.clear();
      world.faults.add({ kind: 'status', status });
      assert.equal((await doctor(world, ports)).found('bank').state, 'ok', String(status));
    }
  });

  it('nor an old answer for one after the clock was set', async () => {
    await using world = await connected();
    world.faults.add({ kind: 'refused' });
    world.bridgeClock.setAhead(120 * minute);
    const { found } = await doctor(world, portOf(world));
    assert.deepEqual([found('bank').state, found('clock').state], ['down', 'unknown']);
  });
});

describe('the doctor shows', () => {
  it('the same on a terminal as in JSON, without colours', async () => {
    await using world = await createWorld();
    const { checks } = await doctor(world, portOf(world));
    const { out } = await onTerminal(world, ['doctor'], { env: portOf(world) });
    const lines = out.trimEnd().split('\n');
    assert.equal(lines.length, checks.length);
    assert.ok(!out.includes('\u{1b}'));
    for (const [index, { state, check, sentence, commands }] of checks.entries())
      for (const part of [
        state,
        check.replaceAll('_', ' '),
        check === 'process' ? '' : sentence,
        ...commands,
      ])
        assert.ok(lines[index]?.includes(part), `${part} in ${lines[index]}`);
  });

  it('no password that is part of an address', async () => {
    await using world = await createWorld();
    for (const url of ['http://alex:hidden@127.0.0.1:1', 'hidden', 'http://127.0.0.1:1/?token=hidden']) {
      const { code, out, err } = await onTerminal(world, ['doctor', '--url', url]);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, /--url must be an address such as/);
      assert.ok(!err.includes('hidden'));
    }
  });
});
