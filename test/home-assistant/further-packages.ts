import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Environment, Installation } from './install.ts';
import { run } from './processes.ts';

/**
 * The packages of integrations that the rig's Home Assistant does not have: exactly these, without what they need in
 * turn, which it has. Each integration's lie in a directory of their own, so no other test sees them.
 */
const packages = {
  homekit: [
    'HAP-python==5.0.0',
    'PyQRCode==1.2.1',
    'base36==0.1.1',
    'chacha20poly1305-reuseable==0.13.2',
    'homekit-audio-proxy==1.2.1',
  ],
  homekit_controller: ['aiohomekit==4.0.1', 'chacha20poly1305==0.0.3', 'chacha20poly1305-reuseable==0.13.2'],
  mcp_server: [
    'aiohttp-sse==2.2.0',
    'click==8.5.1',
    'jsonschema==4.26.0',
    'jsonschema-specifications==2025.9.1',
    'mcp==2.3.0',
    'mcp-types==2.3.0',
    'opentelemetry-api==1.45.2',
    'python-multipart==0.0.34',
    'referencing==0.37.0',
    'rpds-py==2026.9.1',
    'sse-starlette==3.7.0',
    'starlette==1.10.0',
    'uvicorn==0.54.0',
  ],
  monzo: ['monzopy==1.8.0'],
} as const;

/** An integration of Home Assistant that only some tests load. */
export type FurtherIntegration = keyof typeof packages;

export const furtherIntegrations = Object.keys(packages) as readonly FurtherIntegration[];

/**
 * Installs what these integrations need, where it is missing, and returns the environment in which Python finds it.
 * `first` are directories in which it looks before, as Home Assistant's side calls them.
 */
export async function furtherPackages(
  installation: Installation,
  integrations: readonly FurtherIntegration[],
  first: readonly string[] = [],
): Promise<Environment> {
  const { furtherDirectory } = installation;
  const directories: string[] = [];
  for (const integration of furtherDirectory === null ? [] : integrations) {
    const directory = join(furtherDirectory ?? '', integration);
    await fill(installation, directory, packages[integration]);
    directories.push(installation.inside(directory));
  }
  const paths = [...first, ...directories];
  return paths.length === 0 ? {} : { PYTHONPATH: paths.join(delimiter) };
}

async function fill(installation: Installation, directory: string, wanted: readonly string[]): Promise<void> {
  const list = join(directory, 'complete.txt');
  const text = wanted.join('\n');
  if ((await readFile(list, 'utf8').catch(() => '')) === text) return;
  process.stderr.write(`home-assistant: installing ${wanted.join(' ')}\n`);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const pip = ['-m', 'pip', 'install', '-q', '--no-deps', '--prefer-binary'];
  await run(installation.python([...pip, '--target', installation.inside(directory), ...wanted]));
  await writeFile(list, text);
}
