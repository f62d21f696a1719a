import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run as runOrThrow } from '../home-assistant/processes.ts';
import { ensureBase } from './base.ts';
import { mustBuildah } from './tools.ts';

const project = join(import.meta.dirname, '../..');

/** The image that all tests of this suite run: one for each checkout, because they share the storage. */
export const image = `localhost/monzo-bridge-test:${createHash('sha256').update(project).digest('hex').slice(0, 12)}`;

/** The labels that a release gives to its image. */
export const release = {
  VERSION: (JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as { version: string }).version,
  REVISION: '0123456789abcdef0123456789abcdef01234567',
  CREATED: '2026-11-28T12:00:00Z',
  SOURCE: 'https://example.org/monzo-bridge',
  HASS_ARCH: process.arch === 'arm64' ? 'aarch64' : 'amd64',
} as const;

/** Docker's format keeps the health check; the timestamp is that of a reproducible build. */
const manner = '--isolation chroot --network host --pull-never --format docker --timestamp 0'.split(' ');

/** In the settings of npm while building, as a token would be: it must be in no layer. */
export const buildSecret = 'a-token-that-only-the-build-may-know';

export interface BuildOptions {
  readonly tag?: string;
  /** Whether every instruction is run again. */
  readonly isAnew?: boolean;
}

/** Builds the Dockerfile as it stands, on the base of this suite. The timestamps are those of a reproducible build. */
export async function buildImage({ tag = image, isAnew = false }: BuildOptions = {}): Promise<string> {
  const base = await ensureBase();
  const settings = mkdtempSync(join(tmpdir(), 'monzo-bridge-npm-'));
  try {
    const args = Object.entries({ BASE: base, ...release }).flatMap(([name, value]) => [
      '--build-arg',
      `${name}=${value}`,
    ]);
    const mounts = (await npmSettings(settings)).flatMap(([from, to]) => ['--volume', `${from}:${to}:ro`]);
    const cache = isAnew ? ['--layers', '--no-cache'] : ['--layers'];
    await mustBuildah('build', ...manner, ...cache, ...args, ...mounts, '--tag', tag, project);
  } finally {
    rmSync(settings, { recursive: true, force: true });
  }
  return tag;
}

/** Of the user who builds inside. */
const rootHome = '/root';

/** How this machine's npm reaches its registry, as mounts while building: they are in no layer. */
async function npmSettings(directory: string): Promise<readonly (readonly [from: string, to: string])[]> {
  const valueOf = async (name: string) =>
    (await runOrThrow({ file: 'npm', args: ['config', 'get', name, '--no-workspaces'] })).trim();
  const userConfig = await valueOf('userconfig');
  const globalConfig = await valueOf('globalconfig');
  const certificates = [
    await valueOf('cafile'),
    process.env['NODE_EXTRA_CA_CERTS'],
    process.env['SSL_CERT_FILE'],
  ].find((path) => path !== undefined && path !== 'null' && existsSync(path));
  const given = existsSync(globalConfig) ? readFileSync(globalConfig, 'utf8') : '';
  const certificatesLine =
    certificates === undefined ? '' : '\ncafile=/etc/monzo-bridge-build/certificates.pem\n';
  const secretLine = `\n//packages.invalid/:_authToken=${buildSecret}\n`;
  const global = given.replaceAll(/^cafile\s*=.*$/gm, '') + certificatesLine + secretLine;
  writeFileSync(join(directory, 'npmrc'), global);
  if (certificates !== undefined) copyFileSync(certificates, join(directory, 'certificates.pem'));
  return [
    [directory, '/etc/monzo-bridge-build'],
    [join(directory, 'npmrc'), '/usr/local/etc/npmrc'],
    ...(existsSync(userConfig) ? ([[userConfig, `${rootHome}/.npmrc`]] as const) : []),
  ];
}
