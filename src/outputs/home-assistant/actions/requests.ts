import { z } from 'zod';
import type { Clock } from '../../../clock.ts';
import { runCommand, type CommandAnswer, type CommandTable } from '../../../commands/command.ts';
import { BridgeError, messageOf } from '../../../errors.ts';
import type { OutputLog } from '../../output.ts';
import type { HomeAssistantClient } from '../client.ts';
import type { Session } from '../session.ts';
import { askerOf, mustBeAllowed, type MoneyAllowance } from './askers.ts';
import { requestEvent, responseEvent } from './script.ts';

export interface RequestsOptions {
  readonly client: HomeAssistantClient;
  readonly clock: Clock;
  readonly log: OutputLog;
  readonly commands: CommandTable;
  /** Which of several bridges in one Home Assistant is meant; not secret. */
  readonly bridge: string;
  readonly money: MoneyAllowance;
  readonly onChange: () => void;
}

export interface Requests {
  /** Why requests are not heard although Home Assistant is there; null where they are. */
  trouble(): string | null;
}

const eventSchema = z.object({
  data: z.object({
    bridge: z.string(),
    call: z.string().min(1).max(128),
    command: z.string().max(64),
    body: z.record(z.string(), z.unknown()),
  }),
  context: z.object({ user_id: z.string().nullable().default(null) }),
});
type Request = z.output<typeof eventSchema>;

/** The script waits longer, so that whoever called it hears from us and not from a silence. */
const answerWithin = 20_000;
const callsKept = 2_000;

/**
 * Answers the actions' requests from the table of commands. A call that is heard twice is run once, and answered twice
 * alike. Requests that are made while nobody listens are lost, which the script notices by itself.
 */
export function answerRequests(options: RequestsOptions): Requests {
  const { client, log, bridge, onChange } = options;
  const calls = new Map<string, Promise<Reply>>();
  let trouble: string | null = null;

  const become = (sentence: string | null) => {
    trouble = sentence;
    onChange();
  };
  const onEvent = async (session: Session, request: Request) => {
    const { call } = request.data;
    const reply = calls.get(call) ?? replyTo(options, session, request);
    calls.set(call, reply);
    for (const oldest of calls.keys()) if (calls.size > callsKept) calls.delete(oldest);
    const answer = { bridge, call, ...(await reply) };
    // The line may have broken and come back meanwhile; the script still waits.
    const line = client.session() ?? session;
    await line.command({ type: 'fire_event', event_type: responseEvent, event_data: answer });
  };
  const listen = async (session: Session) => {
    try {
      await session.subscribe({ type: 'subscribe_events', event_type: requestEvent }, (event) => {
        const request = eventSchema.safeParse(event).data;
        if (request?.data.bridge !== bridge) return;
        onEvent(session, request).catch((thrown: unknown) =>
          log.warn('A request of Home Assistant’s could not be answered.', {
            command: request.data.command,
            why: messageOf(thrown),
          }),
        );
      });
      become(null);
    } catch (thrown) {
      if (session.ended.aborted) return;
      const sentence = `${messageOf(thrown)} So the bridge does not hear the actions in Home Assistant.`;
      log.warn(sentence);
      become(sentence);
    }
  };
  client.onSession((session) => void listen(session));
  return { trouble: () => trouble };
}

/** What the script hands to its caller, or why it fails: nothing else goes out, for the recorder keeps events. */
type Reply = { readonly answer: Readonly<Record<string, unknown>> } | { readonly reason: string };

async function replyTo(options: RequestsOptions, session: Session, request: Request): Promise<Reply> {
  const { clock, log, commands } = options;
  const { command } = request.data;
  const care = commands.get(command)?.class === 'money' ? ` ${unsure}` : '';
  const answered = new AbortController();
  const running = outcomeOf(options, session, request).catch((thrown: unknown) => {
    log.warn('A command failed inside the bridge.', { command, why: messageOf(thrown) });
    return { reason: `Something went wrong inside the bridge, whose log says what.${care}` };
  });
  const late = clock.wait(answerWithin, answered.signal).then(
    () => ({ reason: `The bridge is still busy with ${command}, and goes on with it.${care}` }),
    () => null,
  );
  const reply = await Promise.race([running, late]);
  answered.abort();
  return reply ?? running;
}

const unsure =
  'It is not known whether money has moved: look at the bridge’s page, and do not repeat this, unless with the same request_id or event_id.';

async function outcomeOf(
  { commands, money, clock }: RequestsOptions,
  session: Session,
  { data, context }: Request,
): Promise<Reply> {
  const { command: name, body: given } = data;
  const since = clock.now();
  const wanted = commands.get(name)?.class;
  if (wanted === 'private') return { reason: `${name} is for people who sign in to the bridge’s page.` };
  try {
    const asker = await askerOf(session, context.user_id);
    if (wanted === 'money') mustBeAllowed(asker, money);
    const user = asker.kind === 'person' ? asker.name : null;
    const body = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
    return replyOf(await runCommand(commands, { name, body, door: 'home_assistant', user, since }));
  } catch (thrown) {
    if (thrown instanceof BridgeError) return { reason: thrown.message };
    throw thrown;
  }
}

function replyOf(answer: CommandAnswer): Reply {
  if (answer.status === 'done') return { answer: { status: answer.status, ...answer.data } };
  if ('error' in answer) return { reason: answer.error.message };
  const { sentence } = answer.data;
  return { reason: typeof sentence === 'string' ? sentence : 'It is not known yet what came of it.' };
}
