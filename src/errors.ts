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

/**
 * The exit code of a start that fails in the same way until a person acts, such as on a wrong setting. It is `EX_CONFIG` of
 * sysexits.h: what starts services must not try again.
 */
export const exitCodeForPerson = 78;

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** What is wrong with a connection over TLS, by the code of its error; null where it is something else. */
export function tlsTroubleOf(code: number | string | null): 'name' | 'expired' | 'not_tls' | 'issuer' | null {
  if (typeof code !== 'string') return null;
  return tlsTroubles.find(([codes]) => codes.test(code))?.[1] ?? null;
}

const tlsTroubles = [
  [/^ERR_TLS_CERT_ALTNAME/, 'name'],
  [/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/, 'expired'],
  [/^(EPROTO$|ERR_SSL_)/, 'not_tls'],
  [/CERT|SIGNATURE|SELF_SIGNED|ERR_TLS/, 'issuer'],
] as const;

/** For the end of an exhaustive switch: does not compile while a case is missing. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
