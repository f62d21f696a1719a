import { defineConfig } from 'vite';
import { compressedPlugin, shellPlugin, workerName } from './scripts/page-plugins.ts';

/** The page: relative addresses only, because Home Assistant serves it below a path that changes. */
export default defineConfig({
  root: 'web',
  base: './',
  logLevel: 'warn',
  plugins: [shellPlugin, compressedPlugin],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // Inlined files would be `data:` addresses, which the content security policy forbids.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: 'web/index.html', [workerName]: 'web/offline/service-worker.ts' },
      output: {
        // Browsers ask for six files at a time: what several pages share is one.
        codeSplitting: {
          groups: [{ name: 'shared', test: /^(?!.*[/]web[/]offline[/]).*[.](?:ts|js)$/, minShareCount: 2 }],
        },
        entryFileNames: ({ name }) => (name === workerName ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
  },
});
