import { invoke } from '../commands/run.ts';
import { answers, type Api, type RouteOptions } from './api.ts';
import { commandAnswerSchema, commandBodySchema, commandNameSchema } from './contract.ts';

/** The command table, as it is on MQTT and the command line, for whoever is signed in. */
export function addCommandRoutes(app: Api, { services }: RouteOptions): void {
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
    },
    async ({ params, body }, reply) => {
      const asked = { name: params.name, body: body ?? {}, door: 'http', user: null } as const;
      const { status, data } = await invoke(services.commands, asked);
      // Accepted, and nobody knows yet what came of it.
      return reply.code(status === 'unknown' ? 202 : 200).send({ status, ...data });
    },
  );
}
