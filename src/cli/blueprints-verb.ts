import type { Command } from 'commander';
import { blueprintsSchema, type BlueprintItem, type BlueprintList } from '../contract/blueprint-data.ts';
import { show, type CliSession, type Run } from './cli-session.ts';
import { CommandFailure, printable, table } from './terminal.ts';

const path = '/api/home-assistant/blueprints';

interface InstallOptions {
  readonly all?: true;
  readonly replace?: true;
}

/** `monzo-bridge home-assistant blueprints`: shows, installs and removes the bridge's blueprints. */
export function addBlueprintsVerb(program: Command, run: Run): void {
  const blueprints = program
    .command('home-assistant')
    .description('what the bridge brings to Home Assistant')
    .command('blueprints')
    .description('automations for Home Assistant to fill in');
  blueprints
    .command('list')
    .description('show the blueprints, and which of them Home Assistant has')
    .action(() => run(async (session) => print(session, await session.client.text({ path }))));
  blueprints
    .command('install [names...]')
    .description('install them, or update those that are there')
    .option('--all', 'every one')
    .option('--replace', 'also where it was changed, imported, or comes from a newer version of the bridge')
    .action((names: readonly string[], given: InstallOptions) =>
      run((session) => ask(session, 'install', installed(names, given))),
    );
  blueprints
    .command('remove <names...>')
    .description('remove those that no automation uses and nobody changed')
    .action((names: readonly string[]) => run((session) => ask(session, 'remove', { names })));
}

function installed(names: readonly string[], { all, replace }: InstallOptions): object {
  if (names.length > 0 === (all === true))
    throw new CommandFailure('bad_request', 'Name the blueprints, or give --all for every one.');
  return { ...(all ? {} : { names }), replace: replace === true };
}

async function ask(session: CliSession, what: 'install' | 'remove', body: object): Promise<void> {
  print(session, await session.client.text({ method: 'POST', path: `${path}/${what}`, body }));
}

function print(session: CliSession, text: string): void {
  show(session, text, () => listText(blueprintsSchema.parse(JSON.parse(text))));
}

function listText({ sentence, blueprints }: BlueprintList): string {
  const rows = blueprints.map((blueprint) => [blueprint.name, stateOf(blueprint), blueprint.title]);
  const said = blueprints.flatMap(({ name, sentence: own }) => (own === null ? [] : [`${name}: ${own}`]));
  const lines = [...(sentence === null ? [] : [sentence]), ...said].map(printable);
  return [table(['NAME', 'STATE', 'WHAT IT IS'], rows), ...lines].join('\n');
}

function stateOf({ copies, order }: BlueprintItem): string {
  if (order !== null) return order === 'install' ? 'waiting' : 'to be removed';
  if (copies === null) return '';
  const states = copies.map(({ state, automations }) => (automations?.length ? `${state}, in use` : state));
  return states.join('; ') || 'not installed';
}
