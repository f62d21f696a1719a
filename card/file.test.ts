import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { builtDashboardFile } from '../test/support/dashboard-file.ts';

/** Where the file is a `data:` address, every browser gets it with every page of Home Assistant. */
const mostBytes = 40_000;

/** All the ways in which a script asks something of a server, or brings further code. */
const requests =
  /\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts|Worker)\s*\(|\bimport\b|@import|\burl\(|\bsrc=|\beval\(/g;

/** Names of kinds of markup, links that a person follows: none is asked for by itself. */
const addresses = /https?:\/\/(?!www\.w3\.org\/|github\.com\/)/g;

describe('the dashboard’s file', () => {
  let code = '';
  let names: readonly string[] = [];

  before(async () => {
    ({ code, names } = await builtDashboardFile());
  });

  it('is one script that needs no other', () => {
    assert.deepEqual(names.toSorted(), ['licences.md', 'monzo-bridge.js']);
  });

  it(`has at most ${mostBytes} bytes`, () => {
    const size = Buffer.byteLength(code);
    assert.ok(size <= mostBytes, `${size} bytes`);
  });

  it('asks for nothing: what it shows comes from Home Assistant’s own page', () => {
    assert.deepEqual(code.match(requests), null);
    assert.deepEqual(code.match(addresses), null);
  });

  it('says whose it is, as it also travels alone', () => {
    assert.match(code, /^\/\*! monzo-bridge, Apache-2\.0 \*\/\n/);
  });

  it('leaves no name of its own in the page', () => {
    assert.match(code.replace(/^\/\*!.*\*\/\n/, ''), /^\(function\(\)\{[^]*\}\)\(\);\s*$/);
  });
});

/** Attributes that `markup.ts` would take for text: their value is not one expression alone. */
const mixedAttributes = /\s[.?@]?[\w-]+=("[^"<>`]*\$\{|'[^'<>`]*\$\{|[\w-]+\$\{|\$\{[^{}]*\}[\w-])/g;

describe('the templates', () => {
  it('have no attribute that is part text, part expression', () => {
    const files = globSync('**/*.ts', { cwd: import.meta.dirname }).filter(
      (path) => !path.endsWith('.test.ts'),
    );
    assert.ok(files.length > 20);
    for (const path of files) {
      const text = readFileSync(join(import.meta.dirname, path), 'utf8');
      for (const [template] of text.matchAll(/html`[^`]*/g))
        assert.deepEqual(template.match(mixedAttributes), null, path);
    }
  });

  for (const text of ['<a class="b ${c}">', "<a b='${c}'>", '<a b=c${d}>', '<a b=${c}d>'])
    it(`would be found in ${text}`, () => {
      assert.equal(text.match(mixedAttributes)?.length, 1);
    });
});

describe('the search for requests', () => {
  for (const text of [
    'await fetch(a)',
    'new WebSocket (a)',
    'import("a")',
    'a{background:url(b)}',
    '<img src=a>',
  ])
    it(`finds ${text}`, () => {
      assert.equal(text.match(requests)?.length, 1);
    });
});
