import type { z } from 'zod';
import {
  actionsSchema,
  dashboardSchema,
  deletedDevicesSchema,
  presenceSchema,
  type ActionsItem,
  type DashboardItem,
  type PresenceItem,
} from '../contract/home-assistant-data.ts';
import { download } from './download.ts';
import { printable, table, prose, type Shown } from './layout.ts';
import { asking, type Given, type RouteVerb } from './route-verb.ts';
import { CommandFailure } from './terminal.ts';

const actionsPath = '/api/home-assistant/actions';
const dashboardPath = '/api/home-assistant/dashboard';
const devicesPath = '/api/home-assistant/deleted-devices';

type Sentences<Key extends string> = Readonly<Record<Key, string>>;

/** The verbs about Home Assistant: whether it is there, and what the bridge has in it. */
export const homeAssistantVerbs: readonly RouteVerb[] = [
  asking({
    verb: 'home-assistant presence',
    meaning: 'show whether events on MQTT are kept for a Home Assistant that is away',
    call: () => ({ path: '/api/home-assistant/presence' }),
    answer: presenceSchema,
    shown: presenceSentence,
  }),
  asking({
    verb: 'home-assistant gone',
    meaning:
      'say that Home Assistant is not coming back: no events on MQTT are kept for it until it is seen again',
    call: () => ({ method: 'POST', path: '/api/home-assistant/gone' }),
    answer: presenceSchema,
    shown: presenceSentence,
  }),
  ...actionVerbs(),
  ...dashboardVerbs(),
  asking({
    verb: 'home-assistant devices',
    meaning: 'the devices that were deleted in Home Assistant, and stay away from it until they are restored',
    call: () => ({ path: devicesPath }),
    answer: deletedDevicesSchema,
    shown: deletedTable,
  }),
  asking({
    verb: 'home-assistant devices restore',
    words: '<device>',
    meaning: 'announce a deleted device to Home Assistant again, by its name or id',
    example: 'Holiday',
    call: async ({ words: [device = ''] }, { client }) => {
      const { items } = await client.json(deletedDevicesSchema, { path: devicesPath });
      const named = items.filter(
        ({ id, name }) => id === device || name.toLowerCase() === device.toLowerCase(),
      );
      if (named.length === 0 && !isId.test(device))
        throw new CommandFailure('unknown_device', noSuchDevice(device, items));
      const ids = named.length === 0 ? [device] : named.map(({ id }) => id);
      return { method: 'POST', path: `${devicesPath}/restore`, body: { ids } };
    },
    answer: deletedDevicesSchema,
    shown: deletedTable,
  }),
];

function actionVerbs(): readonly RouteVerb[] {
  const of = (verb: string, meaning: string, body: (given: Given) => object) =>
    ({
      verb: `home-assistant ${verb}`,
      meaning,
      call: (given: Given) => ({ method: 'PUT', path: actionsPath, body: body(given) }) as const,
      answer: actionsSchema,
      shown: (actions: ActionsItem) => actionsLines(actions),
    }) as const;
  return [
    asking({
      verb: 'home-assistant actions',
      meaning: 'show the actions in Home Assistant',
      options: [['--yaml', 'print what adds them to scripts.yaml by hand']],
      call: () => ({ path: actionsPath }),
      answer: actionsSchema,
      shown: (actions, _session, { options: { yaml } }) =>
        yaml ? lines(actions.yaml) : actionsLines(actions),
    }),
    asking({
      ...of('actions create', 'create the actions in Home Assistant', ({ options: { replace } }) => ({
        decision: 'agree',
        replace: replace === true,
      })),
      options: [['--replace', 'also in place of those that you changed, or another bridge wrote']],
    }),
    asking(of('actions remove', 'remove the actions from Home Assistant', () => ({ decision: 'decline' }))),
    asking({
      verb: 'home-assistant readers',
      words: '<who:administrators|everyone>',
      meaning: 'say who may read balances and transactions through an action',
      example: 'administrators',
      call: ({ words: [who] }) => ({
        method: 'PUT',
        path: '/api/home-assistant/readers',
        body: { readers: who },
      }),
      answer: actionsSchema,
      shown: (actions) => actionsLines(actions),
    }),
  ];
}

