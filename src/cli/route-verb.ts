import { Argument, Option, type Command } from 'commander';
import type { z } from 'zod';
import type { Call } from './api-client.ts';
import { exitCodes, type CliSession, type Run } from './cli-session.ts';
import type { Shown } from './layout.ts';
import { CommandFailure } from './terminal.ts';

/** What a person wrote behind a verb. */
export interface Given {
  /** The arguments, in order, several of one name one by one; those that were left out are undefined. */
  readonly words: readonly (string | undefined)[];
  readonly options: Readonly<Record<string, string | true | readonly string[] | undefined>>;
  /** The options that belong to the route's query. */
  readonly query: Readonly<Record<string, string>>;
}

/** A verb that asks one route of the private API, and shows its answer. */
export interface RouteVerb {
  /** With its parents: `home-assistant dashboard add`. */
  readonly verb: string;
  /** Its arguments: `<id>` is required, `[id]` may be left out, `<who:one|other>` is one of these words. */
  readonly words?: string;
  readonly meaning: string;
  /** What follows the verb in the example of its help. */
  readonly example?: string;
  /** What its help says before the example. */
  readonly notes?: string;
  /** The query of the route: each of its members is an option, described by the same schema. */
  readonly query?: z.ZodObject;
  /** What the query is where an option is left out, if that differs from the route's own choice. */
  readonly defaults?: Readonly<Record<string, string>>;
  /** Further options: flags and their meaning. */
  readonly options?: readonly (readonly [flags: string, meaning: string])[];
  readonly act: (session: CliSession, given: Given) => Promise<void>;
}

interface Asking<Schema extends z.ZodType> extends Omit<RouteVerb, 'act'> {
  readonly call: (given: Given, session: CliSession) => Call | Promise<Call>;
  readonly answer: Schema;
  readonly shown: (answer: z.output<Schema>, session: CliSession, given: Given) => Shown | Promise<Shown>;
  /** Whether the outcome is not known yet. */
  readonly isOpen?: (answer: z.output<Schema>) => boolean;
}

/** A verb whose answer is printed unchanged for programs, and rendered for people. */
export function asking<Schema extends z.ZodType>({
  call,
  answer,
  shown,
  isOpen,
  ...verb
}: Asking<Schema>): RouteVerb {
  return {
    ...verb,
    act: async (session, given) => {
      const { text, value } = await session.client.read(answer, await call(given, session));
      session.terminal.say(session.asJson ? text : await shown(value, session, given));
      if (isOpen?.(value) === true) session.finish(exitCodes.unknown);
    },
  };
}

/** The example that each verb's help ends with. */
export function exampleText(verb: string, following = ''): string {
  return `\nExample:\n  monzo-bridge ${`${verb} ${following}`.trim()}`;
}

/** Adds verbs below their parents, which are there already or are made with their meaning. */
export function addRouteVerbs(
  program: Command,
  run: Run,
  { verbs, parents = {} }: { verbs: readonly RouteVerb[]; parents?: Readonly<Record<string, string>> },
): void {
  for (const verb of verbs) {
    const parent = parentOf(program, verb.verb, parents);
    addRouteVerb(parent, run, verb);
    if (parent !== program && parent.commands.length === 1) refuseUnknownVerbs(parent);
  }
}

/** What follows a verb that takes no words, and has others below it, is one of these misspelt, and no word too many. */
function refuseUnknownVerbs(parent: Command): void {
  if (parent.registeredArguments.length > 0) return;
  parent.allowExcessArguments().hook('preAction', (_parent, acting) => {
    const [word] = acting.args;
    if (acting !== parent || word === undefined) return;
    const names = parent.commands.map((command) => command.name()).join(', ');
    parent.error(`error: unknown command '${word}' below '${parent.name()}'; there are: ${names}`);
  });
}

