/**
 * An error that a caller may get. It says whether trying again may help and whether a person must act; `message` tells
 * that person what happened and what to do next.
 */
export class BridgeError extends Error {
  /** Stable, machine-readable, snake_case; part of the HTTP and MQTT contracts. */
  readonly code: string;
  readonly retryable: boolean;
  readonly needsPerson: boolean;
  /** The facts in the sentence; null if the error is not from the catalogue of refusals. */
  readonly facts: object | null;
  /** Further members of the error on every door, beside code and sentence. */
  readonly details: ErrorDetails;

  constructor(code: string, message: string, answers: ErrorAnswers = {}) {
    super(message, answers.cause === undefined ? undefined : { cause: answers.cause });
    this.name = 'BridgeError';
    this.code = code;
    this.retryable = answers.retryable ?? false;
    this.needsPerson = answers.needsPerson ?? false;
    this.facts = answers.facts ?? null;
    this.details = answers.details ?? {};
  }
}

export interface ErrorAnswers {
  readonly retryable?: boolean;
  readonly needsPerson?: boolean;
  readonly cause?: unknown;
  readonly facts?: object | null;
  readonly details?: ErrorDetails;
}

/** Named as in the contracts: snake_case. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** For the end of an exhaustive switch: does not compile while a case is missing. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