function dashboardVerbs(): readonly RouteVerb[] {
  return [
    asking({
      verb: 'home-assistant dashboard',
      meaning: 'show the Money dashboard in Home Assistant, as it is there now',
      options: [['--yaml', 'print what adds its file to configuration.yaml by hand']],
      call: () => ({ path: dashboardPath }),
      answer: dashboardSchema,
      shown: (dashboard, _session, { options: { yaml } }) =>
        yaml ? lines(dashboard.yaml) : dashboardLines(dashboard),
    }),
    asking({
      verb: 'home-assistant dashboard add',
      words: '<viewers:administrators|everyone>',
      meaning: 'add the Money dashboard to Home Assistant, or change who has it in the sidebar',
      example: 'everyone',
      options: [['--replace', 'also put its file in the place of that of another bridge']],
      call: ({ words: [viewers], options: { replace } }) => ({
        method: 'PUT',
        path: dashboardPath,
        body: { viewers, replace: replace === true },
      }),
      answer: dashboardSchema,
      shown: dashboardLines,
    }),
    asking({
      verb: 'home-assistant dashboard remove',
      meaning: 'remove the Money dashboard from Home Assistant, and its file where nothing else uses it',
      call: () => ({ method: 'DELETE', path: dashboardPath }),
      answer: dashboardSchema,
      shown: dashboardLines,
    }),
    {
      verb: 'home-assistant dashboard file',
      words: '[file]',
      meaning:
        'write the file that draws the Money dashboard, for adding it by hand; without a name, to standard output',
      example: 'monzo-bridge.js',
      act: (session, { words: [file] }) =>
        download(session, { call: { path: `${dashboardPath}/monzo-bridge.js` }, file }),
    },
  ];
}

/** YAML of the bridge, which holds nothing of strangers beside names. */
function lines(yaml: string): Shown {
  return yaml.trimEnd().split('\n').map(printable);
}

function presenceSentence({ home_assistant: state, away, held }: PresenceItem): string {
  const sentences: Sentences<PresenceItem['home_assistant']> = {
    never_seen: 'No Home Assistant was seen on MQTT yet, so no events are kept for one.',
    seen: away
      ? `Home Assistant is away. Events are kept for it until it is back: ${held} so far.`
      : 'Home Assistant is there. Events on MQTT are kept for it while it is away.',
    gone: 'Home Assistant is not expected back: no events on MQTT are kept for it until it is seen again.',
  };
  return sentences[state];
}

const connections: Sentences<ActionsItem['connection']> = {
  none: 'The bridge has no address and token of Home Assistant: set MONZO_BRIDGE_HOME_ASSISTANT_URL and _TOKEN.',
  away: 'Home Assistant does not answer now; what was asked for is done once it does.',
  ok: 'Home Assistant is connected.',
};

const decisions: Sentences<ActionsItem['decision']> = {
  not_asked: 'You have not decided about the actions yet.',
  agreed: 'The bridge keeps the actions in Home Assistant.',
  declined: 'The bridge has no actions in Home Assistant.',
};

const mayRead: Sentences<ActionsItem['readers']> = {
  administrators: 'Administrators and automations may read balances and transactions through them.',
  everyone: 'Every user of Home Assistant may read balances and transactions through them.',
};

function actionsLines({ connection, decision, readers, sentence, actions }: ActionsItem): Shown {
  return [
    table(
      ['ACTION', 'STATE', prose('NOTE')],
      actions.map((action) => [action.name, action.state.replaceAll('_', ' '), action.sentence ?? '']),
    ),
    connections[connection],
    decisions[decision],
    mayRead[readers],
    ...(sentence === null ? [] : [printable(sentence)]),
  ];
}

const orders: Sentences<NonNullable<DashboardItem['order']>> = {
  add: 'It is added once Home Assistant lets it be.',
  remove: 'It is removed once Home Assistant lets it be.',
};

function dashboardLines({
  connection,
  order,
  file,
  dashboard,
  path,
  viewers,
  sentence,
}: DashboardItem): Shown {
  return [
    connections[connection],
    `The dashboard: ${dashboard}${path === null ? '' : printable(`, at ${path}`)}${viewers === null ? '' : `, for ${viewers}`}.`,
    `The file that draws it: ${file.replaceAll('_', ' ')}.`,
    ...(order === null ? [] : [orders[order]]),
    ...(sentence === null ? [] : [printable(sentence)]),
  ];
}

function deletedTable({ items }: z.output<typeof deletedDevicesSchema>): Shown {
  if (items.length === 0) return 'No device of the bridge is deleted in Home Assistant.';
  return table(
    ['ID', 'KIND', prose('NAME')],
    items.map(({ id, kind, name }) => [id, kind, name]),
  );
}

/** Of an account, a pot or a login. */
const isId = /^(acc|pot|login)_\w+$/;

function noSuchDevice(named: string, deleted: readonly { readonly name: string }[]): string {
  const names = deleted.map(({ name }) => name).join(', ');
  return `No device named ${named} is deleted in Home Assistant. ${names === '' ? 'None is.' : `Deleted are: ${names}.`}`;
}
