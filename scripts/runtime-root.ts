import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { extendedList, type Component } from './components.ts';

/**
 * Lays out what the image consists of, in the stage that built the bridge: `root` belongs to root, `given` to the bridge's
 * user. Node is this process, its libraries are what the system's loader says; the rest are a few lines of text.
 */
const [target = '/runtime'] = process.argv.slice(2);
/** The bridge's user in the image. */
const user = 1000;
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

/** The package of Debian that a file comes from, as a component; its terms are copied. */
function debianComponent(path: string): Component {
  const owned = [realpathSync(path), path].flatMap((name) => [name, name.replace(/^\/usr/, '')]);
  const names = owned.map((name) => spawnSync('dpkg-query', ['--search', name], { encoding: 'utf8' }).stdout);
  const [, name = ''] = /^([^:,\s]+)/m.exec(names.join('')) ?? [];
  if (name === '') throw new Error(`No package of Debian holds ${path}.`);
  const format = '${Version} ${Architecture} ${source:Package}';
  const described = execFileSync('dpkg-query', ['--show', `--showformat=${format}`, name], {
    encoding: 'utf8',
  });
  const [version = '', architecture = '', source = ''] = described.split(' ');
  const [, release = ''] = /^VERSION_ID="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? [];
  const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}&distro=debian-${release}`;
  // A slim Debian keeps the terms, but not the links to those that several packages share.
  const terms = [name, `${source}-base`].map((owner) => `/usr/share/doc/${owner}/copyright`);
  const found = terms.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`The terms of ${name} are missing: ${terms.join(', ')}.`);
  copy(found, `/usr/share/doc/${name}/copyright`);
  // The terms only name these, and they must come along.
  const licences = readFileSync(found, 'utf8').matchAll(/\/usr\/share\/common-licenses\/[\w.-]*\w/g);
  for (const [licence] of licences) copy(licence);
  return { type: 'library', 'bom-ref': purl, name, version, purl };
}

/** Node as such: nothing else in the image says which one it is. */
function nodeComponent(): Component {
  const version = process.versions.node;
  const purl = `pkg:generic/node@${version}`;
  const content = createHash('sha256').update(readFileSync(process.execPath)).digest('hex');
  const hashes = [{ alg: 'SHA-256' as const, content }];
  return { type: 'platform', 'bom-ref': purl, name: 'node', version, purl, hashes };
}

/**
 * The engine keeps compiled code by user: the bridge's user compiles it, and then nobody can change it. Nothing is started.
 * With the same seed two builds keep the same bytes; the engine of the bridge has another seed and uses them all the same.
 */
function compile(): void {
  const compiled = join(project, 'dist/compiled');
  mkdirSync(compiled);
  chownSync(compiled, user, user);
  const code = `process.argv.push('', '--version');
    for (const part of ['launch', 'main', 'private', 'public']) await import('${project}/dist/' + part + '.js');`;
  const args = ['--random-seed=1', '--input-type=module', '--eval', code];
  execFileSync(process.execPath, args, { uid: user, gid: user, env: { MALLOC_ARENA_MAX: '1' } });
}

function copy(path: string, place = path): void {
  const to = join(root, place);
  mkdirSync(dirname(to), { recursive: true });
  // Without links: the loader is looked for by this very name.
  copyFileSync(path, to);
}

compile();
copy(process.execPath);
// Where the official image has the terms of Node.
if (existsSync('/usr/local/LICENSE')) copy('/usr/local/LICENSE', '/usr/share/doc/node/copyright');
const libraries = librariesOf(process.execPath);
for (const library of libraries) copy(library);
for (const [path, text] of Object.entries(textFiles)) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
for (const path of ['dist', 'blueprints', 'LICENSE'])
  cpSync(join(project, path), join(root, 'app', path), { recursive: true });
const list = join(root, 'app/dist/components.cdx.json');
const more = new Map(
  [nodeComponent(), ...libraries.map(debianComponent)].map((component) => [component.purl, component]),
);
writeFileSync(list, extendedList(readFileSync(list, 'utf8'), [...more.values()]));
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
