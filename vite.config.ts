import { defineConfig } from 'vite';
import { shellPlugin, workerName } from './scripts/shell-plugin.ts';

/** The page: relative addresses only, because Home Assistant serves it below a path that changes. */
export default defineConfig({
  root: 'web',
  base: './',
  logLevel: 'warn',
  plugins: [shellPlugin],
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
        entryFileNames: ({ name }) => (name === workerName ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
  },
});
