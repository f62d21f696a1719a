import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Refuses to publish a package that does not say yet who publishes it (docs/releasing.md). */

const root = join(import.meta.dirname, '..');
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');
const { repository } = z
  .object({ repository: z.object({ url: z.string() }) })
  .parse(JSON.parse(textOf('package.json')));

const unnamed = globSync('blueprints/**/*.yaml', { cwd: root }).filter((path) =>
  textOf(path).includes('/OWNER/'),
);

function refuse(sentence: string): void {
  process.stderr.write(`${sentence} Nothing was published.\n`);
  process.exitCode = 1;
}

if (repository.url.includes('/OWNER/'))
  refuse('package.json still says OWNER in repository, bugs and homepage: write the account that publishes.');
else if (unnamed.length > 0)
  refuse(`The addresses of ${unnamed.length} blueprints still say OWNER: write the account that publishes.`);
