import { blueprintsSchema, type BlueprintItem, type BlueprintList } from '../contract/blueprint-data.ts';
import { printable, prose, table, type Shown } from './layout.ts';
import { asking, type Given, type RouteVerb } from './route-verb.ts';
import { CommandFailure } from './terminal.ts';

const path = '/api/home-assistant/blueprints';
const answer = blueprintsSchema;
const names = ({ words }: Given) => words.filter((word) => word !== undefined);

/** `monzo-bridge home-assistant blueprints`: shows, installs and removes the bridge's blueprints. */
export const blueprintVerbs: readonly RouteVerb[] = [
  asking({
    verb: 'home-assistant blueprints list',
    meaning: 'show the blueprints, and which of them Home Assistant has',
    call: () => ({ path }),
    answer,
    shown: listText,
  }),
  asking({
    verb: 'home-assistant blueprints install',
    words: '[names...]',
    meaning: 'install them, or update those that are there',
    example: '--all',
    options: [
      ['--all', 'every one'],
      ['--replace', 'also where it was changed, imported, or comes from a newer version of the bridge'],
    ],
    call: (given) => ({ method: 'POST', path: `${path}/install`, body: installed(given) }),
    answer,
    shown: listText,
  }),
  asking({
    verb: 'home-assistant blueprints remove',
    words: '<names...>',
    meaning: 'remove those that no automation uses and nobody changed',
    example: 'low_balance',
    call: (given) => ({ method: 'POST', path: `${path}/remove`, body: { names: names(given) } }),
    answer,
    shown: listText,
  }),
];

function installed(given: Given): object {
  const { all, replace } = given.options;
  const named = names(given);
  if (named.length > 0 === (all === true))
    throw new CommandFailure('bad_request', 'Name the blueprints, or give --all for every one.');
  return { ...(all ? {} : { names: named }), replace: replace === true };
}

function listText({ sentence, blueprints }: BlueprintList): Shown {
  const rows = blueprints.map((blueprint) => [blueprint.name, stateOf(blueprint), blueprint.title]);
  const said = blueprints.flatMap(({ name, sentence: own }) => (own === null ? [] : [`${name}: ${own}`]));
  const lines = [...(sentence === null ? [] : [sentence]), ...said].map(printable);
  return [table(['NAME', prose('STATE'), prose('WHAT IT IS')], rows), ...lines];
}

function stateOf({ copies, order }: BlueprintItem): string {
  if (order !== null) return order === 'install' ? 'waiting' : 'to be removed';
  if (copies === null) return '';
  const states = copies.map(({ state, automations }) => (automations?.length ? `${state}, in use` : state));
  return states.join('; ') || 'not installed';
}
