import type { FastifyRequest } from 'fastify';
import { brokenInside, invoke, openDetails, type Caller, type CommandTable } from '../commands/command.ts';
import { answers, type Api, type RouteOptions } from './api.ts';
import { commandAnswerSchema, commandBodySchema, commandNameSchema } from '../contract/money-data.ts';
import { createProblemSender, type Problem, type ProblemSenderOptions } from './problems.ts';

export interface CommandRouteOptions extends RouteOptions, Pick<ProblemSenderOptions, 'log' | 'scrub'> {
  readonly callerOf: (request: FastifyRequest) => Caller;
}

/** The command table, as it is on MQTT and the command line, for whoever is signed in. */
export function addCommandRoutes(app: Api, { services, callerOf, log, scrub }: CommandRouteOptions): void {
  const { commands } = services;
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
      errorHandler: createProblemSender({
        log,
        scrub,
        details: (request, found) => detailsOf(commands, request, found),
      }),
    },
    async (request, reply) => {
      const { params, body } = request;
      const { status, data } = await invoke(commands, {
        name: params.name,
        body: body ?? {},
        ...callerOf(request),
      });
      // Accepted, and nobody knows yet what came of it.
      return reply.code(status === 'unknown' ? 202 : 200).send({ status, ...data });
    },
  );
}

/** Whatever keeps a command from running says what its own refusals say: a body that is no JSON, a missing token. */
function detailsOf(commands: CommandTable, { params }: FastifyRequest, { code }: Problem) {
  const command = commands.get((params as Partial<Record<string, string>>)['name'] ?? '');
  return code === 'internal' ? { ...openDetails(command), detail: brokenInside } : (command?.refusal ?? {});
}
