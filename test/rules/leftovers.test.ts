import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { filesBelow, readProjectFile } from './files.ts';

interface Leftover {
  readonly what: string;
  readonly pattern: RegExp;
  /** Texts in which the pattern must be found. */
  readonly like: readonly string[];
}

/** Everything here is put together from parts, so that this file does not hold what it looks for. */
const joined = (...parts: readonly string[]) => parts.join('');
const patternOf = (...parts: readonly string[]) => new RegExp(joined(...parts), 'm');
const unledBy = '(?<![\\w.~-])';

const leftovers: readonly Leftover[] = [
  {
    what: 'a folder of one machine',
    pattern: patternOf(unledBy, '/', '(work|root|home|Users)', '/', '[\\w.]'),
    like: [joined('cd /', 'work/main'), joined("'/", "root/.npmrc'"), joined('file:///', 'home/alex')],
  },
  {
    what: 'a temporary folder',
    pattern: patternOf(unledBy, '/', 'tmp', '/', '\\w'),
    like: [joined('> /', 'tmp/out.txt')],
  },
  {
    what: 'a folder of a Windows machine',
    pattern: patternOf('\\b[A-Z]:', '\\\\+', 'Users'),
    like: [joined('C:', '\\Users\\alex')],
  },
  {
    what: 'a package registry that only one place can reach',
    pattern: patternOf(
      '//[\\w.-]*',
      '(artifactory|nexus|verdaccio|',
      'registry\\.(?!npmjs\\.org|hub\\.docker))',
    ),
    like: [joined('https://art', 'ifactory.example.org/npm'), joined('http://reg', 'istry.local:4873/')],
  },
  {
    what: 'the place a locked package came from',
    pattern: patternOf('"resolv', 'ed": "', '(?!https://registry\\.npmjs\\.org/|tools/)'),
    like: [joined('"resolv', 'ed": "http://packages.example.org/zod.tgz"')],
  },
  {
    what: 'the mark of an unfinished merge',
    pattern: patternOf('^(<{7}|>{7}) '),
    like: [joined('a\n', '<'.repeat(7), ' HEAD')],
  },
  {
    what: 'a promise in place of work',
    pattern: patternOf('\\b(TO', 'DO|FIX', 'ME)\\b'),
    like: [joined('// TO', 'DO: later')],
  },
];

const isText = (path: string) => !/\.(png|jpe?g|gif|ico|webp|avif|woff2?|gz|zip|sqlite|db)$/.test(path);

/** What was left behind in a text, as `path:line: what`. */
function leftIn(path: string, text: string): readonly string[] {
  return leftovers.flatMap(({ what, pattern }) => {
    const match = pattern.exec(text);
    return match === null ? [] : [`${path}:${text.slice(0, match.index).split('\n').length}: ${what}`];
  });
}

describe('the files of the project', () => {
  it('hold nothing that was left behind', () => {
    const files = filesBelow('').filter(isText);
    assert.ok(files.includes('package.json') && files.includes('test/rules/leftovers.test.ts'));
    assert.deepEqual(
      files.flatMap((path) => leftIn(path, readProjectFile(path))),
      [],
    );
  });
});

describe('the search for leftovers', () => {
  for (const { what, like } of leftovers)
    it(`finds ${what}`, () => {
      for (const text of like)
        assert.deepEqual(
          leftIn('a', `b\n${text}`).map((found) => found.slice(5)),
          [what],
        );
    });

  it('is content with addresses, routes and relative paths', () => {
    const text =
      'https://example.org/home/page ./work/main src/root/a.ts /api/logins https://registry.npmjs.org/zod';
    assert.deepEqual(leftIn('a', text), []);
  });
});
