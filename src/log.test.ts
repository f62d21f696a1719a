import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  createLog,
  createSecrets,
  silentLog,
  type Log,
  type LogFormat,
  type LogLevel,
  type Secrets,
} from './log.ts';

interface Heard {
  readonly log: Log;
  readonly secrets: Secrets;
  readonly lines: readonly string[];
  /** The lines as the objects that they are in the json format. */
  readonly objects: () => readonly Readonly<Record<string, unknown>>[];
}

function listen(format: LogFormat = 'json', level: LogLevel = 'debug'): Heard {
  const lines: string[] = [];
  const secrets = createSecrets();
  const log = createLog({ level, format, secrets, write: (line) => lines.push(line) });
  const objects = () => lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return { log, secrets, lines, objects };
}

const levels = ['debug', 'info', 'warn', 'error'] as const;

describe('the level of a log', () => {
  for (const [index, level] of levels.entries())
    it(`${level} lets through what is at least as grave`, () => {
      const { log, objects } = listen('json', level);
      for (const each of levels) log[each](`this is ${each}`);
      assert.deepEqual(
        objects().map(({ msg }) => msg),
        levels.slice(index).map((each) => `this is ${each}`),
      );
    });
});

describe('a line in json', () => {
  it('holds level, time, sentence and fields, and nothing of the machine', () => {
    const { log, lines, objects } = listen();
    log.warn('The bank is slow.', { ms: 900, login: 'login_1' });
    const [line] = objects();
    assert.deepEqual(
      { ...line, time: '' },
      { level: 40, time: '', msg: 'The bank is slow.', ms: 900, login: 'login_1' },
    );
    assert.match(String(line?.['time']), /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
    assert.match(lines[0] ?? '', /^[^\n]+\n$/);
  });

  it('stays one line whatever text from outside it holds', () => {
    const { log, lines, objects } = listen();
    log.info('A payment came in.', { description: 'rent"}\n{"level":60,"msg":"forged"' });
    assert.equal(lines.length, 1);
    assert.equal(lines[0]?.trim().includes('\n'), false);
    assert.equal(objects()[0]?.['msg'], 'A payment came in.');
  });
});

describe('a pretty line', () => {
  it('shows time, level, sentence and fields, without colours', () => {
    const { log, lines } = listen('pretty');
    log.error('The disk is full.', { free: 0 });
    assert.match(lines.join(''), /^\[\d\d:\d\d:\d\d\] ERROR: The disk is full\. \{"free":0\}\n$/);
  });

  it('stays one line whatever text from outside it holds', () => {
    const { log, lines } = listen('pretty');
    log.info('A payment came in.', { description: 'rent\n[00:00:00] ERROR: forged\u001b[2J' });
    assert.match(lines.join(''), /^[^\n]+\n$/);
    assert.equal(lines.join('').includes('\u001b'), false);
  });
});

describe('the name of the part', () => {
  it('is in each of its lines, and in no other', () => {
    const { log, objects } = listen();
    const part = log.for('poller');
    part.info('Read.', { rows: 3 });
    log.info('Started.');
    assert.deepEqual(
      objects().map(({ part: name, rows }) => [name, rows]),
      [
        ['poller', 3],
        [undefined, undefined],
      ],
    );
  });

  it('keeps the level and conceals the same secrets', () => {
    const { log, secrets, lines } = listen('json', 'warn');
    const part = log.for('poller');
    secrets.conceal('hunter2hunter2');
    part.info('hunter2hunter2');
    part.warn('hunter2hunter2');
    assert.equal(lines.length, 1);
    assert.doesNotMatch(lines.join(''), /hunter2/);
  });
});

describe('secrets', () => {
  const odd = 'pa"ss\\wörd/+ &é';
  const places: readonly (readonly [where: string, fields: Readonly<Record<string, unknown>>])[] = [
    ['a field', { token: odd }],
    ['a field deep inside', { request: { headers: [{ authorization: `Bearer ${odd}` }] } }],
    ['an address', { url: `https://example.org/?token=${encodeURIComponent(odd)}&a=1` }],
    ['a form', { body: new URLSearchParams({ token: odd }).toString() }],
    ['json text', { body: JSON.stringify({ token: odd }) }],
    ['an error', { err: new Error(`refused ${odd}`) }],
    ['the name of a field', { [odd]: 1 }],
  ];
  for (const format of ['json', 'pretty'] as const)
    for (const [where, fields] of places)
      it(`are concealed in ${where}, ${format}`, () => {
        const { log, secrets, lines } = listen(format);
        secrets.conceal(odd);
        log.info('It was said.', fields);
        assert.match(lines.join(''), /\[concealed\]/);
        assert.doesNotMatch(lines.join(''), /w\\*(ö|%C3%B6)rd/);
      });

  it('are concealed in the sentence', () => {
    for (const format of ['json', 'pretty'] as const) {
      const { log, secrets, lines } = listen(format);
      secrets.conceal('hunter2hunter2');
      log.info('The token is hunter2hunter2, twice: hunter2hunter2.');
      assert.match(lines.join(''), /The token is \[concealed\], twice: \[concealed\]\./);
    }
  });

  it('leave nothing behind if one begins with another, whichever was added first', () => {
    for (const known of [
      ['hunter2hunter2', 'hunter2hunter2-and-more'],
      ['hunter2hunter2-and-more', 'hunter2hunter2'],
    ]) {
      const secrets = createSecrets();
      for (const secret of known) secrets.conceal(secret);
      assert.equal(
        secrets.scrub('a hunter2hunter2-and-more b hunter2hunter2 c'),
        'a [concealed] b [concealed] c',
      );
    }
  });

  it('shorter than eight characters are not concealed, because they would match everywhere', () => {
    const secrets = createSecrets();
    secrets.conceal('seven77');
    secrets.conceal('');
    assert.equal(secrets.scrub('seven77 and eight888'), 'seven77 and eight888');
    secrets.conceal('eight888');
    assert.equal(secrets.scrub('seven77 and eight888'), 'seven77 and [concealed]');
  });

  it('that are not well-formed text are concealed too', () => {
    const secrets = createSecrets();
    secrets.conceal('broken\ud800secret');
    assert.equal(secrets.scrub('a broken\ud800secret b'), 'a [concealed] b');
  });
});

describe('the silent log', () => {
  it('logs nothing, in any part', () => {
    for (const level of levels) assert.equal(silentLog.for('part')[level]('a', {}), undefined);
    assert.equal(silentLog.for('part'), silentLog);
  });
});
