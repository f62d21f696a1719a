import { idSchema } from '../contract/elements.ts';
import { bankRefusals } from '../refusals/refusal-sets.ts';
import { recordingQuerySchema, recordingSchema } from '../contract/login-data.ts';
import { recordAnswers } from '../monzo/recording.ts';
import { refuse } from '../refusals/refuse.ts';
import { answers, type Api, type LoggedRouteOptions } from './api.ts';

/** A recording of what the bank answers to a login, for sharing: it is anonymised before it leaves the bridge. */

export interface RecordingRouteOptions extends LoggedRouteOptions {
  readonly randomBytes: (size: number) => Uint8Array;
}

const keySize = 32;

export function addRecordingRoute(app: Api, options: RecordingRouteOptions): void {
  const { services, clock, log, randomBytes } = options;
  const { registry } = services.bank;
  app.post(
    '/api/logins/:id/recording',
    {
      schema: {
        operationId: 'recordAnswers',
        tags: ['logins'],
        summary: 'Ask Monzo for what the login reads every day; answers with an anonymised recording of it',
        params: idSchema,
        querystring: recordingQuerySchema,
        response: answers(200, recordingSchema, 'unknown_login', 'nothing_read', ...bankRefusals),
      },
    },
    async ({ params: { id }, query: { days } }, reply) => {
      const { state, needs } = registry.view(id);
      if (state !== 'active') throw refuse('nothing_read', { reason: needs ?? 'Sign in first.' });
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort(new Error('the client is gone')));
      const session = registry.session(id);
      const recording = await recordAnswers({
        send: (request, signal) => session.send(request, signal),
        clock,
        key: randomBytes(keySize),
        days,
        version: services.about.version,
        signal: gone.signal,
      });
      const { text, answers: count, isComplete: complete } = recording;
      log.info('What Monzo answers was recorded.', { login: id, answers: count, complete });
      return { recording: text, answers: count, complete };
    },
  );
}
