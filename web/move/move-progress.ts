import { Refusal } from '../api/client.ts';
import type { MoveAnswer, MoveRequest, Transfer } from '../api/moves.ts';
import { texts } from '../texts/move.ts';

/** The progress of a move on the page. */
export type MoveProgress =
  | { readonly kind: 'form' }
  | { readonly kind: 'confirm'; readonly request: MoveRequest; readonly trial: MoveAnswer }
  | { readonly kind: 'moving'; readonly request: MoveRequest }
  | { readonly kind: 'done' | 'trial'; readonly request: MoveRequest; readonly answer: MoveAnswer }
  | { readonly kind: 'settled' | 'unresolved'; readonly sentence: string; readonly transferId: string }
  | {
      readonly kind: 'refused';
      readonly sentence: string;
      readonly transferId: string | null;
      readonly code: string | null;
    }
  /** Without a transfer id the bridge did not answer, and the same move is requested again. */
  | {
      readonly kind: 'unknown';
      readonly request: MoveRequest;
      readonly sentence: string;
      readonly transferId: string | null;
    };

/** After the bridge's answer. */
export function progressAfter(request: MoveRequest, answer: MoveAnswer): MoveProgress {
  const { status, sentence, transfer_id: transferId } = answer;
  if (status === 'unknown') return { kind: 'unknown', request, sentence, transferId };
  return { kind: answer.money_moved === 'yes' ? 'done' : 'trial', request, answer };
}

/** After a failure. Only the bridge's own word that nothing moved is believed. */
export function progressAfterFailure(request: MoveRequest, thrown: unknown): MoveProgress {
  const problem = thrown instanceof Refusal ? thrown.problem : null;
  if (problem === null) return { kind: 'unknown', request, sentence: texts.noAnswer, transferId: null };
  const { code, detail: sentence, money_moved: moneyMoved, transfer_id: transferId = null } = problem;
  if (moneyMoved === 'no') return { kind: 'refused', sentence, transferId, code };
  return { kind: 'unknown', request, sentence, transferId };
}

/** The outcome of an unconfirmed move; null while it is unknown. */
export function progressOf({ id, state, sentence }: Transfer): MoveProgress | null {
  if (state === 'open') return null;
  if (state === 'moved') return { kind: 'settled', sentence: sentence ?? texts.doneHeading, transferId: id };
  if (state === 'unresolved')
    return { kind: 'unresolved', sentence: sentence ?? texts.unresolved, transferId: id };
  return { kind: 'refused', sentence: sentence ?? texts.refusedHeading, transferId: id, code: null };
}
