import { enableCompileCache } from 'node:module';
import { extname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

/** The first file of the process: prepares the engine, then loads the rest. */

// On a large machine the engine lets garbage grow to several times what is in use: it keeps the young generation at one MB,
// collects the rest once it has grown by a fifth, and gives back after a second what is free (decision 0017). The user's own
// flags win.
const given = [...process.execArgv, process.env['NODE_OPTIONS']].join(' ');
if (!/(?:space|heap|semi)[-_](?:size|growth|growing|space)/.test(given))
  for (const flag of ['--semi-space-growth-factor=1', '--heap-growing-percent=20', '--memory-pool-timeout=1'])
    setFlagsFromString(flag);

// Compiled code is kept beside the built program: whoever can write there can change the program itself. Where this process
// cannot, everything is compiled at each start.
if (extname(import.meta.filename) === '.js') enableCompileCache(join(import.meta.dirname, 'compiled'));

const start = async () => (await import('./main.ts')).run();
// The usual start needs no command line.
if (process.argv.slice(2).join(' ') === 'start') await start();
else await (await import('./cli/program.ts')).main(start);
