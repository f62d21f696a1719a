import { defineConfig } from 'vite';

/** The page: relative addresses only, because Home Assistant serves it below a path that changes. */
export default defineConfig({
  root: 'web',
  base: './',
  logLevel: 'warn',
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // Inlined files would be `data:` addresses, which the content security policy forbids.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
