import type { FastifyRequest } from 'fastify';
import { pauseSentence } from '../commands/rails-store.ts';
import { brokenInside, invoke, openDetails, refusedAtDoor, type CommandTable } from '../commands/command.ts';
import {
  commandAnswerSchema,
  commandBodySchema,
  commandNameSchema,
  pauseSchema,
  railsSchema,
} from '../contract/money-data.ts';
import { BridgeError } from '../errors.ts';
import { answers, type Api, type RouteOptions } from './api.ts';
import { createProblemSender, type Problem, type ProblemSenderOptions } from './problems.ts';

/** Commands, and what keeps the money commands in bounds: the limits and the pause. */

export type CommandRouteOptions = RouteOptions & Pick<ProblemSenderOptions, 'log' | 'scrub'>;

export function addCommandRoutes(app: Api, options: CommandRouteOptions): void {
  const { services, callerOf, log, scrub } = options;
  const { commands } = services;
  const { admit, reach, noteRefusal } = notesRefusals(options);
  app.post(
    '/api/commands/:name',
    {
      schema: {
        tags: ['commands'],
        summary: 'Run a command: the same names and bodies as on MQTT',
        params: commandNameSchema,
        body: commandBodySchema,
        response: { ...answers(200, commandAnswerSchema), 202: commandAnswerSchema },
      },
      preParsing: async (request) => admit(request),
      errorHandler: createProblemSender({
        log,
        scrub,
        details: (request, found) => {
          noteRefusal(request, found);
          return detailsOf(commands, request, found);
        },
      }),
    },
    async (request, reply) => {
      reach(request);
      const { params, body } = request;
      const { status, data } = await invoke(commands, {
        name: params.name,
        body: body ?? {},
        ...callerOf(request),
      });
      return reply.code(status === 'unknown' ? 202 : 200).send({ status, ...data });
    },
  );
  addLimitRoutes(app, options);
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
      const { params, body } = request;
      const name = (params as Partial<Record<string, string>>)['name'] ?? '';
      const asked = { name, body, ...caller };
      refusedAtDoor(services.commands, asked, new BridgeError(code, detail));
    },
  };
}

/** A request that never reaches its command, such as one that is not JSON, has the details of the command's refusals. */
function detailsOf(commands: CommandTable, { params }: FastifyRequest, { code }: Problem) {
  const command = commands.get((params as Partial<Record<string, string>>)['name'] ?? '');
  return code === 'internal' ? { ...openDetails(command), detail: brokenInside } : (command?.refusal ?? {});
}

function addLimitRoutes(app: Api, { services, callerOf }: RouteOptions): void {
  const { rails, moneyPause } = services.money;
  const tags = ['money'];
  app.get(
    '/api/rails',
    {
      schema: {
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
        tags,
        summary: 'Set limits; what is left out stays as it is',
        body: railsSchema.partial(),
        response: answers(200, railsSchema),
      },
    },
    async (put) => rails.set(put.body, callerOf(put)),
  );
  app.get(
    '/api/pause',
    {
      schema: {
        tags,
        summary: 'Whether money moves are paused; the commands pause and resume change it',
        response: answers(200, pauseSchema),
      },
    },
    async () => ({ paused: moneyPause.isPaused(), why: pauseSentence(moneyPause.reason()) }),
  );
}
