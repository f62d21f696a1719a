import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Settings } from '../store/settings.ts';
import { Brake } from './brake.ts';

function settingsWith(refuses = false): Settings {
  const stored = new Map<string, unknown>();
  return {
    get: (key) => stored.get(key),
    set: (key, value) => {
      if (refuses) throw new Error('the disk is full');
      stored.set(key, value);
    },
    delete: (key) => void stored.delete(key),
  };
}

test('a pulled brake is remembered until it is released', () => {
  const settings = settingsWith();
  let changes = 0;
  const brake = new Brake(settings, () => (changes += 1));
  assert.equal(brake.isPulled(), false);
  brake.pull();
  assert.equal(new Brake(settings, () => {}).isPulled(), true);
  brake.release();
  assert.equal(new Brake(settings, () => {}).isPulled(), false);
  assert.equal(changes, 2);
});

test('it holds even when the disk does not take it, and is never released without the disk', () => {
  const brake = new Brake(settingsWith(true), () => {});
  assert.throws(() => brake.pull(), /disk is full/);
  assert.equal(brake.isPulled(), true);
  assert.throws(() => brake.release(), /disk is full/);
  assert.equal(brake.isPulled(), true);
});
