import { buildImage } from './build.ts';
import { ensureTools, mustPodman } from './tools.ts';

// Before the test files: two builds at once would only wait for each other.
await ensureTools();
await buildImage();
// What earlier builds left behind makes the next one faster, until it is too much.
const unnamed = await mustPodman('images', '--quiet', '--filter', 'dangling=true');
if (unnamed.split('\n').length > 40) await mustPodman('image', 'prune', '--force');
