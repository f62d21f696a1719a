import { createHash } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectComponents, componentList, type Component } from './components.ts';

/**
 * Writes dist/: the program with its libraries in a few files, the page, and the dashboard's file. With `--if-changed` only where something that
 * goes into it has changed since. Few files start faster and need less memory than many (decision 0017).
 */
const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const stamp = join(dist, 'built-from.txt');
const inputs = [
  'package-lock.json',
  'vite.config.ts',
  'scripts/{build,components,page-plugins}.ts',
  'src/**/*.ts',
  'web/**/*.*',
  'card/**/*.*',
];

function digestOfInputs(): string {
  const hash = createHash('sha256');
  for (const path of globSync(inputs, { cwd: root }).toSorted())
    if (!path.endsWith('.test.ts')) hash.update(`${path}\n`).update(readFileSync(join(root, path)));
  return `${hash.digest('hex')}\n`;
}

function builtFrom(): string | null {
  try {
    return readFileSync(stamp, 'utf8');
  } catch {
    return null;
  }
}

async function buildAll(digest: string): Promise<void> {
  const { build } = await import('vite');
  const components = new Map<string, Component>();
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    ssr: { noExternal: true },
    plugins: [
      collectComponents(root, components),
      {
        name: 'ascii',
        // Not earlier: what prints the chunks writes the characters as they were.
        generateBundle: (_, bundle) => {
          for (const part of Object.values(bundle)) if (part.type === 'chunk') part.code = inAscii(part.code);
        },
      },
    ],
    build: {
      ssr: true,
      outDir: dist,
      emptyOutDir: true,
      target: 'esnext',
      minify: false,
      license: { fileName: 'licences.md' },
      rolldownOptions: {
        // What the launcher and the image load first; the others are started as a thread and as a process.
        input: [
          'src/launch.ts',
          'src/container.ts',
          'src/store/query-worker.ts',
          'src/store/integrity.ts',
        ].map((path) => join(root, path)),
        // Side by side, as the program expects the files that it starts.
        output: {
          entryFileNames: '[name].js',
          chunkFileNames: '[name].js',
          comments: false,
          minifyInternalExports: false,
        },
      },
    },
  });
  await build({
    configFile: join(root, 'vite.config.ts'),
    plugins: [collectComponents(root, components)],
    build: { license: { fileName: 'licences.md' } },
  });
  await build({
    configFile: join(root, 'card/vite.config.ts'),
    plugins: [collectComponents(root, components)],
  });
  writeFileSync(join(dist, 'components.cdx.json'), componentList(root, components.values()));
  writeFileSync(stamp, digest);
}

/** V8 keeps the text of a file as long as the program runs, in two bytes a character where one of them needs two. */
function inAscii(code: string): string {
  return code.replaceAll(
    /[^\0-\x7f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const digest = digestOfInputs();
const isOnlyIfChanged = process.argv.includes('--if-changed');
if (!isOnlyIfChanged || digest !== builtFrom()) {
  if (isOnlyIfChanged) process.stdout.write('Building the bridge, because its sources have changed.\n');
  await buildAll(digest);
}
