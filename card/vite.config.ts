import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
  readonly version: string;
};

/** Markup and styles stand in template literals, where the minifier has to keep every space. */
const withoutIndentation: Plugin = {
  name: 'without-indentation',
  enforce: 'pre',
  transform: (code, id) => (/\/card\/.*\.ts$/.test(id) ? withoutSpaces(code) : null),
};

function withoutSpaces(code: string): string {
  return code
    .replaceAll(/css`[^`]*`/g, (sheet) => sheet.replaceAll(/\s*([{};,])\s*|(:)\s+/g, '$1$2'))
    .replaceAll(/>\n\s*</g, '><')
    .replaceAll(/\n\s+/g, '\n');
}

/**
 * The dashboard's file: one script without imports, because Home Assistant takes a single address, which may be the
 * file's whole content as a `data:` address. A function of its own keeps its names out of the page.
 */
export default defineConfig({
  root: import.meta.dirname,
  logLevel: 'warn',
  plugins: [withoutIndentation],
  resolve: { alias: { 'lit/html.js': join(import.meta.dirname, 'markup.ts') } },
  define: { BRIDGE_VERSION: JSON.stringify(version) },
  build: {
    outDir: '../dist/card',
    emptyOutDir: true,
    target: 'es2022',
    license: { fileName: 'licences.md' },
    lib: { entry: 'main.ts', name: 'monzoBridge', formats: ['iife'], fileName: () => 'monzo-bridge.js' },
    rolldownOptions: {
      // The file also travels alone.
      output: { postBanner: '/*! monzo-bridge, Apache-2.0 */' },
    },
  },
});
