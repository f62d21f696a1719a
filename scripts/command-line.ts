import { PassThrough, Writable } from 'node:stream';
import { createProgram } from '../src/cli/program.ts';
import { systemClock } from '../src/clock.ts';
import type { WrittenPart } from './written-parts.ts';

/** Every verb of the command line, with the example of its help. */
export const verbsPart: WrittenPart = ['src/cli', verbTable];

function verbTable(): string {
  let printed = '';
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      printed += String(chunk);
      done();
    },
  });
  const program = createProgram(
    {
      argv: [],
      env: {},
      cwd: '/',
      program: { node: '', launcher: '' },
      stdin: new PassThrough(),
      stdout,
      stderr: stdout,
      fetch: globalThis.fetch,
      clock: systemClock,
      start: async () => {},
    },
    () => {},
  );
  const rows = (command: typeof program, path: string): readonly string[] =>
    command.commands.flatMap((verb) => {
      const own = `${path} ${verb.name()}`.trim();
      printed = '';
      verb.outputHelp();
      const example = /\nExample:\n {2}(.*)\n/.exec(printed)?.[1];
      const row = `| \`${own}\` | ${verb.description()} | ${example === undefined ? '' : `\`${cell(example)}\``} |`;
      return [...(example === undefined ? [] : [row]), ...rows(verb, own)];
    });
  return ['| verb | what it does | example |', '| --- | --- | --- |', ...rows(program, '')].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`);
}
