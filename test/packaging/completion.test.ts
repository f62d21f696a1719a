import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findProgram, installPackages } from '../home-assistant/processes.ts';

/** Completion in the real shells; as root on Debian those that are missing are installed. */
describe('completion', () => {
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-completion-'));
  after(() => rmSync(directory, { recursive: true, force: true }));

  const shells = ['bash', 'zsh', 'fish'] as const;
  before(async () => {
    for (const shell of shells) {
      if ((await findProgram(shell)) === undefined) await installPackages([shell]);
      const { status, stdout } = spawnSync(process.execPath, ['bin/monzo-bridge.js', 'completion', shell]);
      assert.equal(status, 0, shell);
      writeFileSync(join(directory, shell), stdout);
    }
  });

  const said = (shell: string, script: string): readonly string[] => {
    const file = join(directory, 'script');
    writeFileSync(file, script);
    const { stdout, stderr, status } = spawnSync(shell, [file, join(directory, shell)], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout.split('\n');
  };

  it('offers verbs, words and values in bash, and files where a file is meant', () => {
    const asked = [
      ['home-assistant', 'd'],
      ['home-assistant', 'dashboard', 'add', ''],
      ['--json', 'balances', '--by', ''],
      ['balances', '--b'],
      ['completion', ''],
      ['backup', ''],
    ];
    const lines = asked.map(
      (words) =>
        `COMP_WORDS=(monzo-bridge ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _monzo_bridge; echo "\${COMPREPLY[*]}"`,
    );
    const script = ['source "$1"', ...lines, 'complete -p monzo-bridge'].join('\n');
    assert.deepEqual(said('bash', script), [
      'dashboard devices',
      'administrators everyone',
      'day month',
      '--by --before',
      'bash zsh fish',
      '',
      'complete -o default -F _monzo_bridge monzo-bridge',
      '',
    ]);
  });

  it('completes what is typed in zsh', () => {
    const script = `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "autoload -Uz compinit; compinit -u -D; source $1; monzo-bridge() { print -r -- \\"ran<\\$*>\\" }"
zpty -w shell $'monzo-bridge home-a\\tda\\tadd ev\\t'
zpty -w shell $'monzo-bridge balances --by mo\\t'
zpty -w shell exit
while zpty -r shell line; do print -r -- $line; done
true`;
    const ran = [
      ...said('zsh', script)
        .join('\n')
        .matchAll(/ran<([a-z][^>]*)>/g),
    ].map(([, words]) => words);
    assert.deepEqual(ran, ['home-assistant dashboard add everyone', 'balances --by month']);
  });

  it('offers them with their meaning in fish', () => {
    const script = `source $argv[1]
complete -C "monzo-bridge home-assistant dashboard add "
complete -C "monzo-bridge balances --by "
complete -C "monzo-bridge --json bal"`;
    const words = said('fish', script).map((line) => line.split('\t'));
    assert.deepEqual(
      words.flatMap(([word = '']) => (word === '' ? [] : [word])),
      ['administrators', 'everyone', 'day', 'month', 'balances'],
    );
    assert.match(words.at(-2)?.[1] ?? '', /^balances of accounts/);
  });
});
