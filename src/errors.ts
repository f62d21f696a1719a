/**
 * Every failure a caller may meet answers two questions: may the same thing be tried again, and must a
 * person act? `message` is a sentence for that person: what happened, and what to do next.
 */
export class BridgeError extends Error {
  /** Stable, machine-readable, snake_case; part of the HTTP and MQTT contracts. */
  readonly code: string;
  readonly retryable: boolean;
  readonly needsPerson: boolean;
  /** What the sentence was made of; null where it did not come from the catalogue of refusals. */
  readonly facts: object | null;
  /** What else a program is told, beside code and sentence, on every door. */
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

/** The text of anything that was thrown, for a log line or a health sentence. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** For the end of an exhaustive decision: does not compile while a case is missing. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
