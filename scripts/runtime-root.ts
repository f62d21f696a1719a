import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/**
 * Lays out what the image consists of, in the stage that built the bridge: `root` belongs to root, `given` to the bridge's
 * user. Node is this process, its libraries are what the system's loader says; the rest are a few lines of text.
 */
const [target = '/runtime'] = process.argv.slice(2);
const root = join(target, 'root');
const project = join(import.meta.dirname, '..');
const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  type: z.string(),
  license: z.string(),
});

const textFiles: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/:/sbin/nologin\nnode:x:1000:1000:node:/data:/sbin/nologin\n',
  'etc/group': 'root:x:0:\nnode:x:1000:\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
  // In place of the launcher that other machines have: whoever starts anything here stops being root first.
  'app/bin/monzo-bridge.js': `#!${process.execPath}\nimport '../dist/container.js';\n`,
};

/** Every library that the loader maps for a program, and the loader itself, by the paths it looks for them. */
function librariesOf(program: string): readonly string[] {
  const listed = execFileSync('ldd', [program], { encoding: 'utf8' });
  return [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
}

function copy(path: string): void {
  const to = join(root, path);
  mkdirSync(dirname(to), { recursive: true });
  // Without links: the loader is looked for by this very name.
  copyFileSync(path, to);
}

copy(process.execPath);
for (const library of librariesOf(process.execPath)) copy(library);
for (const [path, text] of Object.entries(textFiles)) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
for (const path of ['dist', 'LICENSE'])
  cpSync(join(project, path), join(root, 'app', path), { recursive: true });
// What the program reads of it; the rest is about its development.
const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')));
writeFileSync(join(root, 'app/package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
chmodSync(join(root, 'app/bin/monzo-bridge.js'), 0o755);
symlinkSync('/app/bin/monzo-bridge.js', join(root, 'usr/local/bin/monzo-bridge'));
execFileSync('chmod', ['-R', 'a+rX,go-w', root]);
mkdirSync(join(root, 'tmp'));
chmodSync(join(root, 'tmp'), 0o1777);
// Open to the group of root as well: whoever is no user of the image (`--user 1234`) belongs to that group.
mkdirSync(join(target, 'given/data'), { recursive: true });
chmodSync(join(target, 'given/data'), 0o770);
