import { z } from 'zod';
import type { Instant } from '../domain/values.ts';
import type { ErrorDetails } from '../errors.ts';

/**
 * Who may ask: `read`, `write` and `money` are opened on MQTT by a setting, each including the ones before; `always`
 * is open on every door; `private` only to somebody who is signed in.
 */
export type CommandClass = 'read' | 'write' | 'money' | 'always' | 'private';

/** One command as every door (MQTT, HTTP, command line, Home Assistant) offers it. */
export interface Command {
  readonly class: CommandClass;
  /** One sentence for people who choose it. */
  readonly meaning: string;
  readonly body: z.ZodObject;
  /** Takes what `body` has parsed: `invoke` does that once, for every door. Throws a BridgeError whose sentence says why it was refused or failed. */
  readonly run: (body: unknown, caller: Caller) => Promise<CommandResult>;
  /** What every refusal of it says beside code and sentence, unless the error itself says more. */
  readonly refusal?: ErrorDetails;
}

/** What came of a command. `unknown`: it was passed on, and nobody knows yet whether it took effect. */
export interface CommandResult {
  readonly status: 'done' | 'unknown';
  readonly data: Readonly<Record<string, unknown>>;
}

/** Where a command came in. */
export type Door = 'mqtt' | 'http' | 'cli' | 'page' | 'home_assistant';

/** Which door a command came through, and who asked where that is known. */
export interface Caller {
  readonly door: Door;
  readonly user: string | null;
  /** Since when the caller waits, where the door had something to find out first; otherwise since now. */
  readonly since?: Instant;
}

export type CommandTable = ReadonlyMap<string, Command>;

interface CommandOf<Body extends z.ZodObject> extends Omit<Command, 'body' | 'run'> {
  readonly body: Body;
  readonly run: (body: z.output<Body>, caller: Caller) => Promise<CommandResult>;
}

/** Ties a command's work to the shape of its body, so that the two cannot disagree. */
export function command<Body extends z.ZodObject>(definition: CommandOf<Body>): Command {
  return { ...definition, run: (body, caller) => definition.run(body as z.output<Body>, caller) };
}

/** The result of a command whose effect is certain. */
export function done(data: CommandResult['data']): CommandResult {
  return { status: 'done', data };
}

export const noBody = z.strictObject({});
