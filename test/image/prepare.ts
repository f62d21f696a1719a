import { buildImage } from './build.ts';
import { ensureTools } from './tools.ts';

// Before the test files: two builds at once would only wait for each other.
await ensureTools();
await buildImage();
