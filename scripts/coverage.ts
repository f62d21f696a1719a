import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { lcovFiles, roomsOf, type Room } from './lcov.ts';

/** Runs the tests once, and fails when they do or when a room of src is tested too little. */
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
if (!isEnough) console.error('The tests leave too much of the program unproven.');
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

/** The same files as `npm test` runs, from the one place that lists them. */
function patterns(): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: { readonly test: string };
  };
  return [...scripts.test.matchAll(/"([^"]+)"/g)].map(([, pattern = '']) => pattern);
}

/** Source files that do something when they run; those that only hold types are never loaded. */
function sources(): readonly string[] {
  return globSync('src/**/*.ts', { cwd: root, exclude: ['**/*.test.ts'] })
    .filter((path) => doesSomething(readFileSync(join(root, path), 'utf8')))
    .toSorted();
}

function doesSomething(source: string): boolean {
  const code = stripTypeScriptTypes(source).replaceAll(/\/\*[^]*?\*\/|\/\/.*|export \{\};?/g, '');
  return code.replaceAll(/[\s;]/g, '') !== '';
}

function tableOf(all: readonly Room[]): string {
  const rows = all.map(({ name, branches, percent, required }) => {
    const verdict = percent >= required ? '' : '  too little';
    const figures = `${percent.toFixed(1).padStart(6)} %  of ${String(branches).padStart(5)}`;
    return `${name.padEnd(16)}${figures}   needs ${required} %${verdict}`;
  });
  return ['Branches covered, by room', ...rows].join('\n');
}
