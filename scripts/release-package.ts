import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Refuses to publish a package whose manifest does not say yet who publishes it (docs/releasing.md). */

const path = join(import.meta.dirname, '../package.json');
const { repository } = z
  .object({ repository: z.object({ url: z.string() }) })
  .parse(JSON.parse(readFileSync(path, 'utf8')));

if (repository.url.includes('/OWNER/')) {
  process.stderr.write(
    'package.json still says OWNER in repository, bugs and homepage: write the account that publishes. Nothing was published.\n',
  );
  process.exitCode = 1;
}
