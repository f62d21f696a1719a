import assert from 'node:assert/strict';
import { it } from 'node:test';
import { filesBelow } from './files.ts';

it('only the app has a configuration: a Supervisor takes every file of that name in a repository for an app', () => {
  const found = filesBelow('').filter((path) => /(^|\/)config\.(yaml|yml|json)$/.test(path));
  assert.deepEqual(found, ['app/config.yaml']);
});
