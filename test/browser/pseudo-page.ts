import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { build, type Plugin } from 'vite';

const root = join(import.meta.dirname, '../..');
const pseudoFile = join(import.meta.dirname, 'pseudo.ts');

/** Builds the page in the language of the tests; returns its directory, which is gone with the test. */
export async function buildPseudoPage(t: TestContext): Promise<string> {
  const outDir = mkdtempSync(join(tmpdir(), 'monzo-bridge-pseudo-'));
  t.after(() => rmSync(outDir, { recursive: true, force: true }));
  await build({ configFile: join(root, 'vite.config.ts'), build: { outDir }, plugins: [inPseudo] });
  return outDir;
}

/** Turns every table that `web/texts` exports. */
const inPseudo: Plugin = {
  name: 'pseudo',
  enforce: 'pre',
  transform(code, id) {
    if (!id.startsWith(join(root, 'web/texts/'))) return null;
    const names = [...code.matchAll(/^export const (\w+)/gm)].flatMap(([, name]) => name ?? []);
    if (names.length === 0) return null;
    const turned = names.map((name) => `export const ${name} = pseudo(plain_${name});`);
    const table = code.replace(/^export const (\w+)/gm, 'const plain_$1');
    return [`import { pseudo } from ${JSON.stringify(pseudoFile)};`, table, ...turned].join('\n');
  },
};
