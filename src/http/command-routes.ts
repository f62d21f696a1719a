import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { limitsById, pauseSentence } from '../commands/rails-store.ts';
import {
  brokenInside,
  invoke,
  openDetails,
  refusedAtDoor,
  type Command,
  type CommandClass,
  type CommandTable,
} from '../commands/command.ts';
import { commandNameSchema, pauseSchema, railsChangeSchema, railsSchema } from '../contract/money-data.ts';
import { BridgeError } from '../errors.ts';
import { accountRefusals, potRefusals } from '../refusals/refusal-sets.ts';
import { noQuery } from '../contract/elements.ts';
import { answers, textAnswers, type Api, type RouteOptions } from './api.ts';
import { createProblemSender, validatorOf, type Problem, type ProblemSenderOptions } from './problems.ts';

/** Commands, and what keeps the money commands in bounds: the limits and the pause. */

export type CommandRouteOptions = RouteOptions & Pick<ProblemSenderOptions, 'log' | 'scrub'>;

const path = '/api/commands/';

export function addCommandRoutes(app: Api, options: CommandRouteOptions): void {
  const { commands } = options.services;
  const { handle, ...hooks } = commandHandling(options);
  for (const [name, command] of commands)
    app.post(
      `${path}${name}`,
      {
        ...hooks,
        // The command itself checks its body: the same for every door.
        validatorCompiler: ({ httpPart }) =>
          validatorOf({ schema: httpPart === 'querystring' ? noQuery : z.unknown(), httpPart }),
        schema: {
          operationId: `run${inCamelCase(name)}`,
          tags: ['commands'],
          summary: command.meaning,
          description: descriptionOf(command),
          body: command.body,
          response: commandAnswers(command),
        },
      },
      async (request, reply) => handle(request, reply),
    );
  // For names that no command has.
  app.post(`${path}:name`, { ...hooks, schema: { hide: true, params: commandNameSchema } }, handle);
  addLimitRoutes(app, options);
}

/** Where else a command is taken. */
const otherDoors: Readonly<Record<CommandClass, string>> = {
  read: 'Over MQTT it is taken where `MONZO_BRIDGE_MQTT_COMMANDS` is `read`, `write` or `money`.',
  write: 'Over MQTT it is taken where `MONZO_BRIDGE_MQTT_COMMANDS` is `write` or `money`.',
  money: 'Over MQTT it is taken where `MONZO_BRIDGE_MQTT_COMMANDS` is `money`, over MQTT 5 alone.',
  always: 'Over MQTT it is always taken.',
  private: 'It is never taken over MQTT.',
};

function descriptionOf(command: Command): string {
  const readers =
    'Who may read it through an action in Home Assistant is set with `PUT /api/home-assistant/readers`.';
  return [otherDoors[command.class], ...(command.showsMoney ? [readers] : [])].join(' ');
}

/** What all routes of commands do. Their answers are written as text: an answer that was given must never fail for its shape. */
function commandHandling(options: CommandRouteOptions) {
  const { services, callerOf, log, scrub } = options;
  const { commands } = services;
  const { admit, reach, noteRefusal } = notesRefusals(options);
  return {
    preParsing: async (request: FastifyRequest) => admit(request),
    errorHandler: createProblemSender({
      log,
      scrub,
      details: (request, found) => {
        noteRefusal(request, found);
        return detailsOf(commands, request, found);
      },
    }),
    handle: async (request: FastifyRequest, reply: FastifyReply) => {
      reach(request);
      const body = request.body ?? {};
      const { status, data } = await invoke(commands, {
        name: commandIn(request),
        body,
        ...callerOf(request),
      });
      const answer = JSON.stringify({ status, ...data });
      return reply
        .code(status === 'unknown' ? 202 : 200)
        .type('application/json')
        .send(answer);
    },
  };
}

/** The command that a request is for, as it was named. */
function commandIn({ params, routeOptions }: FastifyRequest): string {
  const { name } = params as Partial<Record<string, string>>;
  return name ?? (routeOptions.url ?? '').slice(path.length);
}

function commandAnswers({ answer, refusals }: Command) {
  const done = textAnswers('Done.', answer, ...refusals);
  const status = answer.shape['status'];
  if (status === undefined || !z.safeParse(status, 'unknown').success) return done;
  const { content } = done[200];
  return { ...done, 202: { description: 'Sent to Monzo, which has not confirmed it.', content } };
}

function inCamelCase(name: string): string {
  return name
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

/** What is said to users of Home Assistant who are not let in. */
const refusedUsers: ReadonlySet<string> = new Set([
  'administrators_only',
  'unknown_user',
  'user_not_checked',
]);

/**
 * Notes for the audit what is refused before it reaches its command: what cannot be read, and a user of Home Assistant who
 * is no administrator. Wrong credentials are not noted, because anybody can offer those.
 */
function notesRefusals({ services, callerOf }: CommandRouteOptions) {
  const admitted = new WeakSet<FastifyRequest>();
  const reached = new WeakSet<FastifyRequest>();
  return {
    admit: (request: FastifyRequest): void => void admitted.add(request),
    reach: (request: FastifyRequest): void => void reached.add(request),
    noteRefusal: (request: FastifyRequest, { code, detail }: Problem): void => {
      const caller = callerOf(request);
      const isIdentified = admitted.has(request) || (caller.user !== null && refusedUsers.has(code));
      if (!isIdentified || reached.has(request)) return;
      const asked = { name: commandIn(request), body: request.body, ...caller };
      refusedAtDoor(services.commands, asked, new BridgeError(code, detail));
    },
  };
}

/** A request that never reaches its command, such as one that is not JSON, has the details of the command's refusals. */
function detailsOf(commands: CommandTable, request: FastifyRequest, { code }: Problem) {
  const command = commands.get(commandIn(request));
  return code === 'internal' ? { ...openDetails(command), detail: brokenInside } : (command?.refusal ?? {});
}

function addLimitRoutes(app: Api, { services, callerOf }: RouteOptions): void {
  const { narrowing, money } = services;
  const { rails, moneyPause } = money;
  const tags = ['money'];
  app.get(
    '/api/rails',
    {
      schema: {
        operationId: 'showRails',
        tags,
        summary: 'The limits that every move must stay inside; amounts are decimal text in major units',
        response: answers(200, railsSchema),
      },
    },
    async () => rails.document(),
  );
  app.put(
    '/api/rails',
    {
      schema: {
        operationId: 'changeRails',
        tags,
        summary: 'Set limits; what is left out stays as it is',
        body: railsChangeSchema,
        response: answers(200, railsSchema, ...accountRefusals, ...potRefusals),
      },
    },
    async (put) => rails.set(await limitsById(put.body, rails.document(), narrowing), callerOf(put)),
  );
  app.get(
    '/api/pause',
    {
      schema: {
        operationId: 'showPause',
        tags,
        summary: 'Whether money moves are paused; the commands pause and resume change it',
        response: answers(200, pauseSchema),
      },
    },
    async () => ({ paused: moneyPause.isPaused(), why: pauseSentence(moneyPause.reason()) }),
  );
}
