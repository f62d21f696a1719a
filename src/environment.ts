import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Adds what `.env` in the working directory sets. The process environment wins; a variable that is empty there is unset. */
export function readEnvironment(directory: string, processEnvironment: Environment): Environment {
  const path = join(directory, '.env');
  if (!existsSync(path)) return processEnvironment;
  const given = Object.entries(processEnvironment).filter(([, value]) => value !== undefined && value !== '');
  return { ...parseEnv(readFileSync(path, 'utf8')), ...Object.fromEntries(given) };
}

const manifest = z.object({ version: z.string() });

/** The version in the package's manifest. */
export function versionOfPackage(): string {
  return manifest.parse(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')))
    .version;
}
