import { ensureBrowser } from './chromium.ts';

// Installs the browser before the test files run side by side: two installations at once would break each other.
ensureBrowser();
