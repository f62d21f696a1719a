import { Argument, type Command } from 'commander';
import { exampleText } from './route-verb.ts';
import { show, type Run } from './cli-session.ts';

/** What may follow at one place of the command tree. */
interface Place {
  /** The verbs that lead here; empty for the program itself. */
  readonly path: string;
  readonly verbs: readonly Word[];
  readonly options: readonly Word[];
  /** The words that an argument may be, where only some are possible. */
  readonly choices: readonly string[];
  /** The values of options that have only some, by flag. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

interface Word {
  readonly word: string;
  readonly meaning: string;
}

const shells = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** `monzo-bridge completion`: prints a script for a shell, made of the verbs as they are in this version. */
export function addCompletionVerb(program: Command, run: Run): void {
  const names = Object.keys(shells) as readonly (keyof typeof shells)[];
  program
    .command('completion')
    .description('print a script that completes verbs and options in a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(names))
    .addHelpText(
      'after',
      exampleText('completion', 'bash > ~/.local/share/bash-completion/completions/monzo-bridge'),
    )
    .action((shell: keyof typeof shells) =>
      run(async (session) => {
        const script = shells[shell](placesIn(program));
        show(session, JSON.stringify({ script }), () => script);
      }),
    );
}

/** Every place of the tree, the program first. */
function placesIn(program: Command): readonly Place[] {
  const everywhere = [...optionsOf(program), { word: '--help', meaning: 'display help for command' }];
  const below = (command: Command, path: string): readonly Place[] => [
    {
      path,
      verbs: command.commands.map((verb) => ({ word: verb.name(), meaning: verb.description() })),
      options: [...(command === program ? [] : optionsOf(command)), ...everywhere],
      choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
      values: new Map(
        command.options.flatMap(({ long, argChoices }) =>
          long && argChoices ? [[long, argChoices] as const] : [],
        ),
      ),
    },
    ...command.commands.flatMap((verb) => below(verb, `${path} ${verb.name()}`.trim())),
  ];
  return below(program, '');
}

function optionsOf(command: Command): readonly Word[] {
  return command.options.flatMap(({ long, description }) =>
    long ? [{ word: long, meaning: description }] : [],
  );
}

/** Between single quotes, which the three shells read alike where there is neither a quote nor a backslash. */
function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '’')}'`;
}

const wordsOf = (words: readonly Word[]): string => words.map(({ word }) => word).join(' ');

/** Walks along the words that are there, as far as they are verbs. */
const bashWalk = `  for ((index = 1; index < COMP_CWORD; index++)); do
    _monzo_bridge_place "$path"
    case " $verbs " in
      *" \${COMP_WORDS[index]} "*) path="\${path:+$path }\${COMP_WORDS[index]}" ;;
    esac
  done
  _monzo_bridge_place "$path"`;

function bashScript(places: readonly Place[]): string {
  const cases = places.map(
    ({ path, verbs, options, choices }) =>
      `    ${quoted(path)}) verbs=${quoted(wordsOf(verbs))} options=${quoted(wordsOf(options))} choices=${quoted(choices.join(' '))} ;;`,
  );
  const values = places.flatMap((place) =>
    [...place.values].map(
      ([flag, words]) => `    ${quoted(`${place.path} ${flag}`)}) words=${quoted(words.join(' '))} ;;`,
    ),
  );
  return `# Completion of monzo-bridge for bash, written by: monzo-bridge completion bash
_monzo_bridge_place() {
  verbs='' options='' choices=''
  case "$1" in
${cases.join('\n')}
  esac
}

_monzo_bridge() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path='' words='' verbs options choices index
${bashWalk}
  words="$verbs $choices"
  case "$path \${COMP_WORDS[COMP_CWORD-1]}" in
${values.join('\n')}
  esac
  case "$current" in
    -*) words="$options" ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -o default -F _monzo_bridge monzo-bridge`;
}

const described = (words: readonly Word[]): string =>
  words.map(({ word, meaning }) => quoted(`${word}:${meaning}`)).join(' ');

function zshScript(places: readonly Place[]): string {
  const cases = places.map(
    ({ path, verbs, options, choices }) =>
      `    ${quoted(path)}) verbs=(${described(verbs)}) options=(${described(options)}) choices=(${choices.map(quoted).join(' ')}) ;;`,
  );
  const values = places.flatMap((place) =>
    [...place.values].map(
      ([flag, words]) =>
        `    ${quoted(`${place.path} ${flag}`)}) choices=(${words.map(quoted).join(' ')}); verbs=() ;;`,
    ),
  );
  return `#compdef monzo-bridge
# Completion of monzo-bridge for zsh, written by: monzo-bridge completion zsh
_monzo-bridge-place() {
  verbs=() options=() choices=()
  case "$1" in
${cases.join('\n')}
  esac
}

_monzo-bridge() {
  local -a verbs options choices
  local place='' word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    _monzo-bridge-place "$place"
    (( \${verbs[(I)$word:*]} )) && place="\${place:+$place }$word"
  done
  _monzo-bridge-place "$place"
  case "$place \${words[CURRENT-1]}" in
${values.join('\n')}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    _describe -o 'option' options
    return
  fi
  if (( \${#verbs} + \${#choices} == 0 )); then
    _files
    return
  fi
  _describe 'verb' verbs
  _describe 'value' choices
}

if [[ "\${funcstack[1]}" == _monzo-bridge ]]; then
  _monzo-bridge "$@"
else
  compdef _monzo-bridge monzo-bridge
fi`;
}

function fishScript(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, verbs, options, choices, values }) => {
    const here = `-n ${quoted(`test (__monzo_bridge_place) = "${path}"`)}`;
    const line = (rest: string) => `complete -c monzo-bridge ${here} ${rest}`;
    const takesFiles = verbs.length + choices.length === 0;
    return [
      ...(takesFiles ? [] : [line('-f')]),
      ...verbs.map(({ word, meaning }) => line(`-a ${word} -d ${quoted(meaning)}`)),
      ...choices.map((word) => line(`-a ${word}`)),
      ...options.map(({ word, meaning }) => {
        const words = values.get(word);
        const value = words === undefined ? '' : ` -x -a ${quoted(words.join(' '))}`;
        return line(`-l ${word.slice(2)} -d ${quoted(meaning)}${value}`);
      }),
    ];
  });
  return `# Completion of monzo-bridge for fish, written by: monzo-bridge completion fish
function __monzo_bridge_place
    set -l places ${places.flatMap(({ path }) => (path === '' ? [] : [quoted(path)])).join(' ')}
    set -l place ''
    for word in (commandline -opc)[2..]
        set -l next (string trim -- "$place $word")
        contains -- "$next" $places; and set place "$next"
    end
    echo "$place"
end

${lines.join('\n')}`;
}
