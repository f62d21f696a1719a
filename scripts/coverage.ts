import { globSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join, relative } from 'node:path';

/** How many branches and functions of one source file ran. */
export interface CoveredFile {
  /** Absolute. */
  readonly path: string;
  readonly totalBranchCount: number;
  readonly coveredBranchCount: number;
  readonly totalFunctionCount: number;
  readonly coveredFunctionCount: number;
}

export interface CoverageVerdict {
  readonly lines: readonly string[];
  readonly isEnough: boolean;
}

interface Room {
  readonly name: string;
  readonly branches: number;
  /** From 0 to 100. */
  readonly percent: number;
  readonly required: number;
}

/** Almost no branch may stay untested in the rooms that handle money and events. */
const strict: ReadonlySet<string> = new Set(['domain', 'store', 'ingest', 'commands']);
const requiredOf = (room: string) => (strict.has(room) ? 95 : 85);

/** Compares the branch coverage of every room of src with its limit, and finds the files that no test loaded. */
export function coverageVerdict(root: string, files: readonly CoveredFile[]): CoverageVerdict {
  const named = files.map((file) => ({
    ...file,
    path: relative(root, file.path).replaceAll('\\', '/'),
  }));
  const rooms = roomsOf(named);
  const loaded = new Set(named.map(({ path }) => path));
  const unloaded = sourcesOf(root).filter((path) => !loaded.has(path));
  const isEnough = unloaded.length === 0 && rooms.every(({ percent, required }) => percent >= required);
  return {
    isEnough,
    lines: [
      'Branches covered, by room',
      ...rooms.map(lineOf),
      ...unloaded.map((path) => `No test loads ${path}.`),
      ...(isEnough ? [] : ['The coverage is below its limit.']),
    ],
  };
}

/** Adds the files up by their folder below src; a file directly in src belongs to the room `src`. */
function roomsOf(files: readonly CoveredFile[]): readonly Room[] {
  const grouped = Map.groupBy(files, ({ path }) => /^src\/([^/]+)\//.exec(path)?.[1] ?? 'src');
  return [...grouped]
    .map(([name, members]) => {
      const branches = members.reduce((sum, file) => sum + branchesOf(file), 0);
      const covered = members.reduce((sum, file) => sum + file.coveredBranchCount, 0);
      const percent = branches === 0 ? 100 : (covered / branches) * 100;
      return { name, branches, percent, required: requiredOf(name) };
    })
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

/** The report counts no branches inside a function that never ran, so the function itself counts as a missed one. */
function branchesOf({ totalBranchCount, totalFunctionCount, coveredFunctionCount }: CoveredFile): number {
  return totalBranchCount + totalFunctionCount - coveredFunctionCount;
}

/** Source files with code that runs; files that hold only types are never loaded. */
function sourcesOf(root: string): readonly string[] {
  return globSync('src/**/*.ts', { cwd: root, exclude: ['**/*.test.ts'] })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => hasCode(readFileSync(join(root, path), 'utf8')))
    .toSorted();
}

function hasCode(source: string): boolean {
  const code = stripTypeScriptTypes(source).replaceAll(/\/\*[^]*?\*\/|\/\/.*|export \{\};?/g, '');
  return code.replaceAll(/[\s;]/g, '') !== '';
}

function lineOf({ name, branches, percent, required }: Room): string {
  const verdict = percent >= required ? '' : '  too little';
  const figures = `${percent.toFixed(1).padStart(6)} %  of ${String(branches).padStart(5)}`;
  return `${name.padEnd(16)}${figures}   needs ${required} %${verdict}`;
}
