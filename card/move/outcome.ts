/** What `script.monzo_pot_transfer` answers, read without trust: the bridge may be older or newer than this file. */

export type Direction = 'deposit' | 'withdraw';

/**
 * `done`: moved; `trial`: everything was checked and nothing moved; `refused`: the bridge's own word that nothing moved;
 * `unknown`: everything else.
 */
export interface Outcome {
  readonly kind: 'done' | 'trial' | 'refused' | 'unknown';
  /** The bridge's; null where there is none. */
  readonly sentence: string | null;
  readonly answer: Answer;
}

export type Answer = Readonly<Record<string, unknown>>;

const kinds: Readonly<Partial<Record<string, Outcome['kind']>>> = {
  'done yes': 'done',
  'done no': 'trial',
  'refused no': 'refused',
  'failed no': 'refused',
};

/** Reads the answer to a move. Only the bridge's own word says that money moved, or that it did not. */
export function outcomeOf(response: unknown): Outcome {
  const answer = Object(response) as Answer;
  const { status, money_moved: moved, message } = answer;
  return {
    kind: kinds[[status, moved].join(' ')] ?? 'unknown',
    sentence: typeof message === 'string' ? message : null,
    answer,
  };
}

/** An amount of the answer in whole minor units, such as `pot_balance`; null where the bridge could not read it. */
export function amountIn(answer: Answer, name: string): number | null {
  const minor = answer[`${name}_minor`];
  return Number.isSafeInteger(minor) ? Number(minor) : null;
}
