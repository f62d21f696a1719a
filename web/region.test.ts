import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dataLocale, sentenceLocale } from './region.ts';

describe('the region', () => {
  it('of data is that of the first language the browser is set to', () => {
    assert.equal(dataLocale(['de-CH', 'en-GB']), 'de-CH');
    assert.equal(dataLocale(['fr']), 'fr');
  });

  it('of data is British where the browser names none that is known', () => {
    assert.equal(dataLocale([]), 'en-GB');
    assert.equal(dataLocale(['x-klingon', 'not a tag']), 'en-GB');
  });

  it('of a sentence is in the language of the page, whatever the browser’s language is', () => {
    assert.equal(sentenceLocale(['de-CH']), 'en-CH');
    assert.equal(sentenceLocale(['de']), 'en-DE');
    assert.equal(sentenceLocale(['en-US']), 'en-US');
    assert.equal(sentenceLocale(['ja']), 'en-JP');
  });

  it('of a sentence is British, not American, where English is not written', () => {
    assert.equal(sentenceLocale(['tr-TR']), 'en-GB');
  });
});
