import { enableCompileCache } from 'node:module';
import { extname, join } from 'node:path';

/** The first file of the process: prepares the engine, then loads the rest. */

// Compiled code is kept beside the built program: whoever can write there can change the program itself. Where this process
// cannot, everything is compiled at each start.
if (extname(import.meta.filename) === '.js') enableCompileCache(join(import.meta.dirname, 'compiled'));

const start = async () => (await import('./main.ts')).run();
// The usual start needs no command line.
if (process.argv.slice(2).join(' ') === 'start') await start();
else await (await import('./cli/program.ts')).main(start);
