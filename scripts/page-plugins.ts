import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import type { Shell } from '../web/offline/build.ts';

/** The name of the service worker’s part in the build; its file stands beside the page, because that is as far as it may reach. */
export const workerName = 'service-worker';

/** Tells the service worker which files the page has. Throws where the worker would need another file to run. */
export const shellPlugin: Plugin = {
  name: 'shell',
  enforce: 'post',
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      const worker = bundle[`${workerName}.js`];
      const page = bundle['index.html'];
      if (worker?.type !== 'chunk' || page?.type !== 'asset')
        throw new Error('The page has no service worker.');
      if (worker.imports.length > 0) throw new Error('The service worker must be one file.');
      const files = Object.keys(bundle).filter((name) => name.startsWith('assets/'));
      const [entry] = /assets\/index-[^"]+\.js/.exec(String(page.source)) ?? [];
      if (entry === undefined) throw new Error('The page does not load itself.');
      const digest = createHash('sha256').update(`${files.join('\n')}\n${String(page.source)}`);
      const shell: Shell = { version: digest.digest('hex').slice(0, 16), entry, files };
      worker.code = `const shellOfBuild=${JSON.stringify(shell)};\n${worker.code}`;
    },
  },
};

/** Lays each file of the page beside itself once more, compressed in the way that every proxy understands. */
export const compressedPlugin: Plugin = {
  name: 'compressed',
  writeBundle({ dir = '' }, bundle) {
    for (const name of Object.keys(bundle))
      if (/\.(?:html|js|css|svg)$/.test(name))
        writeFileSync(join(dir, `${name}.gz`), gzipSync(readFileSync(join(dir, name)), { level: 9 }));
  },
};
