import { moneyMovedIn, type Transfer } from '../domain/transfer.ts';
import { BridgeError, type ErrorAnswers, type ErrorDetails } from '../errors.ts';
import { access, logins, service } from './api-refusals.ts';
import { monzo, passing, signIn } from './bank-refusals.ts';
import { pots, rails, requests, targets, transfers } from './command-refusals.ts';
import type { Mistake } from './mistakes.ts';
import { outcomes, unrecorded } from './outcome-refusals.ts';
import { needsFacts, render, type FactsOf, type Refusal, type RefusalGroup } from './sentence.ts';

/** What commands are refused for, in the groups in which the documents show it. */
export const commandRefusals = {
  'What was asked': requests,
  'Accounts and logins': targets,
  'Pots and amounts': pots,
  Limits: rails,
  Transfers: { ...transfers, ...outcomes },
  'What Monzo answered': monzo,
  'What passes by itself': passing,
} as const satisfies Readonly<Record<string, RefusalGroup>>;

/** What the private API refuses beside commands. */
export const apiRefusals = {
  'Signing in to the page and the API': access,
  'Signing in at Monzo': { ...logins, ...signIn },
  'The API itself': service,
} as const satisfies Readonly<Record<string, RefusalGroup>>;

const catalogue = {
  ...requests,
  ...targets,
  ...pots,
  ...rails,
  ...transfers,
  ...outcomes,
  ...monzo,
  ...passing,
  ...signIn,
  ...access,
  ...logins,
  ...service,
} as const;

type Catalogue = typeof catalogue;
export type RefusalCode = keyof Catalogue;
/** The facts that the sentence of a code is made of. */
export type FactsFor<Code extends RefusalCode> = FactsOf<Catalogue[Code]>;

/** Every refusal by its code; HTTP takes its status from here. */
export const refusals: ReadonlyMap<string, Refusal> = new Map(Object.entries(catalogue));

/** A refusal of the catalogue, with its sentence made of the facts. */
export function refuse<Code extends RefusalCode>(
  code: Code,
  facts: FactsFor<Code>,
  answers: ErrorAnswers = {},
): BridgeError {
  const row: Refusal = catalogue[code];
  const message = render(row, facts, isUnmoved(answers.details));
  const { retryable = false, needsPerson = false } = row;
  return new BridgeError(code, message, { retryable, needsPerson, ...answers, facts });
}

/** The refusal of a request that says what is wrong in it. */
export function badRequest(mistakes: readonly Mistake[], answers?: ErrorAnswers): BridgeError {
  return refuse('bad_request', { by: 'bridge', mistakes }, answers);
}

/** The sentence alone, where nothing is thrown and it belongs to an answer. */
export function sentenceOf<Code extends RefusalCode>(code: Code, facts: FactsFor<Code>): string {
  return render(catalogue[code], facts, false);
}

/** Why a transfer is in its state, as a sentence; null if there is no reason. */
export function reasonSentence({ state, reason }: Pick<Transfer, 'state' | 'reason'>): string | null {
  if (reason === null) return null;
  const moved = moneyMovedIn[state];
  const { code, facts } = reason;
  const row = refusals.get(code);
  if (row === undefined || (facts === null && needsFacts(row))) return unrecorded.of({ moved });
  return render(row, facts ?? {}, moved === 'no' && !Object.hasOwn(outcomes, code));
}

/** The same error with more details; where they say that no money moved, its sentence says so too. */
export function withDetails(error: BridgeError, more: ErrorDetails): BridgeError {
  const { code, retryable, needsPerson } = error;
  const details = { ...more, ...error.details };
  const answers = { retryable, needsPerson, cause: error, details, facts: error.facts };
  return new BridgeError(code, sentenceWith(error, details), answers);
}

function sentenceWith(error: BridgeError, details: ErrorDetails): string {
  if (isUnmoved(error.details) || !isUnmoved(details)) return error.message;
  const row = refusals.get(error.code);
  if (row === undefined || error.facts === null) return `${error.message} Nothing was moved.`;
  return render(row, error.facts, true);
}

function isUnmoved(details: ErrorDetails = {}): boolean {
  return details['money_moved'] === 'no';
}
