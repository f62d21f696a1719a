import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The process environment, completed from `.env` in the working directory; what the process has wins, empty means unset. */
export function readEnvironment(directory: string, processEnvironment: Environment): Environment {
  const path = join(directory, '.env');
  if (!existsSync(path)) return processEnvironment;
  const given = Object.entries(processEnvironment).filter(([, value]) => value !== undefined && value !== '');
  return { ...parseEnv(readFileSync(path, 'utf8')), ...Object.fromEntries(given) };
}
