import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { deviceIdentifier, idOfDevice, safeId } from './device.ts';

test('ids that are fit for a topic stay as they are, others stay distinct', () => {
  assert.equal(safeId('acc_00009fXu-1'), 'acc_00009fXu-1');
  assert.match(safeId('a/b'), /^[A-Za-z0-9_-]+$/);
  assert.notEqual(safeId('a/b'), safeId('a+b'));
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (id) => /^[A-Za-z0-9_-]{1,80}$/.test(safeId(id))));
});

test('a device tells which id it stands for, and another program’s device tells nothing', () => {
  assert.equal(idOfDevice(deviceIdentifier('acc_00009fXu-1')), 'acc_00009fXu-1');
  assert.equal(idOfDevice(deviceIdentifier('a/b')), safeId('a/b'));
  assert.equal(idOfDevice('zigbee_acc_00009fXu-1'), null);
});
