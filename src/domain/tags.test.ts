import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tagsOf, tagText } from './tags.ts';

describe('tags in notes', () => {
  it('are the words behind a mark, each once, in small letters', () => {
    assert.deepEqual(tagsOf('lunch with Sam #work'), ['work']);
    assert.deepEqual(tagsOf('#Work, (#holiday2026)! #work #Büro_3 #self-employed.'), [
      'work',
      'holiday2026',
      'büro_3',
      'self-employed',
    ]);
    assert.deepEqual(tagsOf('#2026-tax #مقهى'), ['2026-tax', 'مقهى']);
  });

  it('are not numbers, parts of addresses, or what is too long', () => {
    for (const notes of [
      'order #12345',
      'https://shop.example/#cart',
      'a#b',
      '&#x41;',
      '##',
      '# work',
      '',
      '#-',
    ])
      assert.deepEqual(tagsOf(notes), [], notes);
    assert.deepEqual(tagsOf(`#${'x'.repeat(61)}`), []);
  });

  it('may be asked for with their mark and in any case', () => {
    assert.equal(tagText(' #Work'), 'work');
    assert.equal(tagText('BU\u0308RO'), 'büro');
    assert.deepEqual(tagsOf('#BU\u0308RO'), ['büro']);
  });
});
