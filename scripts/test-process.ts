import { resolve } from 'node:path';
import { suite } from 'node:test';
import { pathToFileURL } from 'node:url';

const patience = 30_000;

/** Runs test files in this process, one after the other, each as a suite of its name. Paths are relative to `root`. */
export async function runFiles(root: string, paths: readonly string[]): Promise<void> {
  // A test that waits for what never comes would keep Node's runner waiting too, with nothing left to wake it.
  process.once('beforeExit', () => {
    const giveUp = () => {
      process.stderr.write(`A test of these files waits for what never comes: ${paths.join(', ')}\n`);
      process.exit(1);
    };
    setTimeout(giveUp, patience).unref();
  });
  for (const path of paths) await suite(path, () => import(pathToFileURL(resolve(root, path)).href));
}