function addRouteVerb(parent: Command, run: Run, verb: RouteVerb): void {
  const command = parent
    .command(verb.verb.split(' ').at(-1) ?? '')
    .description(verb.meaning)
    .addHelpText('after', `${verb.notes ?? ''}${exampleText(verb.verb, verb.example)}`);
  for (const word of (verb.words ?? '').split(' ').filter((one) => one !== ''))
    command.addArgument(argumentOf(word));
  for (const [key, field] of Object.entries(verb.query?.shape ?? {}))
    command.addOption(optionOf(key, field as z.ZodType, verb.defaults?.[key]));
  for (const [flags, meaning] of verb.options ?? []) command.option(flags, meaning);
  command.action(() =>
    run(async (session) => {
      const options = command.opts<Given['options']>();
      const query = queryOf(verb, options);
      await verb.act(session, { words: command.processedArgs.flat() as Given['words'], options, query });
    }),
  );
}

function parentOf(program: Command, verb: string, meanings: Readonly<Record<string, string>>): Command {
  const above = verb.split(' ').slice(0, -1);
  return above.reduce((parent, name, depth) => {
    const known = parent.commands.find((command) => command.name() === name);
    const path = above.slice(0, depth + 1).join(' ');
    return known ?? parent.command(name).description(meanings[path] ?? '');
  }, program);
}

/** `<who:one|other>` is commander's own argument with choices. */
function argumentOf(word: string): Argument {
  const [, open = '', name = '', choices] = /^([<[])([^:]*?)(?::(.*))?[>\]]$/.exec(word) ?? [];
  const argument = new Argument(open === '<' ? `<${name}>` : `[${name}]`);
  return choices === undefined ? argument : argument.choices(choices.split('|'));
}

/** What stands for a value in the help. */
const placeholders: Readonly<Record<string, string>> = {
  since: 'when',
  before: 'when',
  q: 'words',
  limit: 'count',
  after: 'place',
  min: 'amount',
  max: 'amount',
};

function optionOf(key: string, field: z.ZodType, fallback: string | undefined): Option {
  const { choices, meaning } = described(field);
  const isSwitch = choices?.includes('true') === true;
  const option = new Option(isSwitch ? `--${key}` : `--${key} <${placeholders[key] ?? key}>`, meaning);
  if (choices !== null && !isSwitch) option.choices([...choices]);
  return fallback === undefined ? option : option.default(fallback);
}

interface Described {
  readonly choices: readonly string[] | null;
  readonly meaning: string;
}

/** The words and the description of a field, whatever it is wrapped in. */
function described(field: z.ZodType): Described {
  const definition = field.def as {
    readonly innerType?: z.ZodType;
    readonly entries?: Record<string, string>;
  };
  const inner = definition.innerType === undefined ? null : described(definition.innerType);
  const own = definition.entries === undefined ? null : Object.values(definition.entries);
  return { choices: own ?? inner?.choices ?? null, meaning: field.description ?? inner?.meaning ?? '' };
}

function queryOf({ query }: RouteVerb, options: Given['options']): Given['query'] {
  const entries = Object.keys(query?.shape ?? {}).flatMap((key) => {
    const value = options[key];
    return value === undefined ? [] : [[key, String(value)] as const];
  });
  return Object.fromEntries(entries);
}

/** Adds that a list goes on. */
export function withMore(shown: Shown, next: string | null, option = '--cursor'): Shown {
  return next === null ? shown : [shown, `There is more: add ${option} ${next}`];
}

/** A part of an address. */
export const part = (text: string | undefined): string => encodeURIComponent(text ?? '');

/** The words of an option that takes several. */
export function wordsIn(given: Given['options'][string]): readonly string[] {
  return given === undefined || given === true ? [] : [given].flat();
}

/** Throws `bad_request` for anything but on and off. */
export function isOn(flag: string, word: Given['options'][string]): boolean {
  if (word !== 'on' && word !== 'off') throw new CommandFailure('bad_request', `${flag} takes on or off.`);
  return word === 'on';
}
