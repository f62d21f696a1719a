import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A text file of the project; the path is relative to the project's root, with forward slashes. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
}

const root = join(import.meta.dirname, '../..');

/** The text of one file of the project. */
export function readProjectFile(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** All files below a folder that are not ignored by git; none where the folder does not exist. */
export function filesBelow(folder: string): readonly string[] {
  const isIgnored = ignoring(readProjectFile('.gitignore'));
  const walk = (path: string): readonly string[] =>
    readdirSync(join(root, path), { withFileTypes: true }).flatMap((entry) => {
      const below = path === '' ? entry.name : `${path}/${entry.name}`;
      if (isIgnored(below)) return [];
      return entry.isDirectory() ? walk(below) : entry.isFile() ? [below] : [];
    });
  try {
    return walk(folder).toSorted();
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw thrown;
  }
}

/** Reads the few forms of ignore lines that this project uses: a name, a folder, `*.ending`, `/from/the/root`. */
function ignoring(lines: string): (path: string) => boolean {
  const patterns = ['.git', ...lines.split('\n').filter((line) => line !== '' && !line.startsWith('#'))].map(
    (line) => line.replace(/\/$/, ''),
  );
  return (path) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return patterns.some((pattern) => {
      if (pattern.startsWith('*')) return name.endsWith(pattern.slice(1));
      return pattern.startsWith('/') ? path === pattern.slice(1) : name === pattern;
    });
  };
}

/** The TypeScript files below some folders. */
export function typeScriptBelow(folders: readonly string[]): readonly ProjectFile[] {
  return folders
    .flatMap(filesBelow)
    .filter((path) => /\.m?ts$/.test(path) && !path.endsWith('.d.ts'))
    .map((path) => ({ path, text: readProjectFile(path) }));
}
