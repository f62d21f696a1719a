/* Ends a script that would run on another Node than the pinned one. Plain syntax, because an old Node reads this. */
var fs = require('fs');
var path = require('path');
var pinned = require('./package.json').version;

if (process.versions.node !== pinned) {
  var needed = 'This script needs Node.js ' + pinned + ', and this is ' + process.versions.node + ': ';
  var isInstalled = fs.existsSync(path.join(__dirname, '..', '..', 'node_modules', 'monzo-bridge-node'));
  process.stderr.write(
    needed +
      (isInstalled
        ? 'run npm ci again, which installs it, and if that does not help, either there is no package of it for ' +
          process.platform +
          '-' +
          process.arch +
          ' (then install that version yourself), or npm left it out because it differs from package-lock.json (then do not run anything, and find out why).\n'
        : 'run npm ci first, which installs it.\n'),
  );
  process.exit(1);
}
