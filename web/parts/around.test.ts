import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { html } from 'lit/html.js';
import { around } from './around.ts';

describe('a sentence around something that is more than text', () => {
  it('keeps its words on both sides, in whichever order the language has them', () => {
    const name = html`<b>Alex</b>`;
    assert.deepEqual(around((who) => `Signed in as ${who}.`, name).values, ['Signed in as ', name, '.']);
    assert.deepEqual(around((who) => `${who} is signed in.`, name).values, ['', name, ' is signed in.']);
  });
});
