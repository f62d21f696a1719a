import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openDatabase, type Database } from './database.ts';
import { migrate } from './migrations.ts';
import { temporaryDirectory } from '../../test/support/store-samples.ts';
import { migrations } from './schema.ts';
import { createSettings, createShapes } from './bridge-records.ts';

function open(t: TestContext): Database {
  const database = openDatabase(join(temporaryDirectory(t), 'a.sqlite'));
  t.after(() => database.close());
  migrate(database, migrations);
  return database;
}

test('a setting keeps its last value until it is deleted', (t) => {
  const settings = createSettings(open(t));
  assert.equal(settings.get('rails'), undefined);
  settings.set('rails', { cooldown: 60 });
  settings.set('rails', { cooldown: [null, 'x'] });
  settings.set('paused', false);
  assert.deepEqual(settings.get('rails'), { cooldown: [null, 'x'] });
  assert.equal(settings.get('paused'), false);
  settings.delete('rails');
  assert.equal(settings.get('rails'), undefined);
});

test('an unknown shape is new once, then counted, and keeps its first raw text', (t) => {
  const shapes = createShapes(open(t));
  const shape = {
    where: 'transactions',
    path: 'merchant',
    expected: 'object',
    got: 'number',
    raw: '{"a":1}',
  };
  assert.equal(shapes.note(shape, 2_000), true);
  assert.equal(shapes.note({ ...shape, raw: '{"a":2}' }, 3_000), false);
  assert.equal(shapes.note(shape, 1_000), false);
  assert.equal(shapes.note({ ...shape, got: 'text' }, 4_000), true);
  const [first, second] = shapes.all();
  assert.deepEqual(
    { ...first, fingerprint: '' },
    { ...shape, fingerprint: '', firstSeen: 2_000, lastSeen: 3_000, count: 3 },
  );
  assert.deepEqual([second?.got, second?.count], ['text', 1]);
  assert.notEqual(first?.fingerprint, second?.fingerprint);
});
