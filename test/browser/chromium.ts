import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const isRoot = process.getuid?.() === 0;

/** Leads to this machine, by a name that the bridge does not answer to. */
export const strangeHost = 'bank.example.com';

/**
 * Starts the system's own Chromium without a window, and without the calls home it would make by itself. Beside the
 * loopback address it reaches the named hosts alone.
 */
export async function launchBrowser(
  hosts: readonly string[] = [],
  {
    letters = 16,
  }: { /** The size of letters that the person has set, in pixels. */ readonly letters?: number } = {},
): Promise<Browser> {
  const reached = ['127.0.0.1', ...hosts].map((host) => `EXCLUDE ${host}`).join(', ');
  return chromium.launch({
    executablePath: ensureBrowser(),
    args: [
      ...(isRoot ? ['--no-sandbox'] : []),
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      `--blink-settings=defaultFontSize=${letters}`,
      // Nobody outside is asked, whatever a test or the browser itself would like to know.
      `--host-resolver-rules=MAP ${strangeHost} 127.0.0.1, MAP * ~NOTFOUND, ${reached}`,
    ],
  });
}

/** The path of the system's Chromium, installed first where that is possible. Throws where there is none. */
export function ensureBrowser(): string {
  return find() ?? install();
}

function find(): string | null {
  const named = process.env['CHROMIUM'];
  if (named !== undefined && named !== '') return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function install(): string {
  if (isRoot) {
    const apt = (...words: string[]) => spawnSync('apt-get', words, { stdio: 'inherit' });
    apt('update');
    apt(
      'install',
      '--yes',
      '--no-install-recommends',
      'chromium',
      'fonts-dejavu-core',
      'fonts-noto-color-emoji',
    );
  }
  const found = find();
  if (found !== null) return found;
  throw new Error('There is no Chromium here. Install one, or name it in the environment variable CHROMIUM.');
}
