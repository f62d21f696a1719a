/** A command as it came over the line. */
export interface Received {
  readonly id: number;
  readonly type: string;
  readonly [key: string]: unknown;
}

/** What a command is answered with: a result, a refusal with this code, or nothing at all. */
export type Answer = { readonly result: unknown } | { readonly refuse: string } | 'silence';

export type Result = (command: Received) => Answer;
