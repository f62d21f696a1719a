import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe } from 'node:test';
import { commandTests } from './command.ts';

const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-checkout-'));

describe('the command in a checkout', () => {
  after(() => rmSync(directory, { recursive: true, force: true }));
  commandTests({ launcher: join(import.meta.dirname, '../../bin/monzo-bridge.js'), directory });
});
