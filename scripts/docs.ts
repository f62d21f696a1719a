import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verbsPart } from './command-line.ts';
import { blueprintIndex, blueprintsPart } from './blueprints.ts';
import { metricsPart } from './metrics-table.ts';
import { openApiPage } from './openapi.ts';
import { statusPart } from './refusals.ts';
import { settingsPage } from './settings-page.ts';
import { troubleshootingPage } from './troubleshooting.ts';
import { withParts } from './written-parts.ts';

const root = join(import.meta.dirname, '..');

/** Every generated document, by its path from the project's root. */
const documents: readonly (readonly [path: string, make: () => string | Promise<string>])[] = [
  ['docs/settings.md', settingsPage],
  ['docs/openapi.json', openApiPage],
  ['docs/troubleshooting.md', troubleshootingPage],
  ['docs/blueprints.md', () => withParts('docs/blueprints.md', [blueprintsPart])],
  ['docs/command-line.md', () => withParts('docs/command-line.md', [verbsPart])],
  ['blueprints/index.json', () => blueprintIndex(join(root, 'blueprints/automation/monzo-bridge'))],
  ['docs/http.md', () => withParts('docs/http.md', [statusPart, metricsPart])],
];

const isCheck = process.argv.includes('--check');

for (const [path, make] of documents) {
  const wanted = await make();
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === wanted) continue;
  if (isCheck) {
    console.error(`${path} differs from the code it is written from: run npm run docs.`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, wanted);
    console.log(`Wrote ${path}.`);
  }
}
