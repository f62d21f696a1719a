import { Refusal } from '../api/client.ts';
import type { MoveAnswer, Order, Transfer } from '../api/moves.ts';
import { texts } from '../texts/move.ts';

/** How far a move has come on the page. */
export type Stage =
  | { readonly kind: 'form' }
  | { readonly kind: 'confirm'; readonly order: Order; readonly trial: MoveAnswer }
  | { readonly kind: 'moving'; readonly order: Order }
  | { readonly kind: 'done' | 'trial'; readonly order: Order; readonly answer: MoveAnswer }
  | { readonly kind: 'settled' | 'unresolved'; readonly sentence: string; readonly transferId: string }
  | { readonly kind: 'refused'; readonly sentence: string; readonly transferId: string | null }
  /** Without a transfer id the bridge was not heard, and the same move is asked for once more. */
  | {
      readonly kind: 'unknown';
      readonly order: Order;
      readonly sentence: string;
      readonly transferId: string | null;
    };

/** What the bridge answered to a move. */
export function stageAfter(order: Order, answer: MoveAnswer): Stage {
  const { status, sentence, transfer_id: transferId } = answer;
  if (status === 'unknown') return { kind: 'unknown', order, sentence, transferId };
  return { kind: answer.money_moved === 'yes' ? 'done' : 'trial', order, answer };
}

/** What a refusal means: only where the bridge itself says that nothing was moved is that believed. */
export function stageAfterFailure(order: Order, thrown: unknown): Stage {
  const problem = thrown instanceof Refusal ? thrown.problem : null;
  if (problem === null) return { kind: 'unknown', order, sentence: texts.noAnswer, transferId: null };
  const { detail: sentence, money_moved: moneyMoved, transfer_id: transferId = null } = problem;
  if (moneyMoved === 'no') return { kind: 'refused', sentence, transferId };
  return { kind: 'unknown', order, sentence, transferId };
}

/** What has become of a move that was not known; null while it still is not. */
export function stageOf({ id, state, sentence }: Transfer): Stage | null {
  if (state === 'open') return null;
  if (state === 'moved') return { kind: 'settled', sentence: sentence ?? texts.doneHeading, transferId: id };
  if (state === 'unresolved') return { kind: 'unresolved', sentence: texts.unresolved, transferId: id };
  return { kind: 'refused', sentence: sentence ?? texts.refusedHeading, transferId: id };
}
