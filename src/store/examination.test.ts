import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { examineDirectory } from './examination.ts';

function dataDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-test-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  for (const name of ['secret-key', 'monzo-bridge.sqlite'])
    writeFileSync(join(directory, name), '', { mode: 0o600 });
  return directory;
}

const refusing = (end: string, code: string) => (path: unknown) => {
  if (String(path).endsWith(end)) throw Object.assign(new Error(code), { code });
};

test('a directory that is in order says so', (t) => {
  assert.equal(examineDirectory(dataDirectory(t)).state, 'ok');
});

test('each file that the bridge needs and may not use is named, with the command that helps', (t) => {
  const directory = dataDirectory(t);
  for (const name of ['secret-key', 'monzo-bridge.sqlite']) {
    const { state, sentence } = examineDirectory(directory, refusing(name, 'EACCES'));
    assert.equal(state, 'down');
    assert.ok(sentence.startsWith(join(directory, name)), sentence);
    assert.match(sentence, /Run: chmod -R u\+rwX /);
  }
});

test('a file system that takes no writes is told from missing rights', (t) => {
  const { state, sentence } = examineDirectory(dataDirectory(t), refusing('', 'EROFS'));
  assert.equal(state, 'down');
  assert.match(sentence, /is read-only\. Make it writable again/);
});

test('what is not there, or is no directory, is named', (t) => {
  const directory = dataDirectory(t);
  const missing = examineDirectory(join(directory, 'none', 'below'));
  assert.equal(missing.state, 'unknown');
  assert.match(missing.sentence, /does not exist\. If the bridge has run before.*first start creates/);
  assert.match(examineDirectory(join(directory, 'secret-key')).sentence, /set MONZO_BRIDGE_DATA_DIR/);
  const impossible = examineDirectory(join(directory, 'secret-key', 'below'));
  assert.deepEqual(
    [impossible.state, /cannot be created in .*secret-key/.test(impossible.sentence)],
    ['down', true],
  );
  const refused = examineDirectory(join(directory, 'none'), refusing('', 'EACCES'));
  assert.deepEqual([refused.state, /cannot be created in .*EACCES/.test(refused.sentence)], ['down', true]);
});
