import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { visible } from './stranger.ts';

describe('text of strangers', () => {
  it('hides nothing: what would not be seen gets a mark', () => {
    assert.equal(visible('a\u0000b\u001B[31mc\u007F'), 'a�b�[31mc�');
    assert.equal(visible('pay \u202Egnp.exe\u2066x'), 'pay �gnp.exe�x');
  });

  it('keeps lines, letters of every script and joined pictures', () => {
    const honest = 'Café\n\tשלום 👨‍👩‍👧 🏖️ £5';
    assert.equal(visible(honest), honest);
  });
});
