import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { lcovFiles, roomsOf, type Room } from './lcov.ts';

/** Runs the tests once, and fails if a test fails or the coverage of a room of src is too low. */
const root = join(import.meta.dirname, '..');
const report = 'coverage/lcov.info';

mkdirSync(join(root, 'coverage'), { recursive: true });
const status = runTests();
const files = lcovFiles(readFileSync(join(root, report), 'utf8'));
const unseen = sources().filter((path) => !files.some((file) => file.path === path));
const rooms = roomsOf(files);
console.log(`\n${tableOf(rooms)}`);
for (const path of unseen) console.error(`No test loads ${path}.`);
const isEnough = unseen.length === 0 && rooms.every(({ percent, required }) => percent >= required);
if (!isEnough) console.error('The coverage is too low.');
process.exitCode = status === 0 && isEnough ? 0 : 1;

function runTests(): number {
  const reporters = [
    '--test-reporter=dot',
    '--test-reporter-destination=stdout',
    '--test-reporter=lcov',
    `--test-reporter-destination=${report}`,
  ];
  const coverage = [
    '--experimental-test-coverage',
    '--test-coverage-include=src/**/*.ts',
    '--test-coverage-exclude=**/*.test.ts',
  ];
  const run = spawnSync(process.execPath, ['--test', ...coverage, ...reporters, ...patterns()], {
    cwd: root,
    stdio: 'inherit',
  });
  return run.status ?? 1;
}

/** The patterns of `npm test`, from package.json. */
function patterns(): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: { readonly test: string };
  };
  return [...scripts.test.matchAll(/"([^"]+)"/g)].map(([, pattern = '']) => pattern);
}

/** Source files with code; files that hold only types are never loaded. */
function sources(): readonly string[] {
  return globSync('src/**/*.ts', { cwd: root, exclude: ['**/*.test.ts'] })
    .filter((path) => hasCode(readFileSync(join(root, path), 'utf8')))
    .toSorted();
}

function hasCode(source: string): boolean {
  const code = stripTypeScriptTypes(source).replaceAll(/\/\*[^]*?\*\/|\/\/.*|export \{\};?/g, '');
  return code.replaceAll(/[\s;]/g, '') !== '';
}

function tableOf(all: readonly Room[]): string {
  const rows = all.map(({ name, branches, percent, required }) => {
    const verdict = percent >= required ? '' : '  too low';
    const figures = `${percent.toFixed(1).padStart(6)} %  of ${String(branches).padStart(5)}`;
    return `${name.padEnd(16)}${figures}   needs ${required} %${verdict}`;
  });
  return ['Branches covered, by room', ...rows].join('\n');
}
