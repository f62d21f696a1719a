#!/usr/bin/env node
/* Plain syntax, because an old Node reads this file too: it must get as far as saying that it is too old. */
var wanted = 26;

function launch(fs) {
  /* A checkout has both and dist may be old; the installed package has only dist. */
  var isCheckout = fs.existsSync(new URL('../src/cli/program.ts', import.meta.url));
  function load(name) {
    var path = isCheckout ? '../src/' + name + '.ts' : '../dist/' + name + '.js';
    return import(new URL(path, import.meta.url).href);
  }
  function start() {
    return load('main').then(function (program) {
      return program.run();
    });
  }
  return load('cli/program').then(function (cli) {
    return cli.main(start);
  });
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
  process.exitCode = 1;
}
