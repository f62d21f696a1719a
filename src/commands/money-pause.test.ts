import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Settings } from '../store/settings.ts';
import { MoneyPause } from './money-pause.ts';

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

test('a pulled moneyPause is remembered until it is released', () => {
  const settings = settingsWith();
  let changes = 0;
  const moneyPause = new MoneyPause(settings, () => (changes += 1));
  assert.equal(moneyPause.isPaused(), false);
  moneyPause.pause();
  assert.equal(new MoneyPause(settings, () => {}).isPaused(), true);
  moneyPause.resume();
  assert.equal(new MoneyPause(settings, () => {}).isPaused(), false);
  assert.equal(changes, 2);
});

test('it holds even when the disk does not take it, and is never released without the disk', () => {
  const moneyPause = new MoneyPause(settingsWith(true), () => {});
  assert.throws(() => moneyPause.pause(), /disk is full/);
  assert.equal(moneyPause.isPaused(), true);
  assert.throws(() => moneyPause.resume(), /disk is full/);
  assert.equal(moneyPause.isPaused(), true);
});
