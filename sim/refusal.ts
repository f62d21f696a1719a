/** The body of an error in the bank's format. `{}` in `retryable` and `unexpected` means false. */
export interface RefusalBody {
  readonly code: string;
  readonly message: string;
  readonly error?: string;
  readonly error_description?: string;
  readonly retryable?: { readonly value?: true };
  readonly marshal_count?: number;
  readonly unexpected?: { readonly value?: true };
}

const statusByPrefix: Readonly<Record<string, number>> = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  bad_response: 406,
  precondition_failed: 412,
  rate_limited: 429,
  internal_service: 500,
  timeout: 504,
};

/** The HTTP status of a dotted error code, by its first word. */
export function statusOfCode(code: string): number {
  return statusByPrefix[code.split('.')[0] ?? ''] ?? 500;
}

/** A request the bank refuses: thrown inside the model, written as JSON at its face. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: RefusalBody;
  constructor(body: RefusalBody) {
    super(body.message);
    this.status = statusOfCode(body.code);
    this.body = body;
  }
}

/** A refusal in the style of the bank's newer services, with `retryable` and other members. */
export function refusal(code: string, message: string): Refusal {
  return new Refusal({ code, message, retryable: {}, marshal_count: 1, unexpected: {} });
}

/** A refusal with code and message only, as the token service and the transaction list answer. */
export function bareRefusal(code: string, message: string): Refusal {
  return new Refusal({ code, message });
}

/** 400 for a missing parameter. */
export function missing(field: string): Refusal {
  return new Refusal({
    code: `bad_request.missing_param.${field}`,
    message: `The field '${field}' is required`,
    retryable: {},
  });
}

/** 400 for a wrong parameter. */
export function badParam(field: string, message: string): Refusal {
  return new Refusal({ code: `bad_request.bad_param.${field}`, message, retryable: {} });
}

/** 403: no approval in the app, or not the caller's account; also for malformed ids. */
export function insufficientPermissions(): Refusal {
  return refusal('forbidden.insufficient_permissions', 'Access forbidden due to insufficient permissions');
}

/** 404 of the edge: no service takes such a call. */
export function noHandler({ method, path }: { readonly method: string; readonly path: string }): Refusal {
  const message = `No handler for ${method} ${path}`;
  return new Refusal({
    code: 'not_found.no_handler',
    message,
    retryable: {},
    marshal_count: 2,
    unexpected: {},
  });
}
