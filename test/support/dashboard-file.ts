import { join } from 'node:path';
import { build, type Rolldown } from 'vite';

export interface BuiltFile {
  /** The script that Home Assistant loads. */
  readonly code: string;
  /** The names of all that the build would write. */
  readonly names: readonly string[];
}

/** Builds the dashboard's file from the sources as they are; writes nothing. */
export async function builtDashboardFile(): Promise<BuiltFile> {
  const configFile = join(import.meta.dirname, '../../card/vite.config.ts');
  const built = (await build({ configFile, build: { write: false } })) as readonly Rolldown.RolldownOutput[];
  const parts = built.flatMap(({ output }) => output);
  return {
    code: parts.map((part) => (part.type === 'chunk' ? part.code : '')).join(''),
    names: parts.map(({ fileName }) => fileName),
  };
}
