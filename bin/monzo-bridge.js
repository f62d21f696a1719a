#!/usr/bin/env node
/* Plain syntax, because an old Node reads this file too: it must get as far as saying that it is too old. */
var wanted = 26;

function launch(fs) {
  /* A checkout has both and dist may be old; the installed package has only dist. */
  var sources = new URL('../src/launch.ts', import.meta.url);
  var built = new URL('../dist/launch.js', import.meta.url);
  return import(fs.existsSync(sources) ? sources.href : built.href);
}

if (Number(process.versions.node.split('.')[0]) >= wanted) {
  import('node:fs').then(launch).catch(function (error) {
    process.stderr.write(String((error && error.stack) || error) + '\n');
    process.exitCode = 1;
  });
} else {
  process.stderr.write(
    'monzo-bridge needs Node.js ' +
      wanted +
      ' or later, and this is ' +
      process.versions.node +
      '. Install a newer one from https://nodejs.org, or use the container image.\n',
  );
  /* As for a wrong setting (src/errors.ts): what starts services must not try again. */
  process.exitCode = 78;
}
