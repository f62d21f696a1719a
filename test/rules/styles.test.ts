import assert from 'node:assert/strict';
import { it } from 'node:test';
import { filesBelow, readProjectFile } from './files.ts';

/** Class names by style sheet, for all sheets below a folder. */
function classesBelow(folder: string): readonly (readonly [path: string, classes: ReadonlySet<string>])[] {
  return filesBelow(folder)
    .filter((path) => path.endsWith('.css'))
    .map((path) => {
      const found = readProjectFile(path).matchAll(/\.(-?[a-z][\w-]*)(?=[^{}]*\{)/g);
      return [path, new Set(Array.from(found, ([, name = '']) => name))];
    });
}

it('no page names a class that another page has: a style that was loaded once stays', () => {
  const shared = new Set(classesBelow('web/styles').flatMap(([, classes]) => [...classes]));
  const owners = new Map<string, string>();
  for (const [path, classes] of classesBelow('web/pages'))
    for (const name of classes) {
      if (shared.has(name)) continue;
      assert.equal(owners.get(name), undefined, `.${name} in ${path}`);
      owners.set(name, path);
    }
  assert.ok(owners.size > 20);
});
