/* Ends a script that would run on another Node than the pinned one. Plain syntax, because an old Node reads this. */
var pinned = require('./package.json').version;

if (process.versions.node !== pinned) {
  process.stderr.write(
    'This script needs Node.js ' +
      pinned +
      ', which npm ci installs, and this is ' +
      process.versions.node +
      ': run npm ci again, and if that does not help, either there is no package of it for ' +
      process.platform +
      '-' +
      process.arch +
      ' (then install that version yourself), or npm left it out because it differs from package-lock.json (then do not run anything, and find out why).\n',
  );
  process.exit(1);
}
